/* SPDX-License-Identifier: MIT */
/*
 * ELF64 executables for x86-64, as PV kernels are: segments are loaded by
 * physical address, and the virtual layout comes from the Xen notes, not from
 * p_vaddr (a kernel's per-CPU template has p_vaddr 0).
 */
#include "hv/domain/elf.h"

#include "hv/domain/elf_notes.h"
#include "lib/checked.h"

#define IDENT_SIZE          16
#define HEADER_SIZE         64
#define PROGRAM_HEADER_SIZE 56
#define MAX_PROGRAM_HEADERS 64
#define MAX_NOTES_SIZE      65536 /* of one segment: Linux has 500 bytes */
#define CLASS_64            2
#define DATA_LITTLE         1
#define VERSION_CURRENT     1
#define TYPE_EXEC           2
#define MACHINE_X86_64      62
#define SEGMENT_LOAD        1
#define SEGMENT_NOTE        4
#define PAGE_BYTES          4096
#define NOT_CANONICAL_START UINT64_C(0x0000800000000000)
#define NOT_CANONICAL_END   UINT64_C(0xffff800000000000)

static enum elf_status fail(struct elf_fault *fault, enum elf_status status,
                            size_t offset, uint64_t value)
{
    *fault = (struct elf_fault){.offset = offset, .value = value};
    return status;
}

static enum elf_status check_ident(struct bytes ident)
{
    if (memcmp(ident.data,
               "\x7f"
               "ELF",
               4) != 0) {
        return ELF_NOT_ELF;
    }
    if (ident.data[4] != CLASS_64 || ident.data[5] != DATA_LITTLE ||
        ident.data[6] != VERSION_CURRENT) {
        return ELF_NOT_64_BIT;
    }
    return ELF_OK;
}

/* *headers stands before the first of *count program headers, all there. */
static enum elf_status parse_header(struct bytes file, struct cursor *headers,
                                    uint16_t *count, struct elf_fault *fault)
{
    struct cursor cursor = cursor_over(file);
    struct bytes ident = take_bytes(&cursor, IDENT_SIZE);
    if (cursor.failed) {
        return fail(fault, ELF_TRUNCATED, file.size, 0);
    }
    enum elf_status status = check_ident(ident);
    if (status != ELF_OK) {
        return fail(fault, status, 0, 0);
    }
    uint16_t type = take_le16(&cursor);
    uint16_t machine = take_le16(&cursor);
    take_skip(&cursor, 4 + 8); /* version; e_entry is for bare metal */
    uint64_t table = take_le64(&cursor);
    take_skip(&cursor, 8 + 4 + 2); /* section headers, flags, own size */
    uint16_t entry_size = take_le16(&cursor);
    *count = take_le16(&cursor);
    take_skip(&cursor, 6);
    if (cursor.failed) {
        return fail(fault, ELF_TRUNCATED, file.size, 0);
    }
    if (type != TYPE_EXEC) {
        return fail(fault, ELF_NOT_EXECUTABLE, 16, type);
    }
    if (machine != MACHINE_X86_64) {
        return fail(fault, ELF_NOT_X86_64, 18, machine);
    }
    if (entry_size != PROGRAM_HEADER_SIZE || *count == 0 ||
        *count > MAX_PROGRAM_HEADERS) {
        return fail(fault, ELF_BAD_PROGRAM_HEADERS, 54, *count);
    }
    *headers = cursor_over(file);
    take_skip(headers, table);
    if (cursor_remaining(headers) < (size_t)*count * PROGRAM_HEADER_SIZE) {
        return fail(fault, ELF_TRUNCATED, 32, table);
    }
    return ELF_OK;
}

static bool segments_overlap(const struct elf_segment *a,
                             const struct elf_segment *b)
{
    return a->physical_start < b->physical_start + b->memory_size &&
           b->physical_start < a->physical_start + a->memory_size;
}

/* A segment at p_paddr, of this size in memory. */
static enum elf_status add_segment(struct elf_image *image, uint64_t physical,
                                   uint64_t memory_size, struct bytes file)
{
    struct elf_segment segment = {.physical_start = physical,
                                  .memory_size = memory_size,
                                  .file = file};
    uint64_t end;
    if (file.size > memory_size) {
        return ELF_BAD_SEGMENT;
    }
    if (memory_size == 0) {
        return ELF_OK;
    }
    if (!checked_add_u64(physical, memory_size, &end)) {
        return ELF_WRAPS;
    }
    if (image->segment_count == ELF_MAX_SEGMENTS) {
        return ELF_TOO_MANY_SEGMENTS;
    }
    for (size_t i = 0; i < image->segment_count; i++) {
        if (segments_overlap(&image->segments[i], &segment)) {
            return ELF_SEGMENTS_OVERLAP;
        }
    }
    if (image->segment_count == 0 || physical < image->physical_start) {
        image->physical_start = physical;
    }
    if (end > image->physical_end) {
        image->physical_end = end;
    }
    image->segments[image->segment_count++] = segment;
    return ELF_OK;
}

