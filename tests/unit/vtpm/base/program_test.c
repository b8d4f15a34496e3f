/* SPDX-License-Identifier: MIT */
/* ELF files made by hand: what is accepted, and each thing that is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <elf.h>

#include "vtpm/base/program.h"

static const struct program_place place = {0x10000, 0x40000000, 0x400000};

/* Text with the headers in it, then data with bss behind it. */
static struct file {
    Elf64_Ehdr header;
    Elf64_Phdr segment[3];
    uint8_t rest[0x3000];
} file;

static void make(void)
{
    memset(&file, 0, sizeof(file));
    memcpy(file.header.e_ident, "\177ELF\2\1\1", 7);
    file.header.e_type = ET_EXEC;
    file.header.e_machine = EM_X86_64;
    file.header.e_entry = 0x401010;
    file.header.e_phoff = sizeof(Elf64_Ehdr);
    file.header.e_phentsize = sizeof(Elf64_Phdr);
    file.header.e_phnum = 3;
    file.segment[0] = (Elf64_Phdr){.p_type = PT_LOAD,
                                   .p_flags = PF_R | PF_X,
                                   .p_vaddr = 0x401000,
                                   .p_filesz = 0x1800,
                                   .p_memsz = 0x1800};
    file.segment[1] = (Elf64_Phdr){.p_type = PT_LOAD,
                                   .p_flags = PF_R | PF_W,
                                   .p_offset = 0x1800,
                                   .p_vaddr = 0x404800,
                                   .p_filesz = 0x300,
                                   .p_memsz = 0x2000};
    file.segment[2] = (Elf64_Phdr){.p_type = PT_GNU_STACK};
}

static enum program_status parse(struct program *out)
{
    return program_parse(bytes_of(&file, sizeof(file)), &place, out);
}

static void good(void **state)
{
    (void)state;
    struct program program;
    make();
    assert_int_equal(parse(&program), PROGRAM_OK);
    assert_int_equal(program.segment_count, 2);
    assert_int_equal(program.entry, 0x401010);
    assert_int_equal(program.headers, 0x401040);
    assert_int_equal(program.header_count, 3);
    assert_int_equal(program.end, 0x406800);
    assert_true(program.segments[0].is_executable);
    assert_false(program.segments[0].is_writable);
    assert_ptr_equal(program.segments[1].file.data, (uint8_t *)&file + 0x1800);
    assert_int_equal(program.segments[1].file.size, 0x300);
    assert_int_equal(program.segments[1].size, 0x2000);
}

static void any_address(void **state)
{
    (void)state;
    struct program program;
    make();
    file.header.e_type = ET_DYN;
    file.header.e_entry = 0x10;
    file.segment[0].p_vaddr = 0;
    file.segment[1].p_vaddr = 0x2800;
    assert_int_equal(parse(&program), PROGRAM_OK);
    assert_int_equal(program.entry, 0x400010);
    assert_int_equal(program.segments[1].address, 0x402800);
}

/* Changes one thing, and says what has to come of it. */
#define REFUSED(change, expected)                                              \
    do {                                                                       \
        struct program program;                                                \
        make();                                                                \
        change;                                                                \
        assert_int_equal(parse(&program), expected);                           \
    } while (0)

static void bad_headers(void **state)
{
    (void)state;
    REFUSED(file.header.e_ident[0] = 0, PROGRAM_NOT_ELF);
    REFUSED(file.header.e_ident[EI_CLASS] = ELFCLASS32, PROGRAM_NOT_ELF);
    REFUSED(file.header.e_machine = EM_386, PROGRAM_NOT_ELF);
    REFUSED(file.header.e_type = ET_REL, PROGRAM_NOT_ELF);
    REFUSED(file.header.e_phnum = 0, PROGRAM_BAD_HEADERS);
    REFUSED(file.header.e_phnum = 33, PROGRAM_BAD_HEADERS);
    REFUSED(file.header.e_phentsize = 32, PROGRAM_BAD_HEADERS);
    REFUSED(file.header.e_phoff = UINT64_MAX - 3, PROGRAM_BAD_HEADERS);
    REFUSED(file.header.e_phoff = sizeof(file) - 100, PROGRAM_BAD_HEADERS);
    REFUSED(file.segment[2].p_type = PT_INTERP, PROGRAM_DYNAMIC);
}

static void bad_segments(void **state)
{
    (void)state;
    REFUSED(file.segment[0].p_filesz = 0x1900, PROGRAM_BAD_SEGMENT);
    REFUSED(file.segment[1].p_filesz = 0x2001, PROGRAM_BAD_SEGMENT);
    REFUSED(file.segment[1].p_offset = sizeof(file) - 0x2ff,
            PROGRAM_BAD_SEGMENT);
    REFUSED(file.segment[1].p_offset = UINT64_MAX - 1, PROGRAM_BAD_SEGMENT);
    /* Zeros behind what is only read would need pages of their own. */
    REFUSED(file.segment[0].p_memsz = 0x2800, PROGRAM_BAD_SEGMENT);
    REFUSED(file.segment[1].p_flags = PF_R | PF_W | PF_X,
            PROGRAM_WRITE_EXECUTE);
}

static void bad_addresses(void **state)
{
    (void)state;
    REFUSED(file.segment[0].p_vaddr = 0x1000, PROGRAM_BAD_ADDRESS);
    REFUSED(file.segment[1].p_vaddr = 0x3ffff800, PROGRAM_BAD_ADDRESS);
    REFUSED(file.segment[1].p_vaddr = 0xffffffff80000800, PROGRAM_BAD_ADDRESS);
    REFUSED(file.segment[1].p_memsz = UINT64_MAX - 0x800, PROGRAM_BAD_ADDRESS);
    /* The same page, another order, not congruent. */
    REFUSED(file.segment[1].p_vaddr = 0x402800, PROGRAM_BAD_ADDRESS);
    REFUSED(file.segment[1].p_vaddr = 0x400800, PROGRAM_BAD_ADDRESS);
    REFUSED(file.segment[1].p_vaddr = 0x404801, PROGRAM_BAD_ADDRESS);
    REFUSED(file.segment[1].p_filesz = file.segment[1].p_memsz = 0,
            PROGRAM_BAD_ADDRESS);
    REFUSED(file.header.e_entry = 0x400fff, PROGRAM_BAD_ENTRY);
    REFUSED(file.header.e_entry = 0x402800, PROGRAM_BAD_ENTRY);
    REFUSED(file.header.e_entry = 0x404810, PROGRAM_BAD_ENTRY);
}

static void cut_short(void **state)
{
    (void)state;
    struct program program;
    make();
    for (size_t size = 0; size < 0x1b00; size++) {
        assert_int_not_equal(
            program_parse(bytes_of(&file, size), &place, &program), PROGRAM_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good),          cmocka_unit_test(any_address),
        cmocka_unit_test(bad_headers),   cmocka_unit_test(bad_segments),
        cmocka_unit_test(bad_addresses), cmocka_unit_test(cut_short),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
