/* SPDX-License-Identifier: MIT */
/*
 * compact: what a loader puts into memory is the same before and after, for an
 * ELF with holes, a zero tail and a note; every bad header is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <elf.h>

#include "lib/checked.h"
#include "tools/image/compact.h"

#define FILE_SIZE   0x9000
#define ROOM        (FILE_SIZE + 16 * 4096)
#define TEXT_AT     0x2000
#define TEXT_SIZE   0x1800
#define DATA_AT     0x6000
#define DATA_SIZE   0x2000
#define DATA_USED   0x345
#define DATA_MEMORY 0x5000
#define NOTE_AT     (TEXT_AT + 0x100)
#define NOTE_SIZE   0x40

static struct {
    Elf64_Ehdr header;
    Elf64_Phdr segment[3];
} head;
static uint8_t file[FILE_SIZE];
static uint8_t room[ROOM];

static int make_elf(void **state)
{
    (void)state;
    memset(&head, 0, sizeof(head));
    memset(file, 0, sizeof(file));
    memcpy(head.header.e_ident, ELFMAG, SELFMAG);
    head.header.e_ident[EI_CLASS] = ELFCLASS64;
    head.header.e_ident[EI_DATA] = ELFDATA2LSB;
    head.header.e_machine = EM_X86_64;
    head.header.e_phoff = sizeof(Elf64_Ehdr);
    head.header.e_phentsize = sizeof(Elf64_Phdr);
    head.header.e_phnum = 3;
    head.header.e_shoff = 0x8800;
    head.header.e_shnum = 4;
    head.segment[0] = (Elf64_Phdr){.p_type = PT_LOAD,
                                   .p_offset = TEXT_AT,
                                   .p_vaddr = 0xffffffff81000000,
                                   .p_filesz = TEXT_SIZE,
                                   .p_memsz = TEXT_SIZE};
    head.segment[1] = (Elf64_Phdr){.p_type = PT_LOAD,
                                   .p_offset = DATA_AT,
                                   .p_vaddr = 0xffffffff82000123,
                                   .p_filesz = DATA_SIZE,
                                   .p_memsz = DATA_MEMORY};
    head.segment[2] = (Elf64_Phdr){.p_type = PT_NOTE,
                                   .p_offset = NOTE_AT,
                                   .p_filesz = NOTE_SIZE,
                                   .p_memsz = NOTE_SIZE,
                                   .p_align = 4};
    memset(file + TEXT_AT, 0x90, TEXT_SIZE);
    memset(file + NOTE_AT, 0x4e, NOTE_SIZE);
    memset(file + DATA_AT, 0x55, DATA_USED);
    return 0;
}

static enum compact_status compact(struct buffer *out, size_t size)
{
    memcpy(file, &head, sizeof(head));
    *out = buffer_over(room, ROOM);
    return compact_elf(bytes_of(file, size), out);
}

static enum compact_status status_of(void)
{
    struct buffer out;
    return compact(&out, FILE_SIZE);
}

static Elf64_Phdr segment_of(size_t i)
{
    Elf64_Ehdr header;
    Elf64_Phdr segment;
    memcpy(&header, room, sizeof(header));
    memcpy(&segment, room + header.e_phoff + i * sizeof(segment),
           sizeof(segment));
    return segment;
}

static void loads_the_same_memory(void **state)
{
    (void)state;
    struct buffer out;
    assert_int_equal(compact(&out, FILE_SIZE), COMPACT_OK);
    Elf64_Phdr text = segment_of(0);
    Elf64_Phdr data = segment_of(1);
    Elf64_Phdr note = segment_of(2);
    assert_int_equal(text.p_filesz, TEXT_SIZE);
    assert_memory_equal(room + text.p_offset, file + TEXT_AT, TEXT_SIZE);
    assert_int_equal(data.p_filesz, DATA_USED);
    assert_int_equal(data.p_memsz, DATA_MEMORY);
    assert_memory_equal(room + data.p_offset, file + DATA_AT, DATA_USED);
    assert_int_equal(note.p_filesz, NOTE_SIZE);
    assert_memory_equal(room + note.p_offset, file + NOTE_AT, NOTE_SIZE);
    assert_int_equal(data.p_offset + data.p_filesz, out.used);
}

static void keeps_offset_and_address_alike_in_a_page(void **state)
{
    (void)state;
    struct buffer out;
    assert_int_equal(compact(&out, FILE_SIZE), COMPACT_OK);
    for (size_t i = 0; i < 2; i++) {
        Elf64_Phdr segment = segment_of(i);
        assert_int_equal(segment.p_align, 4096);
        assert_int_equal(segment.p_offset % 4096, segment.p_vaddr % 4096);
    }
}

static void drops_section_headers(void **state)
{
    (void)state;
    struct buffer out;
    Elf64_Ehdr header;
    assert_int_equal(compact(&out, FILE_SIZE), COMPACT_OK);
    memcpy(&header, room, sizeof(header));
    assert_int_equal(header.e_shoff, 0);
    assert_int_equal(header.e_shnum, 0);
}

static void refuses_other_files(void **state)
{
    (void)state;
    head.header.e_ident[0] = 0;
    assert_int_equal(status_of(), COMPACT_NOT_ELF);
    (void)make_elf(NULL);
    head.header.e_ident[EI_CLASS] = ELFCLASS32;
    assert_int_equal(status_of(), COMPACT_NOT_ELF);
    (void)make_elf(NULL);
    head.header.e_machine = EM_AARCH64;
    assert_int_equal(status_of(), COMPACT_NOT_ELF);
    (void)make_elf(NULL);
    head.header.e_phentsize = 32;
    assert_int_equal(status_of(), COMPACT_NOT_ELF);
}

static void refuses_headers_outside_the_file(void **state)
{
    (void)state;
    static const Elf64_Off offsets[] = {FILE_SIZE - 10, FILE_SIZE,
                                        FILE_SIZE + 1, UINT64_MAX - 8};
    for (size_t i = 0; i < ARRAY_SIZE(offsets); i++) {
        head.header.e_phoff = offsets[i];
        assert_int_equal(status_of(), COMPACT_HEADERS);
    }
    (void)make_elf(NULL);
    head.header.e_phoff = TEXT_AT;
    head.header.e_phnum = 0xffff;
    Elf64_Phdr load = {.p_type = PT_LOAD, .p_filesz = 1, .p_memsz = 1};
    for (size_t at = TEXT_AT; at + sizeof(load) <= FILE_SIZE;
         at += sizeof(load)) {
        memcpy(file + at, &load, sizeof(load));
    }
    assert_int_equal(status_of(), COMPACT_HEADERS);
}

static void refuses_bad_segments(void **state)
{
    (void)state;
    head.segment[1].p_offset = FILE_SIZE - DATA_SIZE + 1;
    assert_int_equal(status_of(), COMPACT_SEGMENT);
    (void)make_elf(NULL);
    head.segment[1].p_filesz = UINT64_MAX;
    head.segment[1].p_memsz = UINT64_MAX;
    assert_int_equal(status_of(), COMPACT_SEGMENT);
    (void)make_elf(NULL);
    head.segment[1].p_memsz = DATA_SIZE - 1;
    assert_int_equal(status_of(), COMPACT_SEGMENT);
    (void)make_elf(NULL);
    head.segment[0].p_type = head.segment[1].p_type = PT_DYNAMIC;
    assert_int_equal(status_of(), COMPACT_NO_SEGMENTS);
}

static void refuses_notes_that_are_not_loaded(void **state)
{
    (void)state;
    head.segment[2].p_offset = 0x4000;
    assert_int_equal(status_of(), COMPACT_NOTE);
    head.segment[2].p_offset = TEXT_AT + TEXT_SIZE - 8;
    assert_int_equal(status_of(), COMPACT_NOTE);
}

static void refuses_overlaps_that_would_grow_the_file(void **state)
{
    (void)state;
    struct buffer out = buffer_over(room, TEXT_SIZE);
    memcpy(file, &head, sizeof(head));
    assert_int_equal(compact_elf(bytes_of(file, FILE_SIZE), &out),
                     COMPACT_NO_ROOM);
    assert_int_equal(out.used, 0);
}

static void is_done_the_second_time(void **state)
{
    (void)state;
    struct buffer out, again;
    size_t size = 0;
    static uint8_t second[ROOM];
    assert_int_equal(compact(&out, FILE_SIZE), COMPACT_OK);
    assert_int_equal(compact_measure(bytes_of(file, FILE_SIZE), &size),
                     COMPACT_OK);
    assert_int_equal(size, out.used);
    assert_false(compact_is_done(bytes_of(file, FILE_SIZE)));
    assert_true(compact_is_done(buffer_bytes(&out)));
    again = buffer_over(second, size);
    assert_int_equal(compact_elf(buffer_bytes(&out), &again), COMPACT_OK);
    assert_true(bytes_equal(buffer_bytes(&again), buffer_bytes(&out)));
}

/* Whatever byte of a compact ELF is changed: it is done if and only if doing
 * it again would change nothing. */
