/* SPDX-License-Identifier: MIT */
/*
 * PCI configuration through ports 0xcf8 and 0xcfc.  The address is latched per
 * domain and never reaches the real port but under pci.c's lock.  Layouts: PCI
 * Local Bus Specification 3.0, 3.2.2.3.2 and 6.8.
 */
#include "hv/hypercall/pciconfig.h"

#include "hv/cpu/pci.h"
#include "hv/hypercall/port_handlers.h"

#define ADDRESS_ENABLE      0x80000000u
#define ADDRESS_RESERVED    0x7f000003u

#define CONFIG_STATUS       0x06
#define STATUS_CAPABILITIES 0x10u
#define CONFIG_CAPABILITIES 0x34
#define CONFIG_HEADER_END   0x40u
#define CAPABILITIES_MAX    48 /* what fits behind the header */

#define CAPABILITY_MSI      0x05
#define CAPABILITY_MSIX     0x11

#define MSI_CONTROL_ENABLE  0x0001u
#define MSI_CONTROL_64      0x0080u
#define MSI_CONTROL_MASKING 0x0100u
#define MSIX_CONTROL_GUEST  0xc000u /* enable, mask all */

/* Of a capability: its first byte's offset, its size, its control word. */
struct capability {
    uint32_t start, size;
    uint32_t control_guest; /* bits of the control word a guest may write */
};

/* Whether the capability at start is one we guard. */
static bool capability_guarded(uint32_t header, struct capability *capability)
{
    uint32_t control = header >> 16;

    switch (header & 0xff) {
    case CAPABILITY_MSI:
        capability->control_guest = MSI_CONTROL_ENABLE;
        capability->size = (control & MSI_CONTROL_64) != 0 ? 16 : 12;
        if ((control & MSI_CONTROL_MASKING) != 0) {
            capability->size += 8;
        }
        return true;
    case CAPABILITY_MSIX:
        capability->control_guest = MSIX_CONTROL_GUEST;
        capability->size = 12;
        return true;
    default:
        return false;
    }
}

/* What of the dword at offset the guarded capability leaves to the guest. */
static uint32_t writable_in(const struct capability *capability,
                            uint32_t offset)
{
    if (offset < capability->start ||
        offset >= capability->start + capability->size) {
        return ~0u;
    }
    return offset == capability->start ? capability->control_guest << 16 : 0;
}

uint32_t pciconfig_writable(uint32_t bdf, uint32_t offset,
                            uint32_t (*read)(uint32_t bdf, uint32_t offset,
                                             uint32_t size))
{
    uint32_t writable = ~0u;
    uint32_t at;

    if (offset < CONFIG_HEADER_END ||
        (read(bdf, CONFIG_STATUS, 2) & STATUS_CAPABILITIES) == 0) {
        return writable;
    }
    at = read(bdf, CONFIG_CAPABILITIES, 1) & 0xfc;
    for (unsigned int i = 0; i < CAPABILITIES_MAX; i++) {
        struct capability capability = {.start = at};
        uint32_t header;

        if (at < CONFIG_HEADER_END) {
            break;
        }
        header = read(bdf, at, 4);
        if (capability_guarded(header, &capability)) {
            writable &= writable_in(&capability, offset);
        }
        at = header >> 8 & 0xfc;
    }
    return writable;
}

static bool address_is_valid(uint32_t cf8)
{
    return (cf8 & ADDRESS_ENABLE) != 0 && (cf8 & ADDRESS_RESERVED) == 0;
}

static uint32_t address_bdf(uint32_t cf8)
{
    return cf8 >> 8 & 0xffff;
}

/* The port's low bits choose among the four bytes that cf8 names. */
static uint32_t address_offset(uint32_t cf8, uint16_t port)
{
    return (cf8 & 0xfc) | (port & 3);
}

static void write_config(uint32_t bdf, uint32_t offset, unsigned int size,
                         uint32_t value)
{
    uint32_t shift = 8 * (offset & 3);
    uint32_t mask = ~0u >> (32 - 8 * size);
    uint32_t writable =
        pciconfig_writable(bdf, offset & ~3u, pci_config_read) >> shift & mask;

    if (writable == 0) {
        return;
    }
    if (writable != mask) {
        value = (value & writable) |
                (pci_config_read(bdf, offset, size) & ~writable);
    }
    pci_config_write(bdf, offset, size, value);
}

uint32_t port_pci_address_read(struct domain *domain, uint16_t port,
                               unsigned int size)
{
    return domain->cf8;
}

void port_pci_address_write(struct domain *domain, uint16_t port,
                            unsigned int size, uint32_t value)
{
    domain->cf8 = value;
}

uint32_t port_pci_data_read(struct domain *domain, uint16_t port,
                            unsigned int size)
{
    uint32_t cf8 = READ_ONCE(domain->cf8);
    uint32_t offset = address_offset(cf8, port);
    uint32_t value = 0;

    if (!address_is_valid(cf8)) {
        return ~0u >> (32 - 8 * size);
    }
    if (offset % size == 0) {
        return pci_config_read(address_bdf(cf8), offset, size);
    }
    for (unsigned int i = 0; i < size; i++) {
        value |= pci_config_read(address_bdf(cf8), offset + i, 1) << (8 * i);
    }
    return value;
}

void port_pci_data_write(struct domain *domain, uint16_t port,
                         unsigned int size, uint32_t value)
{
    uint32_t cf8 = READ_ONCE(domain->cf8);
    uint32_t offset = address_offset(cf8, port);

    if (!address_is_valid(cf8)) {
        return;
    }
    if (offset % size == 0) {
        write_config(address_bdf(cf8), offset, size, value);
        return;
    }
    for (unsigned int i = 0; i < size; i++) {
        write_config(address_bdf(cf8), offset + i, 1, value >> (8 * i) & 0xff);
    }
}
