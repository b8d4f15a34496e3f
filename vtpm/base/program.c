/* SPDX-License-Identifier: MIT */
/* See program.h. */
#include "vtpm/base/program.h"

#include "lib/checked.h"

#define PAGE           4096u
#define HEADER_SIZE    64
#define PROGRAM_HEADER 56
#define HEADERS_MAX    32
#define ET_EXEC        2
#define ET_DYN         3
#define EM_X86_64      62
#define PT_LOAD        1
#define PT_INTERP      3
#define PF_X           1
#define PF_W           2

STATUS_TEXT(program_status, PROGRAM_STATUS, "unknown program status")

/* Magic, 64 bits, little endian, version 1; the rest of e_ident is free. */
static const uint8_t identity[] = {0x7f, 'E', 'L', 'F', 2, 1, 1};

struct header {
    uint16_t type, machine, entry_size, count;
    uint64_t entry, offset; /* of the program headers */
};

static bool take_header(struct bytes file, struct header *out)
{
    struct cursor cursor = cursor_over(file);
    struct bytes start = take_bytes(&cursor, sizeof(identity));

    take_skip(&cursor, 16 - sizeof(identity));
    out->type = take_le16(&cursor);
    out->machine = take_le16(&cursor);
    take_skip(&cursor, 4);
    out->entry = take_le64(&cursor);
    out->offset = take_le64(&cursor);
    take_skip(&cursor, 8 + 4 + 2);
    out->entry_size = take_le16(&cursor);
    out->count = take_le16(&cursor);
    return !cursor.failed &&
           bytes_equal(start, bytes_of(identity, sizeof(identity)));
}

/* Addresses rise, and no page has two segments. */
static bool is_place_good(const struct program_segment *segment,
                          const struct program_place *place,
                          const struct program *program)
{
    uint64_t end;

    return segment->size != 0 &&
           checked_add_u64(segment->address, segment->size, &end) &&
           segment->address >= place->start && end <= place->end &&
           segment->address / PAGE * PAGE >= align_up(program->end, PAGE) &&
           segment->address % PAGE == segment->offset % PAGE;
}

static enum program_status take_segment(struct bytes file,
                                        struct bytes header_bytes,
                                        const struct program_place *place,
                                        uint64_t base, struct program *out)
{
    struct cursor cursor = cursor_over(header_bytes);
    struct program_segment segment = {0};

    take_skip(&cursor, 4);
    uint32_t flags = take_le32(&cursor);
    segment.offset = take_le64(&cursor);
    uint64_t address = take_le64(&cursor);
    take_skip(&cursor, 8);
    uint64_t file_size = take_le64(&cursor);
    segment.size = take_le64(&cursor);
    segment.is_writable = (flags & PF_W) != 0;
    segment.is_executable = (flags & PF_X) != 0;
    if (file_size > segment.size ||
        !bytes_slice(file, segment.offset, file_size, &segment.file) ||
        (!segment.is_writable && file_size != segment.size)) {
        return PROGRAM_BAD_SEGMENT;
    }
    if (!checked_add_u64(address, base, &segment.address) ||
        out->segment_count == PROGRAM_SEGMENTS_MAX ||
        !is_place_good(&segment, place, out)) {
        return PROGRAM_BAD_ADDRESS;
    }
    if (segment.is_writable && segment.is_executable) {
        return PROGRAM_WRITE_EXECUTE;
    }
    out->segments[out->segment_count++] = segment;
    out->end = segment.address + segment.size;
    return PROGRAM_OK;
}

static enum program_status take_segments(struct bytes file,
                                         struct bytes headers,
                                         const struct program_place *place,
                                         uint64_t base, struct program *out)
{
    struct cursor cursor = cursor_over(headers);
    enum program_status status = PROGRAM_OK;

    while (status == PROGRAM_OK && cursor_remaining(&cursor) != 0) {
        struct bytes header = take_bytes(&cursor, PROGRAM_HEADER);
        struct cursor type = cursor_over(header);
        uint32_t kind = take_le32(&type);

        if (kind == PT_INTERP) {
            return PROGRAM_DYNAMIC;
        }
        if (kind == PT_LOAD) {
            status = take_segment(file, header, place, base, out);
        }
    }
    return status;
}

/* Where in memory the program's headers are, if a segment has them. */
static uint64_t headers_address(const struct program *program, uint64_t offset,
                                uint64_t size)
{
    for (size_t i = 0; i < program->segment_count; i++) {
        const struct program_segment *segment = &program->segments[i];

        if (offset >= segment->offset && size <= segment->file.size &&
            offset - segment->offset <= segment->file.size - size) {
            return segment->address + (offset - segment->offset);
        }
    }
    return 0;
}

static bool is_code(const struct program *program, uint64_t address)
{
    for (size_t i = 0; i < program->segment_count; i++) {
        const struct program_segment *segment = &program->segments[i];

        if (segment->is_executable && address >= segment->address &&
            address - segment->address < segment->size) {
            return true;
        }
    }
    return false;
}

enum program_status program_parse(struct bytes file,
                                  const struct program_place *place,
                                  struct program *out)
{
    struct header header;
    struct bytes headers;

    memset(out, 0, sizeof(*out));
    if (!take_header(file, &header) || header.machine != EM_X86_64 ||
        (header.type != ET_EXEC && header.type != ET_DYN)) {
        return PROGRAM_NOT_ELF;
    }
    if (header.entry_size != PROGRAM_HEADER || header.count == 0 ||
        header.count > HEADERS_MAX ||
        !bytes_slice(file, header.offset, (size_t)header.count * PROGRAM_HEADER,
                     &headers)) {
        return PROGRAM_BAD_HEADERS;
    }
    uint64_t base = header.type == ET_DYN ? place->base : 0;
    enum program_status status = take_segments(file, headers, place, base, out);
    if (status != PROGRAM_OK) {
        return status;
    }
    if (!checked_add_u64(header.entry, base, &out->entry) ||
        !is_code(out, out->entry)) {
        return PROGRAM_BAD_ENTRY;
    }
    out->headers = headers_address(out, header.offset, headers.size);
    out->header_count = header.count;
    return PROGRAM_OK;
}
