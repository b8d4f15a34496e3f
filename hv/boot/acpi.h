/* SPDX-License-Identifier: MIT */
/*
 * What the hypervisor needs of the ACPI tables (ACPI 6.5): CPUs and interrupt
 * controllers (MADT), power management ports (FADT), HPET, PCI configuration
 * windows (MCFG), the TPM and its event log area (TPM2). Tables are believed
 * only after their checksum.
 * A table that is malformed counts as absent, and the fault says why.
 */
#ifndef VOUCH_HV_BOOT_ACPI_H
#define VOUCH_HV_BOOT_ACPI_H

#include "hv/boot/acpi_info.h"
#include "lib/bytes.h"

/* Gives *out for machine memory [maddr, maddr + size), which stays valid, or
 * says no. platform.c's, or the one of the unit tests. */
bool acpi_map(uint64_t maddr, size_t size, struct bytes *out);

/* The RSDP itself, as a loader gave it (20 or 36 bytes, or more). */
NODISCARD enum acpi_status acpi_parse_rsdp(struct bytes rsdp,
                                           struct acpi_root *out);

/* Look where a PC's firmware puts it: first KiB of the EBDA, 0xe0000-0xfffff
 * (5.2.5.1). */
NODISCARD enum acpi_status acpi_find_rsdp(struct acpi_root *out);

/* Read all tables that the root table names. Fails, with *fault, only if the
 * root table itself cannot be read. */
NODISCARD enum acpi_status acpi_read_tables(const struct acpi_root *root,
                                            struct acpi_info *out,
                                            struct acpi_fault *fault);

const char *acpi_status_text(enum acpi_status status);

#endif
