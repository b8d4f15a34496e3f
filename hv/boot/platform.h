/* SPDX-License-Identifier: MIT */
/* The machine, as its ACPI tables describe it; constant after platform_init. */
#pragma once

#include "hv/boot/acpi.h"
#include "hv/boot/cmdline.h"
#include "hv/cpu/time.h"

extern struct acpi_info platform; /* all absent on a machine without ACPI */
extern struct cmdline cmdline;    /* the parsed command line */

/* Parses boot_info's command line, or refuses to boot on a word it does not
 * know; sets the console accordingly. */
void platform_parse_command_line(void);

/* Finds and reads the ACPI tables; a malformed one is named and left out. */
void platform_init(void);

/* What calibrates the clock. */
struct time_sources platform_time_sources(void);

/*
 * APIC IDs of the CPUs to use, the boot CPU's first, at most max; returns how
 * many.
 */
uint32_t platform_cpus(uint32_t *apic_ids, uint32_t max);

/* Gives the IOAPICs to hv/cpu/ioapic.c. */
void platform_add_ioapics(void);
