/* SPDX-License-Identifier: MIT */
/*
 * The dispatcher of ports.def: find the row, ask who may use it, ask the
 * policy, do it.  What is refused looks like a port with nothing behind it.
 */
#include "hv/hypercall/ioport.h"

#include "hv/domain/traps.h"
#include "hv/hypercall/emulation.h"
#include "hv/hypercall/port_handlers.h"
#include "hv/mem/guest_copy.h"

enum who { WHO_nobody, WHO_any, WHO_hardware };
enum { WIDTH_1 = 1, WIDTH_4 = 4, WIDTH_exactly_4 = 5 };

struct port_row {
    uint16_t first, last;
    uint8_t width;
    uint8_t who; /* enum who */
    label_t object;
    struct xsm_perm read_permission, write_permission;
    uint32_t (*read)(struct domain *domain, uint16_t port, unsigned int size);
    void (*write)(struct domain *domain, uint16_t port, unsigned int size,
                  uint32_t value);
    const char *read_name, *write_name; /* for the audit */
};

static const struct port_row rows[] = {
#define PORT_DENIED(f, l)                                                      \
    {.first = (f), .last = (l), .width = WIDTH_4, .who = WHO_nobody},
#define PORT_EMULATED(f, l, w, whom, name, o, class, r, wr)                    \
    {.first = (f),                                                             \
     .last = (l),                                                              \
     .width = WIDTH_##w,                                                       \
     .who = WHO_##whom,                                                        \
     .object = {XSM_INITIAL_##o},                                              \
     .read_permission = XSM_PERM_INIT(class, r),                               \
     .write_permission = XSM_PERM_INIT(class, wr),                             \
     .read = port_##name##_read,                                               \
     .write = port_##name##_write,                                             \
     .read_name = "in." #name,                                                 \
     .write_name = "out." #name},
#define PORT_DIRECT(f, l, whom, name, o, class, r, wr)                         \
    PORT_EMULATED(f, l, 4, whom, name, o, class, r, wr)
#include "hv/hypercall/ports.def"
#undef PORT_DENIED
#undef PORT_EMULATED
#undef PORT_DIRECT
};

static const struct port_row denied_row = {.last = 0xffff, .width = WIDTH_4};

#define CONSOLE_PORTS  8u
#define PM_TIMER_PORTS 4u
static struct ioport_layout layout; /* constant after boot */

void ioport_init(const struct ioport_layout *machine)
{
    layout = *machine;
}

static inline bool overlaps(uint32_t port, uint32_t end, uint32_t first,
                            uint32_t count)
{
    return first != 0 && port < first + count && end > first;
}

/*
 * The row that decides about [port, end), or NULL if the access is to be done
 * byte by byte.
 */
static inline const struct port_row *row_of(uint32_t port, uint32_t end)
{
    const struct port_row *row = rows;
    uint32_t size = end - port;

    if (unlikely(overlaps(port, end, layout.console, CONSOLE_PORTS) ||
                 overlaps(port, end, layout.pm_timer, PM_TIMER_PORTS))) {
        return size == 1 || port == layout.pm_timer ? &denied_row : NULL;
    }
    while (
        port > row->last || end <= row->first ||
        (row->width == WIDTH_exactly_4 && (size != 4 || port != row->first))) {
        row++;
    }
    if (port < row->first || end > row->last + 1u || size > row->width) {
        return NULL;
    }
    return row;
}

static inline bool owns(const struct vcpu *vcpu, const struct port_row *row)
{
    return row->who == WHO_any ||
           (row->who == WHO_hardware && vcpu->domain->is_hardware);
}

static inline uint32_t all_ones(unsigned int size)
{
    return ~0u >> (32 - 8 * size);
}

static uint32_t read_row(struct vcpu *vcpu, const struct port_row *row,
                         uint16_t port, unsigned int size)
{
    if (!owns(vcpu, row) ||
        !emulation_may(vcpu, row->object, XSM_NO_DOMAIN, row->read_permission,
                       row->read_name)) {
        return all_ones(size);
    }
    return row->read(vcpu->domain, port, size);
}

static void write_row(struct vcpu *vcpu, const struct port_row *row,
                      uint16_t port, unsigned int size, uint32_t value)
{
    if (owns(vcpu, row) &&
        emulation_may(vcpu, row->object, XSM_NO_DOMAIN, row->write_permission,
                      row->write_name)) {
        row->write(vcpu->domain, port, size, value);
    }
}

uint32_t ioport_read(struct vcpu *vcpu, uint16_t port, unsigned int size)
{
    const struct port_row *row = row_of(port, port + size);
    uint32_t value = 0;

    if (likely(row != NULL)) {
        return read_row(vcpu, row, port, size);
    }
    for (unsigned int i = 0; i < size; i++) {
        uint16_t at = (uint16_t)(port + i);
        uint32_t byte = read_row(vcpu, row_of(at, at + 1u), at, 1);

        value |= (byte & 0xff) << (8 * i);
    }
    return value;
}

void ioport_write(struct vcpu *vcpu, uint16_t port, unsigned int size,
                  uint32_t value)
{
    const struct port_row *row = row_of(port, port + size);

    if (likely(row != NULL)) {
        write_row(vcpu, row, port, size, value);
        return;
    }
    for (unsigned int i = 0; i < size; i++) {
        uint16_t at = (uint16_t)(port + i);

        write_row(vcpu, row_of(at, at + 1u), at, 1, value >> (8 * i) & 0xff);
    }
}

/* One bit per port, set for those denied; what cannot be read denies. */
static bool bitmap_allows(const struct vcpu *vcpu, uint16_t port,
                          unsigned int size)
{
    uint8_t low = 0xff, high = 0xff;
    uint32_t bits;

    if (!guest_read_u8(&low, GVA(vcpu->iobitmap + port / 8))) {
        return false;
    }
    if (port % 8 + size > 8 &&
        !guest_read_u8(&high, GVA(vcpu->iobitmap + port / 8 + 1))) {
        return false;
    }
    bits = (uint32_t)high << 8 | low;
    return (bits >> port % 8 & ((1u << size) - 1)) == 0;
}

bool ioport_guest_may(struct vcpu *vcpu, uint16_t port, unsigned int size)
{
    bool allowed;

    if (likely(ioport_has_iopl(vcpu))) {
        return true;
    }
    if (vcpu->iobitmap == 0 || port + size > vcpu->iobitmap_ports) {
        return false;
    }
    if (vcpu->kernel_mode) {
        return bitmap_allows(vcpu, port, size);
    }
    /* The bitmap is the kernel's: a user root need not map it. */
    vcpu_enter_kernel_mode(vcpu);
    allowed = bitmap_allows(vcpu, port, size);
    vcpu_enter_user_mode(vcpu);
    return allowed;
}
