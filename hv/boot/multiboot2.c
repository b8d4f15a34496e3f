/* SPDX-License-Identifier: MIT */
/*
 * Multiboot2 information (Multiboot2 Specification 2.0, 3.6): a list of tags,
 * each {type, size, ...} and aligned to 8 bytes, up to an end tag. Tags that
 * nobody here needs are stepped over.
 */
#include "hv/boot/multiboot2.h"

#include "lib/checked.h"

#define HEADER_SIZE            8
#define TAG_HEADER             8
#define TAG_ALIGN              8

#define TAG_END                0
#define TAG_COMMAND_LINE       1
#define TAG_LOADER_NAME        2
#define TAG_MODULE             3
#define TAG_MEMORY_MAP         6
#define TAG_EFI64_SYSTEM_TABLE 12
#define TAG_OLD_RSDP           14
#define TAG_NEW_RSDP           15
#define TAG_EFI_MEMORY_MAP     17
#define TAG_EFI_BOOT_SERVICES  18
#define TAG_EFI64_IMAGE_HANDLE 20

/* All but modules, boot services, and what we do not read. */
#define TAGS_THERE_ONCE                                                        \
    (1u << TAG_COMMAND_LINE | 1u << TAG_LOADER_NAME | 1u << TAG_MEMORY_MAP |   \
     1u << TAG_EFI64_SYSTEM_TABLE | 1u << TAG_OLD_RSDP | 1u << TAG_NEW_RSDP |  \
     1u << TAG_EFI_MEMORY_MAP | 1u << TAG_EFI64_IMAGE_HANDLE)

#define MEMORY_ENTRY_SIZE     24 /* base, length, type, reserved */
#define EFI_MEMORY_ENTRY_SIZE 40 /* EFI_MEMORY_DESCRIPTOR */
#define EFI_PAGE_SIZE         4096
#define OLD_RSDP_SIZE         20
#define NEW_RSDP_SIZE         36

enum multiboot2_status multiboot2_total_size(struct bytes header, size_t *size)
{
    struct cursor cursor = cursor_over(header);
    uint32_t total = take_le32(&cursor);
    take_skip(&cursor, 4);
    if (cursor.failed || total < HEADER_SIZE + TAG_HEADER ||
        total > MULTIBOOT2_MAX_SIZE) {
        return MULTIBOOT2_BAD_TOTAL_SIZE;
    }
    *size = total;
    return MULTIBOOT2_OK;
}

/* What is left, up to a NUL that must be there. */
static enum multiboot2_status take_text(struct cursor *cursor,
                                        struct bytes *out)
{
    struct bytes rest = take_bytes(cursor, cursor_remaining(cursor));
    for (size_t i = 0; i < rest.size; i++) {
        if (rest.data[i] == '\0') {
            *out = bytes_of(rest.data, i);
            return MULTIBOOT2_OK;
        }
    }
    return MULTIBOOT2_BAD_TEXT;
}

static enum multiboot2_status take_module(struct cursor *cursor,
                                          struct multiboot2_info *info)
{
    if (info->module_count == MULTIBOOT2_MAX_MODULES) {
        return MULTIBOOT2_TOO_MANY_MODULES;
    }
    struct multiboot2_module module;
    module.start = take_le32(cursor);
    module.end = take_le32(cursor);
    if (cursor->failed) {
        return MULTIBOOT2_BAD_TAG_SIZE;
    }
    if (module.end < module.start) {
        return MULTIBOOT2_BAD_MODULE;
    }
    enum multiboot2_status status = take_text(cursor, &module.text);
    if (status == MULTIBOOT2_OK) {
        info->modules[info->module_count++] = module;
    }
    return status;
}

/* Later versions of tag 6 read as this one does (3.6.8); tboot writes 20. */
static enum multiboot2_status take_memory_map(struct cursor *cursor,
                                              uint32_t tag,
                                              struct multiboot2_memory_map *out)
{
    bool is_efi = tag == TAG_EFI_MEMORY_MAP;
    uint32_t smallest = is_efi ? EFI_MEMORY_ENTRY_SIZE : MEMORY_ENTRY_SIZE;
    uint32_t entry_size = take_le32(cursor);
    uint32_t version = take_le32(cursor);
    struct bytes entries = take_bytes(cursor, cursor_remaining(cursor));
    if (cursor->failed) {
        return MULTIBOOT2_BAD_TAG_SIZE;
    }
    if (entry_size < smallest || (is_efi && version > 1) ||
        entries.size % entry_size != 0) {
        return MULTIBOOT2_BAD_MEMORY_MAP;
    }
    *out = (struct multiboot2_memory_map){
        .tag = tag, .entry_size = entry_size, .entries = entries};
    return MULTIBOOT2_OK;
}

/* All that is left, at least smallest bytes. */
static enum multiboot2_status take_rest(struct cursor *cursor, size_t smallest,
                                        struct bytes *out)
{
    *out = take_bytes(cursor, cursor_remaining(cursor));
    return out->size < smallest ? MULTIBOOT2_BAD_TAG_SIZE : MULTIBOOT2_OK;
}

