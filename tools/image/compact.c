/* SPDX-License-Identifier: MIT */
/*
 * System V ABI, chapter 4 and 5: ELF header and program headers. Only PT_LOAD
 * and PT_NOTE are kept; a note is found again inside the segment it was in.
 */
#include "tools/image/compact.h"

#include <elf.h>

#define SEGMENTS_MAX 16
#define PAGE         4096

struct program {
    Elf64_Ehdr header;
    Elf64_Phdr segments[SEGMENTS_MAX];
    size_t new_offset[SEGMENTS_MAX];
    size_t new_filesz[SEGMENTS_MAX];
    size_t new_size; /* of the file */
};

#define HEAD_MAX (sizeof(Elf64_Ehdr) + SEGMENTS_MAX * sizeof(Elf64_Phdr))

static bool read_at(struct bytes elf, size_t offset, void *out, size_t size)
{
    struct bytes slice;
    if (!bytes_slice(elf, offset, size, &slice)) {
        return false;
    }
    memcpy(out, slice.data, size);
    return true;
}

static bool is_elf64(const Elf64_Ehdr *header)
{
    return memcmp(header->e_ident, ELFMAG, SELFMAG) == 0 &&
           header->e_ident[EI_CLASS] == ELFCLASS64 &&
           header->e_ident[EI_DATA] == ELFDATA2LSB &&
           header->e_machine == EM_X86_64 &&
           header->e_phentsize == sizeof(Elf64_Phdr);
}

static bool is_kept(const Elf64_Phdr *segment)
{
    return segment->p_type == PT_LOAD || segment->p_type == PT_NOTE;
}

/* The segments that are kept, all inside the file. */
static enum compact_status read_segments(struct bytes elf,
                                         struct program *program)
{
    size_t kept = 0;
    for (size_t i = 0; i < program->header.e_phnum; i++) {
        Elf64_Phdr segment;
        if (kept == SEGMENTS_MAX || program->header.e_phoff > elf.size ||
            !read_at(elf, program->header.e_phoff + i * sizeof(segment),
                     &segment, sizeof(segment))) {
            return COMPACT_HEADERS;
        }
        if (!is_kept(&segment)) {
            continue;
        }
        struct bytes content;
        if (!bytes_slice(elf, segment.p_offset, segment.p_filesz, &content) ||
            segment.p_filesz > segment.p_memsz) {
            return COMPACT_SEGMENT;
        }
        program->segments[kept++] = segment;
    }
    program->header.e_phnum = (Elf64_Half)kept;
    return COMPACT_OK;
}

static size_t without_zero_tail(struct bytes content)
{
    size_t size = content.size;
    while (size > 0 && content.data[size - 1] == 0) {
        size--;
    }
    return size;
}

/* Where each loaded segment comes to lie: at the next offset that agrees with
 * its address within a page, as p_align of a page asks. */
static bool place_loads(struct bytes elf, struct program *program)
{
    size_t at = sizeof(Elf64_Ehdr) +
                (size_t)program->header.e_phnum * sizeof(Elf64_Phdr);
    size_t loads = 0;
    for (size_t i = 0; i < program->header.e_phnum; i++) {
        Elf64_Phdr *segment = &program->segments[i];
        if (segment->p_type != PT_LOAD) {
            continue;
        }
        at += (segment->p_vaddr - at) % PAGE;
        program->new_offset[i] = at;
        program->new_filesz[i] = without_zero_tail(
            bytes_of(elf.data + segment->p_offset, segment->p_filesz));
        at += program->new_filesz[i];
        loads++;
    }
    program->new_size = at;
    return loads != 0;
}

static bool is_inside(const Elf64_Phdr *note, const Elf64_Phdr *load,
                      size_t filesz)
{
    return load->p_type == PT_LOAD && note->p_offset >= load->p_offset &&
           note->p_offset - load->p_offset <= filesz &&
           note->p_filesz <= filesz - (note->p_offset - load->p_offset);
}

static bool place_note(struct program *program, size_t note)
{
    Elf64_Phdr *segment = &program->segments[note];
    for (size_t i = 0; i < program->header.e_phnum; i++) {
        const Elf64_Phdr *load = &program->segments[i];
        if (is_inside(segment, load, program->new_filesz[i])) {
            program->new_offset[note] =
                program->new_offset[i] + (segment->p_offset - load->p_offset);
            program->new_filesz[note] = segment->p_filesz;
            return true;
        }
    }
    return false;
}

