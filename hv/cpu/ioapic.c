/* SPDX-License-Identifier: MIT */
/*
 * IOAPICs (Intel 82093AA): two registers to reach all others, index and data.
 * The array is filled at boot.
 */
#include "hv/cpu/ioapic.h"

#include "hv/base/errno.h"
#include "hv/cpu/mmio.h"

/* Words of the register page. */
#define SELECT            0
#define WINDOW            4

#define REGISTER_VERSION  1u
#define REGISTER_ROUTE(n) (0x10u + 2 * (n)) /* and the next: high half */
#define PINS(version)     (((version) >> 16 & 0xff) + 1)

#define ROUTE_LOW         0x2000u /* active low */
#define ROUTE_LEVEL       0x8000u
#define ROUTE_MASKED      0x10000u

struct ioapic {
    maddr_t base;
    volatile uint32_t *registers;
    uint32_t gsi_base, pins;
};

static struct ioapic ioapics[IOAPIC_MAX];
static uint32_t ioapic_count;

static uint32_t read_register(const struct ioapic *ioapic, uint32_t index)
{
    mmio_write(&ioapic->registers[SELECT], index);
    return mmio_read(&ioapic->registers[WINDOW]);
}

static void write_register(const struct ioapic *ioapic, uint32_t index,
                           uint32_t value)
{
    mmio_write(&ioapic->registers[SELECT], index);
    mmio_write(&ioapic->registers[WINDOW], value);
}

static const struct ioapic *find(uint32_t gsi)
{
    for (uint32_t i = 0; i < ioapic_count; i++) {
        if (gsi - ioapics[i].gsi_base < ioapics[i].pins) {
            return &ioapics[i];
        }
    }
    return NULL;
}

bool ioapic_has_gsi(uint32_t gsi)
{
    return find(gsi) != NULL;
}

static bool overlaps(const struct ioapic *candidate)
{
    for (uint32_t i = 0; i < ioapic_count; i++) {
        if (candidate->gsi_base < ioapics[i].gsi_base + ioapics[i].pins &&
            ioapics[i].gsi_base < candidate->gsi_base + candidate->pins) {
            return true;
        }
    }
    return false;
}

int ioapic_add(maddr_t base, volatile void *registers, uint32_t gsi_base)
{
    struct ioapic ioapic = {
        .base = base, .registers = registers, .gsi_base = gsi_base};
    uint32_t version = 0;

    if (ioapic_count == IOAPIC_MAX) {
        return -ENOSPC;
    }
    version = read_register(&ioapic, REGISTER_VERSION);
    ioapic.pins = PINS(version);
    if (version == UINT32_MAX || gsi_base >= IOAPIC_GSIS ||
        ioapic.pins > IOAPIC_GSIS - gsi_base || overlaps(&ioapic)) {
        return -EINVAL;
    }
    for (uint32_t pin = 0; pin < ioapic.pins; pin++) {
        write_register(&ioapic, REGISTER_ROUTE(pin), ROUTE_MASKED);
    }
    ioapics[ioapic_count++] = ioapic;
    return 0;
}

void ioapic_route(uint32_t gsi, const struct ioapic_pin *pin)
{
    const struct ioapic *ioapic = find(gsi);
    uint32_t route = REGISTER_ROUTE(gsi - ioapic->gsi_base);
    uint32_t low = ROUTE_MASKED | pin->vector;

    low |= pin->is_level ? ROUTE_LEVEL : 0;
    low |= pin->is_low ? ROUTE_LOW : 0;
    write_register(ioapic, route, ROUTE_MASKED);
    write_register(ioapic, route + 1, pin->apic_id << 24);
    write_register(ioapic, route, low);
}

void ioapic_mask(uint32_t gsi)
{
    const struct ioapic *ioapic = find(gsi);
    uint32_t route = REGISTER_ROUTE(gsi - ioapic->gsi_base);

    write_register(ioapic, route, read_register(ioapic, route) | ROUTE_MASKED);
}

void ioapic_unmask(uint32_t gsi)
{
    const struct ioapic *ioapic = find(gsi);
    uint32_t route = REGISTER_ROUTE(gsi - ioapic->gsi_base);

    write_register(ioapic, route, read_register(ioapic, route) & ~ROUTE_MASKED);
}

int ioapic_read_register(maddr_t base, uint32_t index, uint32_t *value)
{
    for (uint32_t i = 0; i < ioapic_count; i++) {
        if (ioapics[i].base.a == base.a && index <= UINT8_MAX) {
            *value = read_register(&ioapics[i], index);
            return 0;
        }
    }
    return -ENODEV;
}