static void is_done_only_if_nothing_would_change(void **state)
{
    (void)state;
    struct buffer out;
    static uint8_t second[ROOM];
    assert_int_equal(compact(&out, FILE_SIZE), COMPACT_OK);
    for (size_t at = 0; at < out.used; at++) {
        struct buffer again = buffer_over(second, ROOM);
        room[at] ^= 0x11;
        bool is_same = compact_elf(buffer_bytes(&out), &again) == COMPACT_OK &&
                       bytes_equal(buffer_bytes(&again), buffer_bytes(&out));
        assert_int_equal(compact_is_done(buffer_bytes(&out)), is_same);
        room[at] ^= 0x11;
    }
    room[out.used] = 0;
    assert_false(compact_is_done(bytes_of(room, out.used + 1)));
    assert_false(compact_is_done(bytes_of(room, out.used - 1)));
}

static void refuses_every_truncation(void **state)
{
    (void)state;
    for (size_t size = 0; size < DATA_AT + DATA_SIZE; size += 17) {
        struct buffer out;
        assert_int_not_equal(compact(&out, size), COMPACT_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(loads_the_same_memory, make_elf),
        cmocka_unit_test_setup(keeps_offset_and_address_alike_in_a_page,
                               make_elf),
        cmocka_unit_test_setup(drops_section_headers, make_elf),
        cmocka_unit_test_setup(refuses_other_files, make_elf),
        cmocka_unit_test_setup(refuses_headers_outside_the_file, make_elf),
        cmocka_unit_test_setup(refuses_bad_segments, make_elf),
        cmocka_unit_test_setup(refuses_notes_that_are_not_loaded, make_elf),
        cmocka_unit_test_setup(refuses_overlaps_that_would_grow_the_file,
                               make_elf),
        cmocka_unit_test_setup(is_done_the_second_time, make_elf),
        cmocka_unit_test_setup(is_done_only_if_nothing_would_change, make_elf),
        cmocka_unit_test_setup(refuses_every_truncation, make_elf),
    };
    return cmocka_run_group_tests_name("compact", tests, NULL, NULL);
}