static enum compact_status plan(struct bytes elf, struct program *program)
{
    *program = (struct program){0};
    if (!read_at(elf, 0, &program->header, sizeof(program->header)) ||
        !is_elf64(&program->header)) {
        return COMPACT_NOT_ELF;
    }
    enum compact_status status = read_segments(elf, program);
    if (status != COMPACT_OK) {
        return status;
    }
    if (!place_loads(elf, program)) {
        return COMPACT_NO_SEGMENTS;
    }
    for (size_t i = 0; i < program->header.e_phnum; i++) {
        if (program->segments[i].p_type == PT_NOTE && !place_note(program, i)) {
            return COMPACT_NOTE;
        }
    }
    return COMPACT_OK;
}

static void put_head(struct writer *writer, const struct program *program)
{
    Elf64_Ehdr header = program->header;
    header.e_phoff = sizeof(header);
    header.e_shoff = 0;
    header.e_shnum = 0;
    header.e_shstrndx = SHN_UNDEF;
    put_bytes(writer, bytes_of(&header, sizeof(header)));
    for (size_t i = 0; i < header.e_phnum; i++) {
        Elf64_Phdr segment = program->segments[i];
        segment.p_offset = program->new_offset[i];
        segment.p_filesz = program->new_filesz[i];
        segment.p_align = segment.p_type == PT_LOAD ? PAGE : segment.p_align;
        put_bytes(writer, bytes_of(&segment, sizeof(segment)));
    }
}

static void put_zeros_until(struct writer *writer, size_t offset)
{
    while (!writer->failed && writer_written(writer) < offset) {
        put_u8(writer, 0);
    }
}

static void put_segments(struct writer *writer, struct bytes elf,
                         const struct program *program)
{
    for (size_t i = 0; i < program->header.e_phnum; i++) {
        const Elf64_Phdr *segment = &program->segments[i];
        if (segment->p_type == PT_LOAD) {
            put_zeros_until(writer, program->new_offset[i]);
            put_bytes(writer, bytes_of(elf.data + segment->p_offset,
                                       program->new_filesz[i]));
        }
    }
}

enum compact_status compact_measure(struct bytes elf, size_t *size)
{
    struct program program;
    enum compact_status status = plan(elf, &program);
    *size = program.new_size;
    return status;
}

enum compact_status compact_elf(struct bytes elf, struct buffer *out)
{
    struct program program;
    enum compact_status status = plan(elf, &program);
    if (status != COMPACT_OK) {
        return status;
    }
    struct writer writer = writer_begin(out);
    put_head(&writer, &program);
    put_segments(&writer, elf, &program);
    return writer_end(&writer) ? COMPACT_OK : COMPACT_NO_ROOM;
}

static bool is_zero(struct bytes bytes)
{
    return without_zero_tail(bytes) == 0;
}

/* With the same head the segments lie where they would be put, so what is left
 * to look at are the gaps before them. */
static bool has_empty_gaps(struct bytes elf, const struct program *program,
                           size_t head_size)
{
    size_t at = head_size;
    for (size_t i = 0; i < program->header.e_phnum; i++) {
        if (program->segments[i].p_type != PT_LOAD) {
            continue;
        }
        struct bytes gap;
        if (!bytes_slice(elf, at, program->new_offset[i] - at, &gap) ||
            !is_zero(gap)) {
            return false;
        }
        at = program->new_offset[i] + program->new_filesz[i];
    }
    return true;
}

bool compact_is_done(struct bytes elf)
{
    struct program program;
    if (plan(elf, &program) != COMPACT_OK || program.new_size != elf.size) {
        return false;
    }
    uint8_t data[HEAD_MAX];
    struct buffer head = buffer_over(data, sizeof(data));
    struct writer writer = writer_begin(&head);
    struct bytes start;
    put_head(&writer, &program);
    return writer_end(&writer) && bytes_slice(elf, 0, head.used, &start) &&
           bytes_equal(start, buffer_bytes(&head)) &&
           has_empty_gaps(elf, &program, head.used);
}

const char *compact_status_text(enum compact_status status)
{
    switch (status) {
    case COMPACT_OK:
        return "is compact";
    case COMPACT_NOT_ELF:
        return "does not hold an ELF64 for x86-64";
    case COMPACT_HEADERS:
        return "has ELF program headers outside the file, or too many";
    case COMPACT_SEGMENT:
        return "has an ELF segment that leaves the file";
    case COMPACT_NOTE:
        return "has ELF notes that are never loaded";
    case COMPACT_NO_SEGMENTS:
        return "has no ELF segment to load";
    case COMPACT_NO_ROOM:
        return "has ELF segments that overlap";
    }
    return "?";
}
