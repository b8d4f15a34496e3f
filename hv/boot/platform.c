/* SPDX-License-Identifier: MIT */
/*
 * Feeds the pure parsers (acpi.c, cmdline.c) with what this machine has, and
 * hands what they found to the parts that drive it.
 */
#include "hv/boot/platform.h"

#include "hv/base/console.h"
#include "hv/base/layout.h"
#include "hv/base/log.h"
#include "hv/boot/boot_info.h"
#include "hv/cpu/apic.h"
#include "hv/cpu/features.h"
#include "hv/cpu/ioapic.h"
#include "hv/cpu/paging.h"
#include "hv/cpu/power.h"
#include "hv/hypercall/firmware.h"

#define IOAPIC_PAGE 0x1000u

struct acpi_info platform;
struct cmdline cmdline;

void platform_parse_command_line(void)
{
    struct bytes word = bytes_none();
    struct bytes text =
        cmdline_strip_path(bytes_of_text(boot_info.command_line));
    enum cmdline_status status = cmdline_parse(text, &cmdline, &word);

    if (status != CMDLINE_OK) {
        refuse_boot("command line: %s: \"%.*s\"", cmdline_status_text(status),
                    (int)MIN(word.size, 64), (const char *)word.data);
    }
    power_set_halt_on_panic(cmdline.no_reboot);
    console_init(cmdline.console_port, cmdline.console_baud);
    if (cmdline.log_level < CMDLINE_LOG_INFO) {
        log_hide();
    }
}

/* Mapped for good: they are few, and the address space is large. */
bool acpi_map(uint64_t maddr, size_t size, struct bytes *out)
{
    uint64_t limit = 1ull << cpu_features.physical_bits;

    if (maddr >= limit || size > limit - maddr) {
        return false;
    }
    *out = bytes_of(map_firmware(MADDR(maddr), size), size);
    return out->data != NULL;
}

static enum acpi_status find_root(struct acpi_root *root)
{
    if (boot_info.rsdp_size != 0) {
        return acpi_parse_rsdp(
            bytes_of(boot_info.rsdp_copy, boot_info.rsdp_size), root);
    }
    return acpi_find_rsdp(root);
}

static void log_faults(void)
{
    for (size_t i = 0; i < MIN(platform.fault_count, ACPI_MAX_FAULTS); i++) {
        const struct acpi_fault *fault = &platform.faults[i];

        log_line("ACPI: table %s at %lx ignored: %s at offset %zu",
                 fault->signature, fault->maddr,
                 acpi_status_text(fault->status), fault->offset);
    }
}

void platform_init(void)
{
    struct acpi_fault fault = {0};
    struct acpi_root root;
    enum acpi_status status = find_root(&root);

    if (status != ACPI_OK) {
        log_line("ACPI: %s: one CPU, no ACPI devices",
                 acpi_status_text(status));
        return;
    }
    status = acpi_read_tables(&root, &platform, &fault);
    if (status != ACPI_OK) {
        log_line("ACPI: root table %s at %lx: %s at offset %zu: one CPU, no "
                 "ACPI devices",
                 fault.signature, fault.maddr, acpi_status_text(status),
                 fault.offset);
        return;
    }
    log_faults();
    power_init(&platform.fadt.power);
}

struct time_sources platform_time_sources(void)
{
    return (struct time_sources){
        .hpet = MADDR(platform.hpet.present ? platform.hpet.address : 0),
        .pm_timer_port = platform.fadt.present ? platform.fadt.pm_timer : 0,
    };
}

uint32_t platform_cpus(uint32_t *apic_ids, uint32_t max)
{
    uint32_t count = 1;

    apic_ids[0] = apic_id();
    for (size_t i = 0; i < platform.madt.cpu_count; i++) {
        const struct acpi_cpu *cpu = &platform.madt.cpus[i];

        if (!cpu->enabled || cpu->apic_id == apic_ids[0]) {
            continue;
        }
        if (count == max) {
            log_line("CPU with APIC ID %u is not used: %u is the limit",
                     cpu->apic_id, max);
            continue;
        }
        apic_ids[count++] = cpu->apic_id;
    }
    return count;
}

void platform_add_ioapics(void)
{
    for (size_t i = 0; i < platform.madt.ioapic_count; i++) {
        const struct acpi_ioapic *ioapic = &platform.madt.ioapics[i];
        void *registers = ioremap(MADDR(ioapic->address), IOAPIC_PAGE);

        if (registers == NULL || ioapic_add(MADDR(ioapic->address), registers,
                                            ioapic->gsi_base) != 0) {
            log_line("IOAPIC at %x ignored", ioapic->address);
        }
    }
}

uint32_t firmware_acpi_id(uint32_t apic_id)
{
    for (size_t i = 0; i < platform.madt.cpu_count; i++) {
        if (platform.madt.cpus[i].apic_id == apic_id) {
            return platform.madt.cpus[i].processor_id;
        }
    }
    return ~0u;
}
