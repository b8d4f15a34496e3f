/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as a machine's memory with a root table at address 0. Checksums
 * are put right as tables are mapped, unless the first byte of the input says
 * not to, so that what is behind them is reached. What was mapped goes away
 * at the end.
 */
#include <stdlib.h>

#include "hv/boot/acpi.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct mapping {
    struct mapping *next;
    uint8_t *data;
};

struct machine {
    struct bytes memory;
    struct mapping *mapped;
    bool fix_sums;
};

static struct machine machine;

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

bool acpi_map(uint64_t maddr, size_t size, struct bytes *out)
{
    struct bytes source;
    if (!bytes_slice(machine.memory, maddr, size, &source)) {
        return false;
    }
    struct mapping *mapping = malloc(sizeof(*mapping));
    uint8_t *data = malloc(size + 1);
    require(mapping != NULL && data != NULL);
    *mapping = (struct mapping){.next = machine.mapped, .data = data};
    machine.mapped = mapping;
    memcpy(data, source.data, size);
    if (machine.fix_sums && size >= 36) {
        uint8_t sum = 0;
        for (size_t i = 0; i < size; i++) {
            sum = (uint8_t)(sum + data[i]);
        }
        data[9] = (uint8_t)(data[9] - sum);
    }
    *out = bytes_of(data, size);
    return true;
}

static void check(const struct acpi_root *root)
{
    static struct acpi_info info;
    struct acpi_fault fault;
    if (acpi_read_tables(root, &info, &fault) != ACPI_OK) {
        return;
    }
    require(info.madt.cpu_count <= ACPI_MAX_CPUS);
    require(info.madt.ioapic_count <= ACPI_MAX_IOAPICS);
    require(info.mcfg_count <= ACPI_MAX_MCFG);
    require(info.madt.present || info.madt.cpu_count == 0);
    require(info.fadt.present || info.fadt.pm_timer == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    machine = (struct machine){.memory = bytes_of(data + 1, size - 1),
                               .fix_sums = (data[0] & 1) == 0};
    struct acpi_root root = {.table = 0, .is_xsdt = (data[0] & 2) == 0};
    check(&root);
    if (acpi_parse_rsdp(machine.memory, &root) == ACPI_OK) {
        check(&root);
    }
    (void)!acpi_find_rsdp(&root);
    while (machine.mapped != NULL) {
        struct mapping *mapping = machine.mapped;
        machine.mapped = mapping->next;
        free(mapping->data);
        free(mapping);
    }
    return 0;
}
