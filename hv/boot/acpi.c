/* SPDX-License-Identifier: MIT */
/*
 * Finding ACPI tables: the RSDP names the root table, the root table names all
 * others.
 */
#include "hv/boot/acpi.h"

#include "hv/boot/acpi_tables.h"
#include "lib/checked.h"

#define OLD_RSDP_SIZE  20
#define NEW_RSDP_SIZE  36
#define RSDP_ALIGN     16
#define EBDA_POINTER   0x40e /* BIOS data area: real-mode segment */
#define EBDA_SEARCHED  1024
#define BIOS_AREA      0xe0000
#define BIOS_AREA_SIZE 0x20000
#define SIGNATURE_SIZE 4

static bool sums_to_zero(struct bytes bytes)
{
    uint8_t sum = 0;
    for (size_t i = 0; i < bytes.size; i++) {
        sum = (uint8_t)(sum + bytes.data[i]);
    }
    return sum == 0;
}

static bool map(uint64_t maddr, size_t size, struct bytes *out)
{
    uint64_t end;
    return checked_add_u64(maddr, size, &end) &&
           acpi_map(maddr, size, out) && out->size == size;
}

/* ---- RSDP ---- */

/* The part that revision 2 added, with its own checksum over all of it. */
static enum acpi_status parse_new_rsdp(struct bytes rsdp, struct acpi_root *out)
{
    struct cursor cursor = cursor_over(rsdp);
    take_skip(&cursor, OLD_RSDP_SIZE);
    uint32_t length = take_le32(&cursor);
    uint64_t xsdt = take_le64(&cursor);
    struct bytes all;
    if (length < NEW_RSDP_SIZE || !bytes_slice(rsdp, 0, length, &all)) {
        return ACPI_BAD_RSDP;
    }
    if (!sums_to_zero(all)) {
        return ACPI_BAD_CHECKSUM;
    }
    if (xsdt != 0) {
        out->table = xsdt;
        out->is_xsdt = true;
    }
    return ACPI_OK;
}

enum acpi_status acpi_parse_rsdp(struct bytes rsdp, struct acpi_root *out)
{
    struct cursor cursor = cursor_over(rsdp);
    struct acpi_root root = {.is_xsdt = false};
    struct bytes signature = take_bytes(&cursor, 8);
    take_skip(&cursor, 1 + 6); /* checksum, OEM */
    root.revision = take_u8(&cursor);
    root.table = take_le32(&cursor);
    if (cursor.failed || !bytes_equal(signature, bytes_of_text("RSD PTR "))) {
        return ACPI_BAD_RSDP;
    }
    if (!sums_to_zero(bytes_of(rsdp.data, OLD_RSDP_SIZE))) {
        return ACPI_BAD_CHECKSUM;
    }
    if (root.revision >= 2 && rsdp.size >= NEW_RSDP_SIZE) {
        enum acpi_status status = parse_new_rsdp(rsdp, &root);
        if (status != ACPI_OK) {
            return status;
        }
    }
    if (root.table == 0) {
        return ACPI_BAD_RSDP;
    }
    *out = root;
    return ACPI_OK;
}

static bool search(struct bytes area, struct acpi_root *out)
{
    struct bytes rsdp;
    for (size_t at = 0; area.size - at >= OLD_RSDP_SIZE; at += RSDP_ALIGN) {
        size_t left = area.size - at;
        size_t size = left < NEW_RSDP_SIZE ? OLD_RSDP_SIZE : NEW_RSDP_SIZE;
        if (bytes_slice(area, at, size, &rsdp) &&
            acpi_parse_rsdp(rsdp, out) == ACPI_OK) {
            return true;
        }
        if (left < RSDP_ALIGN + OLD_RSDP_SIZE) {
            break;
        }
    }
    return false;
}

enum acpi_status acpi_find_rsdp(struct acpi_root *out)
{
    struct bytes area;
    if (map(EBDA_POINTER, 2, &area)) {
        struct cursor cursor = cursor_over(area);
        uint64_t ebda = (uint64_t)take_le16(&cursor) << 4;
        if (ebda != 0 && map(ebda, EBDA_SEARCHED, &area) &&
            search(area, out)) {
            return ACPI_OK;
        }
    }
    if (map(BIOS_AREA, BIOS_AREA_SIZE, &area) && search(area, out)) {
        return ACPI_OK;
    }
    return ACPI_NO_RSDP;
}

/* ---- tables ---- */

/* Fit to be printed, whatever firmware wrote. */
static void copy_signature(struct acpi_fault *fault, const uint8_t *signature)
{
    for (size_t i = 0; i < SIGNATURE_SIZE; i++) {
        uint8_t byte = signature[i];
        bool is_printable = byte >= ' ' && byte <= '~';
        fault->signature[i] = is_printable ? (char)byte : '?';
    }
}

