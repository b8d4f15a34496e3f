/* SPDX-License-Identifier: MIT */
/*
 * The contents of MADT, FADT, HPET, MCFG (ACPI 6.5 chapter 5.2, PCI Firmware
 * Specification 4.1.2) and TPM2 (TCG ACPI Specification 1.3, 8).
 */
#include "hv/boot/acpi_tables.h"

#include "lib/checked.h"

#define FADT_SMALLEST           116 /* revision 1 */
#define FADT_FLAGS              112 /* the reset register follows */
#define FADT_X_PM_TIMER         208
#define MCFG_FIRST              44
#define MCFG_ENTRY_SIZE         16
#define TPM2_SMALLEST           52
#define TPM2_LOG_AREA           64
#define TPM2_LOG_END            76

#define FADT_FLAG_RESET         (1u << 10)

#define MADT_LAPIC              0
#define MADT_IOAPIC             1
#define MADT_LAPIC_ADDRESS      5
#define MADT_X2APIC             9
#define MADT_CPU_ENABLED        1u
#define MADT_CPU_ONLINE_CAPABLE 2u
#define APIC_ID_NONE            0xffu
#define X2APIC_ID_NONE          0xffffffffu

static struct cursor cursor_at(struct bytes table, size_t offset)
{
    struct cursor cursor = cursor_over(table);
    take_skip(&cursor, offset);
    return cursor;
}

/* ---- MADT ---- */

static void add_cpu(struct acpi_madt *madt, uint32_t apic_id,
                    uint32_t processor_id, uint32_t flags)
{
    if ((flags & (MADT_CPU_ENABLED | MADT_CPU_ONLINE_CAPABLE)) == 0) {
        return;
    }
    for (size_t i = 0; i < madt->cpu_count; i++) {
        if (madt->cpus[i].apic_id == apic_id) {
            return; /* one CPU may be told as LAPIC and as x2APIC */
        }
    }
    if (madt->cpu_count < ACPI_MAX_CPUS) {
        madt->cpus[madt->cpu_count++] =
            (struct acpi_cpu){.apic_id = apic_id,
                              .processor_id = processor_id,
                              .enabled = (flags & MADT_CPU_ENABLED) != 0};
    }
}

static void take_lapic(struct cursor *entry, struct acpi_madt *madt)
{
    uint8_t processor_id = take_u8(entry);
    uint8_t apic_id = take_u8(entry);
    uint32_t flags = take_le32(entry);
    if (!entry->failed && apic_id != APIC_ID_NONE) {
        add_cpu(madt, apic_id, processor_id, flags);
    }
}

static void take_x2apic(struct cursor *entry, struct acpi_madt *madt)
{
    take_skip(entry, 2);
    uint32_t apic_id = take_le32(entry);
    uint32_t flags = take_le32(entry);
    uint32_t processor_id = take_le32(entry);
    if (!entry->failed && apic_id != X2APIC_ID_NONE) {
        add_cpu(madt, apic_id, processor_id, flags);
    }
}

static enum acpi_status take_ioapic(struct cursor *entry,
                                    struct acpi_madt *madt)
{
    take_skip(entry, 2); /* its ID */
    struct acpi_ioapic ioapic = {.address = take_le32(entry)};
    ioapic.gsi_base = take_le32(entry);
    if (entry->failed) {
        return ACPI_BAD_ENTRY;
    }
    if (ioapic.address == 0) {
        return ACPI_BAD_ADDRESS;
    }
    if (madt->ioapic_count == ACPI_MAX_IOAPICS) {
        return ACPI_TOO_MANY;
    }
    madt->ioapics[madt->ioapic_count++] = ioapic;
    return ACPI_OK;
}

