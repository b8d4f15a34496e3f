/* SPDX-License-Identifier: MIT */
/*
 * MSI and MSI-X (PCI Local Bus 3.0, 6.8).  What is read from configuration
 * space comes from a device and may be anything: every offset is bounded.
 */
#include "hv/cpu/msi.h"

#include "hv/base/errno.h"
#include "hv/cpu/mmio.h"
#include "hv/cpu/pci.h"

enum { /* configuration space */
       PCI_VENDOR = 0x00,
       PCI_COMMAND = 0x04,
       PCI_STATUS = 0x06,
       PCI_HEADER_TYPE = 0x0e,
       PCI_BAR0 = 0x10,
       PCI_CAPABILITIES = 0x34,
};

#define PCI_NO_VENDOR            0xffffu
#define PCI_COMMAND_MEMORY       2u
#define PCI_STATUS_CAP_LIST      0x10u
#define PCI_FIRST_CAPABILITY     0x40u
#define PCI_CAPABILITIES_MAX     48u /* as many as fit */
#define PCI_CAP_MSI              0x05u
#define PCI_CAP_MSIX             0x11u
#define PCI_CAP_MSIX_SIZE        0x0cu
#define PCI_CONFIG_SIZE          0x100u

#define BAR_IS_IO                1u
#define BAR_TYPE_MASK            6u
#define BAR_TYPE_64              4u

#define CAP_CONTROL              2u /* of both */
#define MSI_ADDRESS              4u
#define MSI_CONTROL_64           0x80u
#define MSI_CONTROL_MASKS        0x100u

#define MSIX_TABLE               4u
#define MSIX_CONTROL_LAST        0x7ffu
#define MSIX_TABLE_BIR           7u
#define MSIX_ENTRY_CONTROL       3 /* word of a table entry */
#define MSIX_ENTRY_MASKED        1u

#define MESSAGE_ADDRESS(apic_id) (0xfee00000u | (apic_id) << 12)

static uint8_t find_capability(uint32_t bdf, uint32_t id)
{
    uint32_t offset = 0;

    if ((pci_config_read(bdf, PCI_STATUS, 2) & PCI_STATUS_CAP_LIST) == 0) {
        return 0;
    }
    offset = pci_config_read(bdf, PCI_CAPABILITIES, 1) & ~3u;
    for (uint32_t i = 0; i < PCI_CAPABILITIES_MAX; i++) {
        uint32_t header = 0;

        if (offset < PCI_FIRST_CAPABILITY) {
            return 0;
        }
        header = pci_config_read(bdf, offset, 2);
        if ((header & 0xff) == id) {
            return (uint8_t)offset;
        }
        offset = header >> 8 & ~3u;
    }
    return 0;
}

/* The memory address in a base address register; -ENODEV: it has none. */
static int read_bar(uint32_t bdf, uint32_t index, uint64_t *address)
{
    bool is_bridge = (pci_config_read(bdf, PCI_HEADER_TYPE, 1) & 0x7f) == 1;
    uint32_t count = is_bridge ? 2 : 6;
    uint32_t low = 0;

    if (index >= count) {
        return -ENODEV;
    }
    low = pci_config_read(bdf, PCI_BAR0 + 4 * index, 4);
    if ((low & BAR_IS_IO) != 0) {
        return -ENODEV;
    }
    *address = low & ~0xfull;
    if ((low & BAR_TYPE_MASK) == BAR_TYPE_64) {
        if (index + 1 >= count) {
            return -ENODEV;
        }
        *address |= (uint64_t)pci_config_read(bdf, PCI_BAR0 + 4 * index + 4, 4)
                    << 32;
    }
    return *address == 0 ? -ENODEV : 0;
}