/* The next program header, and the bytes of the file that it names. */
static enum elf_status take_program_header(struct cursor *headers,
                                           struct elf_image *image,
                                           struct elf_fault *fault)
{
    size_t at = headers->offset;
    uint32_t type = take_le32(headers);
    take_skip(headers, 4); /* flags */
    uint64_t offset = take_le64(headers);
    take_skip(headers, 8); /* p_vaddr */
    uint64_t physical = take_le64(headers);
    uint64_t file_size = take_le64(headers);
    uint64_t memory_size = take_le64(headers);
    take_skip(headers, 8); /* alignment */
    struct bytes file;
    if (type != SEGMENT_LOAD && type != SEGMENT_NOTE) {
        return ELF_OK;
    }
    if (!bytes_slice(headers->all, offset, file_size, &file)) {
        return fail(fault, ELF_TRUNCATED, at, physical);
    }
    if (type == SEGMENT_LOAD) {
        return fail(fault, add_segment(image, physical, memory_size, file), at,
                    physical);
    }
    if (file_size > MAX_NOTES_SIZE) {
        return fail(fault, ELF_BAD_NOTE, at, file_size);
    }
    enum elf_status status = elf_notes_parse(file, &image->notes, fault);
    fault->offset += offset;
    return status;
}

static bool touches_window(uint64_t start, uint64_t last)
{
    return start < ELF_HYPERVISOR_END && last >= ELF_HYPERVISOR_START;
}

static bool is_canonical(uint64_t start, uint64_t last)
{
    return last < NOT_CANONICAL_START || start >= NOT_CANONICAL_END;
}

/* Give the segments their virtual addresses. The end may be 2^64, as 0. */
static enum elf_status place_image(struct elf_image *image)
{
    const struct elf_notes *notes = &image->notes;
    uint64_t offset, start, last;
    if (!is_aligned(notes->virt_base, PAGE_BYTES) ||
        !is_aligned(notes->paddr_offset, PAGE_BYTES)) {
        return ELF_BAD_BASE;
    }
    if (!checked_sub_u64(image->physical_start, notes->paddr_offset, &offset) ||
        !checked_add_u64(notes->virt_base, offset, &start) ||
        !checked_add_u64(start, image->physical_end - image->physical_start - 1,
                         &last)) {
        return ELF_WRAPS;
    }
    if (touches_window(start, last)) {
        return ELF_IN_HYPERVISOR_WINDOW;
    }
    if (!is_canonical(start, last)) {
        return ELF_NOT_CANONICAL;
    }
    image->virtual_start = start;
    image->virtual_end = last + 1;
    for (size_t i = 0; i < image->segment_count; i++) {
        struct elf_segment *segment = &image->segments[i];
        segment->virtual_start =
            start + (segment->physical_start - image->physical_start);
    }
    return ELF_OK;
}

/* Is [address, address + size) inside one segment? */
static bool is_inside(const struct elf_image *image, uint64_t address,
                      uint64_t size)
{
    for (size_t i = 0; i < image->segment_count; i++) {
        const struct elf_segment *segment = &image->segments[i];
        if (address >= segment->virtual_start && size <= segment->memory_size &&
            address - segment->virtual_start <= segment->memory_size - size) {
            return true;
        }
    }
    return false;
}

static enum elf_status check_init_p2m(const struct elf_image *image)
{
    uint64_t start = image->notes.init_p2m;
    bool in_image = start >= image->virtual_start &&
                    start - image->virtual_start <
                        image->virtual_end - image->virtual_start;
    if (!is_aligned(start, PAGE_BYTES) || !is_canonical(start, start) ||
        touches_window(start, start) || in_image) {
        return ELF_BAD_INIT_P2M;
    }
    return ELF_OK;
}

static enum elf_status check_addresses(const struct elf_image *image,
                                       struct elf_fault *fault)
{
    const struct elf_notes *notes = &image->notes;
    if (!is_inside(image, notes->entry, 1)) {
        return fail(fault, ELF_ENTRY_OUTSIDE, 0, notes->entry);
    }
    if (elf_has_note(notes, XEN_ELFNOTE_HYPERCALL_PAGE) &&
        (!is_aligned(notes->hypercall_page, PAGE_BYTES) ||
         !is_inside(image, notes->hypercall_page, PAGE_BYTES))) {
        return fail(fault, ELF_HYPERCALL_PAGE_OUTSIDE, 0,
                    notes->hypercall_page);
    }
    if (elf_has_note(notes, XEN_ELFNOTE_INIT_P2M) &&
        check_init_p2m(image) != ELF_OK) {
        return fail(fault, ELF_BAD_INIT_P2M, 0, notes->init_p2m);
    }
    return ELF_OK;
}

enum elf_status elf_parse(struct bytes file, struct elf_image *out,
                          struct elf_fault *fault)
{
    struct cursor headers;
    uint16_t count = 0;
    memset(out, 0, sizeof(*out));
    enum elf_status status = parse_header(file, &headers, &count, fault);
    for (uint16_t i = 0; status == ELF_OK && i < count; i++) {
        status = take_program_header(&headers, out, fault);
    }
    if (status != ELF_OK) {
        return status;
    }
    if (out->segment_count == 0) {
        return fail(fault, ELF_NO_SEGMENTS, 0, 0);
    }
    status = elf_notes_check(&out->notes);
    if (status != ELF_OK) {
        return fail(fault, status, 0, out->notes.present);
    }
    status = place_image(out);
    if (status != ELF_OK) {
        return fail(fault, status, 0, out->notes.virt_base);
    }
    return check_addresses(out, fault);
}

enum elf_status elf_check_dom0(const struct elf_image *image)
{
    const struct elf_notes *notes = &image->notes;
    uint64_t dom0 = UINT64_C(1) << ELF_FEATURE_DOM0;
    if (elf_has_note(notes, XEN_ELFNOTE_SUPPORTED_FEATURES) &&
        (notes->supported_features & dom0) == 0) {
        return ELF_NOT_DOM0;
    }
    return ELF_OK;
}

STATUS_TEXT(elf_status, ELF_STATUS, "unknown ELF status")