/* Find the table at maddr: its name goes to *fault, its length to *size. */
static enum acpi_status find_table(uint64_t maddr, size_t *size,
                                   struct acpi_fault *fault)
{
    struct bytes header;
    *fault = (struct acpi_fault){.maddr = maddr};
    if (!map(maddr, ACPI_HEADER_SIZE, &header)) {
        return ACPI_NOT_MAPPED;
    }
    struct cursor cursor = cursor_over(header);
    take_skip(&cursor, SIGNATURE_SIZE);
    *size = take_le32(&cursor);
    copy_signature(fault, header.data);
    return ACPI_OK;
}

/* Map the table that was found, with its length and checksum right. */
static enum acpi_status open_table(size_t size, struct bytes *out,
                                   struct acpi_fault *fault)
{
    if (size < ACPI_HEADER_SIZE || size > ACPI_MAX_TABLE_SIZE) {
        fault->offset = SIGNATURE_SIZE;
        return ACPI_BAD_LENGTH;
    }
    if (!map(fault->maddr, size, out)) {
        return ACPI_NOT_MAPPED;
    }
    return sums_to_zero(*out) ? ACPI_OK : ACPI_BAD_CHECKSUM;
}

/* The parser of a table, and what it fills of struct acpi_info. */
struct table_parser {
    const char *signature;
    enum acpi_status (*parse)(struct bytes table, struct acpi_info *info,
                              size_t *offset);
    size_t start, size;
};

#define FILLS(field)                                                           \
    offsetof(struct acpi_info, field), sizeof(((struct acpi_info *)0)->field)

static const struct table_parser parsers[] = {
    {"APIC", acpi_parse_madt, FILLS(madt)},
    {"FACP", acpi_parse_fadt, FILLS(fadt)},
    {"HPET", acpi_parse_hpet, FILLS(hpet)},
    {"MCFG", acpi_parse_mcfg, FILLS(mcfg_count)},
    {"TPM2", acpi_parse_tpm2, FILLS(tpm2)},
};

static void note_fault(struct acpi_info *info, const struct acpi_fault *fault,
                       enum acpi_status status)
{
    if (info->fault_count < ACPI_MAX_FAULTS) {
        struct acpi_fault *kept = &info->faults[info->fault_count];
        *kept = *fault;
        kept->status = status;
    }
    info->fault_count++;
}

/* The first table of a signature counts, as for every operating system. */
static bool has_signature(const struct acpi_fault *header, const char *name)
{
    return memcmp(header->signature, name, SIGNATURE_SIZE) == 0;
}

static void read_table(uint64_t maddr, struct acpi_info *info, uint32_t *seen)
{
    struct bytes table;
    struct acpi_fault fault;
    size_t size;
    enum acpi_status status = find_table(maddr, &size, &fault);
    if (status != ACPI_OK) {
        note_fault(info, &fault, status);
        return;
    }
    for (size_t i = 0; i < ARRAY_SIZE(parsers); i++) {
        if (!has_signature(&fault, parsers[i].signature) ||
            (*seen & UINT32_C(1) << i) != 0) {
            continue;
        }
        *seen |= UINT32_C(1) << i;
        status = open_table(size, &table, &fault);
        if (status == ACPI_OK) {
            status = parsers[i].parse(table, info, &fault.offset);
        }
        if (status != ACPI_OK) {
            /* A table that failed to parse leaves nothing behind. */
            memset((uint8_t *)info + parsers[i].start, 0, parsers[i].size);
            note_fault(info, &fault, status);
        }
    }
}

/* The root table, or what is wrong with it. */
static enum acpi_status open_root(const struct acpi_root *root, size_t width,
                                  struct bytes *out, struct acpi_fault *fault)
{
    size_t size;
    enum acpi_status status = find_table(root->table, &size, fault);
    if (status == ACPI_OK) {
        status = open_table(size, out, fault);
    }
    if (status != ACPI_OK) {
        return status;
    }
    if (!has_signature(fault, root->is_xsdt ? "XSDT" : "RSDT")) {
        return ACPI_BAD_SIGNATURE;
    }
    fault->offset = SIGNATURE_SIZE;
    if ((size - ACPI_HEADER_SIZE) % width != 0) {
        return ACPI_BAD_LENGTH;
    }
    return (size - ACPI_HEADER_SIZE) / width <= ACPI_MAX_TABLES ? ACPI_OK
                                                                 : ACPI_TOO_MANY;
}

enum acpi_status acpi_read_tables(const struct acpi_root *root,
                                  struct acpi_info *out,
                                  struct acpi_fault *fault)
{
    struct bytes table;
    size_t width = root->is_xsdt ? 8 : 4;
    uint32_t seen = 0;
    memset(out, 0, sizeof(*out));
    fault->status = open_root(root, width, &table, fault);
    if (fault->status != ACPI_OK) {
        return fault->status;
    }
    struct cursor entries = cursor_over(table);
    take_skip(&entries, ACPI_HEADER_SIZE);
    while (cursor_remaining(&entries) != 0) {
        uint64_t maddr = take_little(&entries, width);
        if (maddr != 0) {
            read_table(maddr, out, &seen);
        }
    }
    return ACPI_OK;
}

STATUS_TEXT(acpi_status, ACPI_STATUS, "unknown ACPI status")
