/* SPDX-License-Identifier: MIT */
/*
 * Reads the EFI system table (UEFI 2.10, 4.3) after the boot services ended:
 * it and the configuration tables stay.
 */
#include "hv/boot/efi_tables.h"

#include "hv/base/log.h"
#include "hv/boot/boot_info.h"
#include "hv/cpu/paging.h"

#define SYSTEM_TABLE_SIGNATURE 0x5453595320494249ull /* "IBI SYST" */
#define SYSTEM_TABLE_SIZE      120
#define CONFIGURATIONS_MAX     256

struct efi_tables efi_tables;

void efi_tables_init(void)
{
    struct cursor table;
    const void *mapped;

    if (boot_info.efi_system_table.a == 0) {
        return;
    }
    mapped = map_firmware(boot_info.efi_system_table, SYSTEM_TABLE_SIZE);
    if (mapped == NULL) {
        return;
    }
    table = cursor_over(bytes_of(mapped, SYSTEM_TABLE_SIZE));
    if (take_le64(&table) != SYSTEM_TABLE_SIGNATURE) {
        log_line("EFI: no system table at 0x%lx",
                 (unsigned long)boot_info.efi_system_table.a);
        return;
    }
    efi_tables.revision = take_le32(&table);
    take_skip(&table, 104 - 12); /* to NumberOfTableEntries */
    efi_tables.configurations = (uint32_t)take_le64(&table);
    efi_tables.configuration = take_le64(&table);
    efi_tables.present = efi_tables.configurations <= CONFIGURATIONS_MAX;
}
