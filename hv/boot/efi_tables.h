/* SPDX-License-Identifier: MIT */
/*
 * What dom0 is told of UEFI: where the configuration tables are, by which it
 * finds ACPI and SMBIOS.  Run-time services are nobody's: we never call them.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct efi_tables {
    bool present;
    uint32_t revision;        /* of the system table */
    uint64_t configuration;   /* machine address of the array */
    uint32_t configurations;  /* entries of 24 bytes */
};
extern struct efi_tables efi_tables; /* constant after boot */

void efi_tables_init(void);