static enum acpi_status take_madt_entry(uint8_t type, struct cursor *entry,
                                        struct acpi_madt *madt)
{
    enum acpi_status status = ACPI_OK;
    switch (type) {
    case MADT_LAPIC:
        take_lapic(entry, madt);
        break;
    case MADT_X2APIC:
        take_x2apic(entry, madt);
        break;
    case MADT_IOAPIC:
        status = take_ioapic(entry, madt);
        break;
    case MADT_LAPIC_ADDRESS:
        take_skip(entry, 2);
        madt->lapic_address = take_le64(entry);
        break;
    default: /* for dom0, which routes interrupts, or for other machines */
        break;
    }
    return entry->failed ? ACPI_BAD_ENTRY : status;
}

enum acpi_status acpi_parse_madt(struct bytes table, struct acpi_info *info,
                                 size_t *offset)
{
    struct acpi_madt *madt = &info->madt;
    struct cursor cursor = cursor_at(table, ACPI_HEADER_SIZE);
    madt->lapic_address = take_le32(&cursor);
    take_skip(&cursor, 4); /* flags */
    *offset = table.size;
    if (cursor.failed) {
        return ACPI_BAD_LENGTH;
    }
    while (cursor_remaining(&cursor) != 0) {
        *offset = cursor.offset;
        uint8_t type = take_u8(&cursor);
        uint8_t size = take_u8(&cursor);
        if (cursor.failed || size < 2 ||
            size - 2u > cursor_remaining(&cursor)) {
            return ACPI_BAD_ENTRY;
        }
        struct cursor entry = cursor_over(take_bytes(&cursor, size - 2u));
        enum acpi_status status = take_madt_entry(type, &entry, madt);
        if (status != ACPI_OK) {
            return status;
        }
    }
    madt->present = true;
    return ACPI_OK;
}

/* ---- FADT ---- */

/* Generic Address Structure (5.2.3.2). */
enum { SPACE_MEMORY, SPACE_IO };
struct acpi_address {
    uint8_t space; /* or another, such as PCI configuration */
    uint64_t address;
};

static struct acpi_address take_address(struct cursor *cursor)
{
    struct acpi_address address = {.space = take_u8(cursor)};
    take_skip(cursor, 3); /* width, offset, access size */
    address.address = take_le64(cursor);
    return address;
}

/* The extended field if it is there and names a port, else the old one; both
 * may be zero. A port beyond 16 bits is an error. */
static bool choose_port(uint32_t old, struct bytes table, size_t extended,
                        uint16_t *out)
{
    struct cursor cursor = cursor_at(table, extended);
    struct acpi_address address = take_address(&cursor);
    uint64_t port = old;
    if (!cursor.failed && address.address != 0 &&
        address.space == SPACE_IO) {
        port = address.address;
    }
    *out = (uint16_t)port;
    return port <= UINT16_MAX;
}

static enum acpi_status take_ports(struct bytes table, struct acpi_fadt *fadt,
                                   size_t *offset)
{
    struct {
        size_t old, extended;
        uint16_t *out;
    } ports[] = {
        {64, 172, &fadt->power.pm1a_control},
        {68, 184, &fadt->power.pm1b_control},
        {76, FADT_X_PM_TIMER, &fadt->pm_timer},
    };
    for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
        struct cursor cursor = cursor_at(table, ports[i].old);
        *offset = ports[i].old;
        if (!choose_port(take_le32(&cursor), table, ports[i].extended,
                         ports[i].out)) {
            return ACPI_BAD_ADDRESS;
        }
    }
    return ACPI_OK;
}

/* A reset register in another space than the two is none. */
static void take_reset(struct bytes table, struct power_ports *power)
{
    struct cursor cursor = cursor_at(table, FADT_FLAGS);
    uint32_t flags = take_le32(&cursor);
    struct acpi_address reset = take_address(&cursor);
    power->reset_value = take_u8(&cursor);
    power->reset_is_port = reset.space == SPACE_IO;
    power->reset_address = reset.address;
    power->has_reset = !cursor.failed && (flags & FADT_FLAG_RESET) != 0 &&
                       reset.address != 0 && reset.space <= SPACE_IO;
}