static int find_table_entry(struct msi *msi)
{
    uint32_t table = pci_config_read(msi->bdf, msi->capability + MSIX_TABLE, 4);
    uint64_t address = 0;
    int status = 0;

    if (msi->entry > (msi->control & MSIX_CONTROL_LAST)) {
        return -ENOENT;
    }
    if ((pci_config_read(msi->bdf, PCI_COMMAND, 2) & PCI_COMMAND_MEMORY) == 0) {
        return -ENXIO;
    }
    status = read_bar(msi->bdf, table & MSIX_TABLE_BIR, &address);
    if (status != 0) {
        return status;
    }
    msi->table = MADDR(address + (table & ~MSIX_TABLE_BIR) +
                       MSI_ENTRY_SIZE * (uint64_t)msi->entry);
    return 0;
}

/* How far we read and write from its start. */
static uint32_t capability_size(const struct msi *msi)
{
    if (msi->is_msix) {
        return PCI_CAP_MSIX_SIZE;
    }
    return ((msi->control & MSI_CONTROL_64) != 0 ? 0xeu : 0xau) +
           ((msi->control & MSI_CONTROL_MASKS) != 0 ? 6u : 0u);
}

int msi_prepare(struct msi *msi)
{
    uint32_t id = msi->is_msix ? PCI_CAP_MSIX : PCI_CAP_MSI;

    if (pci_config_read(msi->bdf, PCI_VENDOR, 2) == PCI_NO_VENDOR) {
        return -ENODEV;
    }
    msi->capability = find_capability(msi->bdf, id);
    if (msi->capability == 0) {
        return -ENODEV;
    }
    msi->control =
        (uint16_t)pci_config_read(msi->bdf, msi->capability + CAP_CONTROL, 2);
    if (msi->capability + capability_size(msi) > PCI_CONFIG_SIZE) {
        return -ENODEV;
    }
    return msi->is_msix ? find_table_entry(msi) : 0;
}

/* MSI: the only vector's bit of the mask register, if there is one. */
static void set_mask_bit(const struct msi *msi, uint32_t bit)
{
    uint32_t offset =
        msi->capability + ((msi->control & MSI_CONTROL_64) != 0 ? 0x10u : 0xcu);

    if ((msi->control & MSI_CONTROL_MASKS) != 0) {
        uint32_t mask = pci_config_read(msi->bdf, offset, 4);

        pci_config_write(msi->bdf, offset, 4, (mask & ~1u) | bit);
    }
}

static void set_entry_control(const struct msi *msi, uint32_t bit)
{
    volatile uint32_t *control = &msi->table_entry[MSIX_ENTRY_CONTROL];

    mmio_write(control, (mmio_read(control) & ~MSIX_ENTRY_MASKED) | bit);
}

void msi_mask(const struct msi *msi)
{
    if (msi->is_msix) {
        set_entry_control(msi, MSIX_ENTRY_MASKED);
    } else {
        set_mask_bit(msi, 1);
    }
}

void msi_unmask(const struct msi *msi)
{
    if (msi->is_msix) {
        set_entry_control(msi, 0);
    } else {
        set_mask_bit(msi, 0);
    }
}

static void program_msi(const struct msi *msi, uint8_t vector, uint32_t apic_id)
{
    uint32_t address = msi->capability + MSI_ADDRESS;

    pci_config_write(msi->bdf, address, 4, MESSAGE_ADDRESS(apic_id));
    if ((msi->control & MSI_CONTROL_64) != 0) {
        pci_config_write(msi->bdf, address + 4, 4, 0);
        pci_config_write(msi->bdf, address + 8, 2, vector);
    } else {
        pci_config_write(msi->bdf, address + 4, 2, vector);
    }
}

void msi_program(const struct msi *msi, uint8_t vector, uint32_t apic_id)
{
    msi_mask(msi);
    if (msi->is_msix) {
        mmio_write(&msi->table_entry[0], MESSAGE_ADDRESS(apic_id));
        mmio_write(&msi->table_entry[1], 0);
        mmio_write(&msi->table_entry[2], vector);
    } else {
        program_msi(msi, vector, apic_id);
    }
}
