/* SPDX-License-Identifier: MIT */
/*
 * A PCI function's configuration space is whatever the device and its driver
 * made of it: finding the message capability must end, stay inside it and
 * give an address that the function itself named.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "hv/cpu/msi.h"
#include "hv/cpu/pci.h"

static uint8_t config[256];
static uint32_t reads;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

uint32_t pci_config_read(uint32_t bdf, uint32_t offset, uint32_t size)
{
    uint32_t value = 0;

    (void)bdf;
    if (offset + size > sizeof(config) || offset % size != 0 || ++reads > 200) {
        abort();
    }
    memcpy(&value, config + offset, size);
    return value;
}

void pci_config_write(uint32_t bdf, uint32_t offset, uint32_t size,
                      uint32_t value)
{
    (void)bdf;
    if (offset + size > sizeof(config) || offset % size != 0 || offset < 0x40) {
        abort();
    }
    memcpy(config + offset, &value, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct msi msi = {.bdf = 8};

    if (size < 2 + sizeof(config)) {
        return 0;
    }
    msi.is_msix = data[0] & 1;
    msi.entry = msi.is_msix ? (uint16_t)(data[0] << 7 | data[1]) & 0x7ff : 0;
    memcpy(config, data + 2, sizeof(config));
    reads = 0;
    if (msi_prepare(&msi) != 0) {
        return 0;
    }
    if (msi.capability < 0x40 || msi.table_entry != NULL) {
        abort();
    }
    if (!msi.is_msix) {
        msi_program(&msi, 0x31, 1);
        msi_unmask(&msi);
    }
    return 0;
}