static enum multiboot2_status take_number(struct cursor *cursor, uint64_t *out)
{
    *out = take_le64(cursor);
    return cursor->failed ? MULTIBOOT2_BAD_TAG_SIZE : MULTIBOOT2_OK;
}

static enum multiboot2_status take_tag(uint32_t type, struct cursor *cursor,
                                       struct multiboot2_info *info)
{
    switch (type) {
    case TAG_COMMAND_LINE:
        return take_text(cursor, &info->command_line);
    case TAG_LOADER_NAME:
        return take_text(cursor, &info->loader_name);
    case TAG_MODULE:
        return take_module(cursor, info);
    case TAG_MEMORY_MAP:
        return take_memory_map(cursor, type, &info->memory);
    case TAG_EFI_MEMORY_MAP:
        return take_memory_map(cursor, type, &info->efi_memory);
    case TAG_EFI64_SYSTEM_TABLE:
        return take_number(cursor, &info->efi64_system_table);
    case TAG_EFI64_IMAGE_HANDLE:
        return take_number(cursor, &info->efi64_image_handle);
    case TAG_OLD_RSDP:
        return take_rest(cursor, OLD_RSDP_SIZE, &info->old_rsdp);
    case TAG_NEW_RSDP:
        return take_rest(cursor, NEW_RSDP_SIZE, &info->new_rsdp);
    case TAG_EFI_BOOT_SERVICES:
        info->efi_boot_services_running = true;
        return MULTIBOOT2_OK;
    default:
        return MULTIBOOT2_OK; /* not ours to read */
    }
}

static bool is_duplicate(uint32_t type, uint32_t *seen)
{
    uint32_t bit = type < 32 ? TAGS_THERE_ONCE & 1u << type : 0;
    bool was_seen = (*seen & bit) != 0;
    *seen |= bit;
    return was_seen;
}

/* Parse the tag at cursor and step to the next; *ended at the end tag. */
static enum multiboot2_status step(struct cursor *cursor,
                                   struct multiboot2_info *info, uint32_t *seen,
                                   struct multiboot2_fault *fault, bool *ended)
{
    fault->offset = cursor->offset;
    fault->tag = 0;
    if (cursor_remaining(cursor) < TAG_HEADER) {
        return MULTIBOOT2_NO_END;
    }
    fault->tag = take_le32(cursor);
    uint32_t size = take_le32(cursor);
    if (size < TAG_HEADER || size - TAG_HEADER > cursor_remaining(cursor)) {
        return MULTIBOOT2_BAD_TAG_SIZE;
    }
    *ended = fault->tag == TAG_END;
    struct cursor body = cursor_over(take_bytes(cursor, size - TAG_HEADER));
    enum multiboot2_status status = take_tag(fault->tag, &body, info);
    if (status == MULTIBOOT2_OK && is_duplicate(fault->tag, seen)) {
        status = MULTIBOOT2_DUPLICATE;
    }
    size_t padding = (size_t)align_up(size, TAG_ALIGN) - size;
    size_t left = cursor_remaining(cursor);
    take_skip(cursor, padding < left ? padding : left);
    return status;
}

enum multiboot2_status multiboot2_parse(struct bytes information,
                                        struct multiboot2_info *out,
                                        struct multiboot2_fault *fault)
{
    *fault = (struct multiboot2_fault){.tag = 0, .offset = 0};
    memset(out, 0, sizeof(*out));
    size_t total;
    enum multiboot2_status status = multiboot2_total_size(information, &total);
    if (status != MULTIBOOT2_OK) {
        return status;
    }
    if (total != information.size) {
        return MULTIBOOT2_BAD_TOTAL_SIZE;
    }
    struct cursor cursor = cursor_over(information);
    take_skip(&cursor, HEADER_SIZE);
    uint32_t seen = 0;
    bool ended = false;
    while (status == MULTIBOOT2_OK && !ended) {
        status = step(&cursor, out, &seen, fault, &ended);
    }
    return status;
}

bool multiboot2_memory_at(const struct multiboot2_memory_map *map, size_t index,
                          struct multiboot2_memory *out)
{
    struct bytes entry;
    if (map->tag == 0 ||
        !bytes_slice(map->entries, index * map->entry_size, map->entry_size,
                     &entry)) {
        return false;
    }
    struct cursor cursor = cursor_over(entry);
    if (map->tag == TAG_MEMORY_MAP) {
        out->start = take_le64(&cursor);
        out->size = take_le64(&cursor);
        out->type = take_le32(&cursor);
        return true;
    }
    out->type = take_le32(&cursor);
    take_skip(&cursor, 4);
    out->start = take_le64(&cursor);
    take_skip(&cursor, 8); /* virtual address */
    if (!checked_mul_u64(take_le64(&cursor), EFI_PAGE_SIZE, &out->size)) {
        out->size = UINT64_MAX;
    }
    return true;
}

STATUS_TEXT(multiboot2_status, MULTIBOOT2_STATUS, "unknown multiboot2 status")
