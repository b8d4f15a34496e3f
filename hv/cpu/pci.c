/* SPDX-License-Identifier: MIT */
/* PCI configuration mechanism #1 (PCI Local Bus 3.0, 3.2.2.3.2). */
#include "hv/cpu/pci.h"

#include "hv/base/asm.h"
#include "hv/base/spinlock.h"
#include "hv/cpu/machine.h"

#define CONFIG_ADDRESS 0xcf8
#define CONFIG_DATA    0xcfc
#define CONFIG_ENABLE  0x80000000u

static spinlock_t pci_lock; /* guards the pair of ports */

static uint16_t select_register(uint32_t bdf, uint32_t offset)
{
    outl(CONFIG_ADDRESS, CONFIG_ENABLE | bdf << 8 | (offset & 0xfc));
    return (uint16_t)(CONFIG_DATA + (offset & 3));
}

uint32_t pci_config_read(uint32_t bdf, uint32_t offset, uint32_t size)
{
    uint32_t value = 0;
    uint16_t port = 0;

    spin_lock(&pci_lock);
    port = select_register(bdf, offset);
    value = machine_port_read(port, size);
    spin_unlock(&pci_lock);
    return value;
}

void pci_config_write(uint32_t bdf, uint32_t offset, uint32_t size,
                      uint32_t value)
{
    uint16_t port = 0;

    spin_lock(&pci_lock);
    port = select_register(bdf, offset);
    machine_port_write(port, size, value);
    spin_unlock(&pci_lock);
}
