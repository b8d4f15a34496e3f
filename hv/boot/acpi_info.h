/* SPDX-License-Identifier: MIT */
/*
 * What is kept of the ACPI tables (ACPI 6.5). Include hv/boot/acpi.h.
 */
#ifndef VOUCH_HV_BOOT_ACPI_INFO_H
#define VOUCH_HV_BOOT_ACPI_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hv/cpu/power.h"
#include "lib/status.h"

#define ACPI_MAX_CPUS    256
#define ACPI_MAX_IOAPICS 16
#define ACPI_MAX_MCFG    8
#define ACPI_MAX_FAULTS  8
/* Beyond these a root table or table is taken for garbage. */
#define ACPI_MAX_TABLES     256
#define ACPI_MAX_TABLE_SIZE 0x40000

#define ACPI_STATUS(S)                                                         \
    S(ACPI_OK, "ok")                                                           \
    S(ACPI_NO_RSDP, "no ACPI root pointer found")                              \
    S(ACPI_BAD_RSDP, "ACPI root pointer is malformed")                         \
    S(ACPI_NOT_MAPPED, "table is at an address that cannot be read")           \
    S(ACPI_BAD_SIGNATURE, "root table has a wrong signature")                  \
    S(ACPI_BAD_LENGTH, "table has an impossible length")                       \
    S(ACPI_BAD_CHECKSUM, "checksum is wrong")                                  \
    S(ACPI_BAD_ENTRY, "entry is too short or passes the end of its table")     \
    S(ACPI_TOO_MANY, "table has more entries than are supported")              \
    S(ACPI_BAD_ADDRESS, "table has an address or port that cannot be")

enum acpi_status { ACPI_STATUS(STATUS_CODE) };

/* What is wrong in which table; offset is within the table. */
struct acpi_fault {
    enum acpi_status status;
    char signature[5];
    uint64_t maddr;
    size_t offset;
};

struct acpi_cpu {
    uint32_t apic_id, processor_id;
    bool enabled; /* false: can be brought online later */
};

struct acpi_ioapic {
    uint32_t address, gsi_base;
};

struct acpi_madt {
    bool present;
    uint64_t lapic_address;
    struct acpi_cpu cpus[ACPI_MAX_CPUS];
    size_t cpu_count; /* those beyond ACPI_MAX_CPUS are left out */
    struct acpi_ioapic ioapics[ACPI_MAX_IOAPICS];
    size_t ioapic_count;
};

struct acpi_fadt {
    bool present;
    uint16_t pm_timer; /* port, 0: none */
    struct power_ports power;
};

struct acpi_hpet {
    bool present;
    uint64_t address;
};

struct acpi_mcfg {
    uint64_t address; /* of bus 0 of the segment */
    uint16_t segment;
    uint8_t first_bus, last_bus;
};

struct acpi_tpm2 {
    bool present;
    uint64_t control_area;
    uint32_t start_method;
    bool has_log_area;
    uint64_t log_area; /* LASA */
    uint32_t log_size; /* LAML, bytes */
};

/* Where the tables are: from the RSDP. */
struct acpi_root {
    uint64_t table;
    bool is_xsdt;
    uint8_t revision;
};

struct acpi_info {
    struct acpi_madt madt;
    struct acpi_fadt fadt;
    struct acpi_hpet hpet;
    struct acpi_mcfg mcfg[ACPI_MAX_MCFG];
    size_t mcfg_count;
    struct acpi_tpm2 tpm2;
    struct acpi_fault faults[ACPI_MAX_FAULTS];
    size_t fault_count; /* all that were seen, perhaps more than kept */
};

#endif