enum acpi_status acpi_parse_fadt(struct bytes table, struct acpi_info *info,
                                 size_t *offset)
{
    struct acpi_fadt *fadt = &info->fadt;
    *offset = table.size;
    if (table.size < FADT_SMALLEST) {
        return ACPI_BAD_LENGTH;
    }
    take_reset(table, &fadt->power);
    enum acpi_status status = take_ports(table, fadt, offset);
    fadt->present = status == ACPI_OK;
    return status;
}

/* ---- HPET, MCFG, TPM2 ---- */

enum acpi_status acpi_parse_hpet(struct bytes table, struct acpi_info *info,
                                 size_t *offset)
{
    struct cursor cursor = cursor_at(table, ACPI_HEADER_SIZE);
    take_skip(&cursor, 4); /* event timer block */
    *offset = cursor.offset;
    struct acpi_address address = take_address(&cursor);
    info->hpet.address = address.address;
    take_skip(&cursor, 1 + 2); /* its number, smallest tick */
    if (cursor.failed) {
        *offset = table.size;
        return ACPI_BAD_LENGTH;
    }
    if (address.space != SPACE_MEMORY || address.address == 0 ||
        !is_aligned(address.address, 8)) {
        return ACPI_BAD_ADDRESS;
    }
    info->hpet.present = true;
    return ACPI_OK;
}

enum acpi_status acpi_parse_mcfg(struct bytes table, struct acpi_info *info,
                                 size_t *offset)
{
    struct cursor cursor = cursor_at(table, MCFG_FIRST);
    *offset = table.size;
    if (cursor.failed || cursor_remaining(&cursor) % MCFG_ENTRY_SIZE != 0) {
        return ACPI_BAD_LENGTH;
    }
    while (cursor_remaining(&cursor) != 0) {
        *offset = cursor.offset;
        struct acpi_mcfg window = {.address = take_le64(&cursor)};
        window.segment = take_le16(&cursor);
        window.first_bus = take_u8(&cursor);
        window.last_bus = take_u8(&cursor);
        take_skip(&cursor, 4);
        if (window.address == 0 || !is_aligned(window.address, 1 << 20) ||
            window.last_bus < window.first_bus) {
            return ACPI_BAD_ADDRESS;
        }
        if (info->mcfg_count == ACPI_MAX_MCFG) {
            return ACPI_TOO_MANY;
        }
        info->mcfg[info->mcfg_count++] = window;
    }
    return ACPI_OK;
}

enum acpi_status acpi_parse_tpm2(struct bytes table, struct acpi_info *info,
                                 size_t *offset)
{
    struct acpi_tpm2 *tpm2 = &info->tpm2;
    struct cursor cursor = cursor_at(table, ACPI_HEADER_SIZE);
    *offset = table.size;
    if (table.size < TPM2_SMALLEST) {
        return ACPI_BAD_LENGTH;
    }
    take_skip(&cursor, 4); /* platform class */
    tpm2->control_area = take_le64(&cursor);
    tpm2->start_method = take_le32(&cursor);
    tpm2->present = true;
    if (table.size < TPM2_LOG_END) {
        return ACPI_OK; /* a table without the optional log area */
    }
    cursor = cursor_at(table, TPM2_LOG_AREA);
    uint32_t size = take_le32(&cursor);
    uint64_t area = take_le64(&cursor);
    uint64_t end;
    if (size == 0 || area == 0) {
        return ACPI_OK;
    }
    if (!checked_add_u64(area, size, &end)) {
        tpm2->present = false;
        *offset = TPM2_LOG_AREA;
        return ACPI_BAD_ADDRESS;
    }
    tpm2->has_log_area = true;
    tpm2->log_size = size;
    tpm2->log_area = area;
    return ACPI_OK;
}
