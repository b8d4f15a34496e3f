/* SPDX-License-Identifier: MIT */
/*
 * One function per ACPI table, given a whole table whose header and checksum
 * are right; used by acpi.c only. On failure *offset tells where in the table,
 * and what was written of the result does not count.
 */
#ifndef VOUCH_HV_BOOT_ACPI_TABLES_H
#define VOUCH_HV_BOOT_ACPI_TABLES_H

#include "hv/boot/acpi.h"

#define ACPI_HEADER_SIZE 36

NODISCARD enum acpi_status
acpi_parse_madt(struct bytes table, struct acpi_info *info, size_t *offset);
NODISCARD enum acpi_status
acpi_parse_fadt(struct bytes table, struct acpi_info *info, size_t *offset);
NODISCARD enum acpi_status
acpi_parse_hpet(struct bytes table, struct acpi_info *info, size_t *offset);
NODISCARD enum acpi_status
acpi_parse_mcfg(struct bytes table, struct acpi_info *info, size_t *offset);
NODISCARD enum acpi_status
acpi_parse_tpm2(struct bytes table, struct acpi_info *info, size_t *offset);

#endif
