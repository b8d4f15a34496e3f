/* SPDX-License-Identifier: MIT */
/*
 * What the hardware domain is told of the machine and its firmware; hv/boot
 * finds it out, and it is constant once a guest runs.  UEFI's run-time services
 * are nobody's: we never call them.
 */
#pragma once

#include "hv/base/compiler.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* As guests read it (E820). */
struct e820_entry {
    uint64_t start, size;
    uint32_t type;
} packed;
_Static_assert(sizeof(struct e820_entry) == 20, "E820 entry");

/*
 * The machine's memory map: the firmware's, with interrupt controllers
 * reserved (hv/boot/machine_map.c).
 */
const struct e820_entry *machine_map(size_t *count);

/* Where the configuration tables are, by which it finds ACPI and SMBIOS. */
struct efi_tables {
    bool present;
    uint32_t revision;        /* of the system table */
    uint64_t configuration;   /* machine address of the array */
    uint32_t configurations;  /* entries of 24 bytes */
};
extern struct efi_tables efi_tables;

/* What ACPI calls the CPU of this local APIC; ~0: nothing. */
uint32_t firmware_acpi_id(uint32_t apic_id);

/* The hypervisor's own (hv/boot/boot_info.c). */
const char *hypervisor_command_line(void);
