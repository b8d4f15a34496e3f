/* SPDX-License-Identifier: MIT */
/*
 * Kernel images: one made like Debian 12's vmlinux (segments by physical
 * address, a template at virtual address 0, its Xen notes), then each thing
 * that can be wrong with it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <xen/elfnote.h>

#include "hv/domain/elf.h"
#include "lib/checked.h"

#define FILE_SIZE  16384
#define FIRST_DATA 0x2000
#define NOTES      0x1000
#define BASE       UINT64_C(0xffffffff80000000)
#define ENTRY      (BASE + 0x1000100)

static uint8_t file[FILE_SIZE];
static struct buffer notes;
static size_t header_count;
static struct elf_image image;
static struct elf_fault fault;

static void poke(size_t offset, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        file[offset + i] = (uint8_t)(value >> (8 * i));
    }
}

static size_t header_at(size_t index)
{
    return 64 + index * 56;
}

static size_t add_header(uint32_t type, uint64_t offset, uint64_t physical,
                         uint64_t file_size)
{
    size_t at = header_at(header_count++);
    poke(at, type, 4);
    poke(at + 4, 5, 4);
    poke(at + 8, offset, 8);
    poke(at + 16, BASE + physical, 8);
    poke(at + 24, physical, 8);
    poke(at + 32, file_size, 8);
    poke(at + 40, file_size, 8);
    poke(56, header_count, 2);
    return at;
}

static void add_note_of(const char *owner, uint32_t type,
                        struct bytes description)
{
    struct writer writer = writer_begin(&notes);
    size_t owner_size = strlen(owner) + 1;
    put_le32(&writer, (uint32_t)owner_size);
    put_le32(&writer, (uint32_t)description.size);
    put_le32(&writer, type);
    put_bytes(&writer, bytes_of(owner, owner_size));
    while (notes.used % 4 != 0) {
        put_u8(&writer, 0);
    }
    put_bytes(&writer, description);
    while (notes.used % 4 != 0) {
        put_u8(&writer, 0);
    }
    assert_true(writer_end(&writer));
}

static void add_number(uint32_t type, uint64_t value, size_t size)
{
    uint8_t data[8];
    for (size_t i = 0; i < 8; i++) {
        data[i] = (uint8_t)(value >> (8 * i));
    }
    add_note_of("Xen", type, bytes_of(data, size));
}

static void add_text(uint32_t type, const char *text)
{
    add_note_of("Xen", type, bytes_of(text, strlen(text) + 1));
}

/* Without notes; three segments as in Debian's kernel, made small. */
static void begin_file(void)
{
    memset(file, 0, sizeof(file));
    memset(&image, 0xaa, sizeof(image));
    memcpy(file,
           "\x7f"
           "ELF\x02\x01\x01",
           7);
    poke(16, 2, 2);
    poke(18, 62, 2);
    poke(20, 1, 4);
    poke(24, 0x1000000, 8);
    poke(32, 64, 8);
    poke(52, 64, 2);
    poke(54, 56, 2);
    header_count = 0;
    notes = buffer_over(file + NOTES, 0x1000);
    add_header(1, FIRST_DATA, 0x1000000, 0x400);
    size_t percpu = add_header(1, FIRST_DATA + 0x400, 0x3044000, 0x100);
    poke(percpu + 16, 0, 8); /* p_vaddr 0 */
    size_t last = add_header(1, FIRST_DATA + 0x500, 0x3079000, 0x200);
    poke(last + 40, 0x1000, 8); /* a zero tail */
}

/* All that is needed, but one type. */
static void add_notes_without(uint32_t left_out)
{
    static const struct {
        uint32_t type;
        uint64_t value;
    } numbers[] = {
        {XEN_ELFNOTE_ENTRY, ENTRY},
        {XEN_ELFNOTE_VIRT_BASE, BASE},
        {XEN_ELFNOTE_INIT_P2M, UINT64_C(0x8000000000)},
        {XEN_ELFNOTE_PADDR_OFFSET, 0},
        {XEN_ELFNOTE_HV_START_LOW, ELF_HYPERVISOR_START},
        {XEN_ELFNOTE_PHYS32_ENTRY, 0x1000850},
    };
    static const uint64_t l1_mfn_valid[] = {1, 1};
    add_note_of("GNU", 3, bytes_of("build id, odd", 13));
    for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
        if (numbers[i].type != left_out) {
            add_number(numbers[i].type, numbers[i].value, 8);
        }
    }
    if (left_out != XEN_ELFNOTE_XEN_VERSION) {
        add_text(XEN_ELFNOTE_XEN_VERSION, "xen-3.0");
    }
    add_text(XEN_ELFNOTE_GUEST_OS, "linux");
    add_text(XEN_ELFNOTE_GUEST_VERSION, "2.6");
    if (left_out != XEN_ELFNOTE_LOADER) {
        add_text(XEN_ELFNOTE_LOADER, "generic");
    }
    add_text(XEN_ELFNOTE_PAE_MODE, "yes");
    if (left_out != XEN_ELFNOTE_FEATURES) {
        add_text(XEN_ELFNOTE_FEATURES,
                 "!writable_page_tables|pae_pgdir_above_4gb");
    }
    if (left_out != XEN_ELFNOTE_SUPPORTED_FEATURES) {
        add_number(XEN_ELFNOTE_SUPPORTED_FEATURES, 0x8801, 4);
    }
    add_note_of("Xen", XEN_ELFNOTE_L1_MFN_VALID, bytes_of(l1_mfn_valid, 16));
    add_number(XEN_ELFNOTE_SUSPEND_CANCEL, 1, 4);
    add_number(XEN_ELFNOTE_MOD_START_PFN, 1, 4);
}

static enum elf_status parse(void)
{
    size_t at = add_header(4, NOTES, 0x2000000, notes.used);
    poke(at + 24, 0, 8);
    fault = (struct elf_fault){.offset = SIZE_MAX};
    return elf_parse(bytes_of(file, sizeof(file)), &image, &fault);
}

static void begin_kernel(void)
{
    begin_file();
    add_notes_without(0);
}

static void kernel_like_debians(void **state)
{
    (void)state;
    begin_kernel();
    assert_int_equal(parse(), ELF_OK);
    assert_int_equal(image.segment_count, 3);
    assert_true(image.virtual_start == BASE + 0x1000000);
    assert_true(image.virtual_end == BASE + 0x307a000);
    assert_int_equal(image.physical_start, 0x1000000);
    assert_int_equal(image.physical_end, 0x307a000);
    assert_true(image.segments[1].virtual_start == BASE + 0x3044000);
    assert_ptr_equal(image.segments[1].file.data, file + FIRST_DATA + 0x400);
    assert_int_equal(image.segments[2].file.size, 0x200);
    assert_int_equal(image.segments[2].memory_size, 0x1000);
    const struct elf_notes *found = &image.notes;
    assert_true(found->entry == ENTRY);
    assert_true(elf_has_note(found, XEN_ELFNOTE_INIT_P2M) && found->init_p2m == 0x8000000000);
    assert_false(elf_has_note(found, XEN_ELFNOTE_HYPERCALL_PAGE));
    assert_true(elf_has_note(found, XEN_ELFNOTE_SUPPORTED_FEATURES));
    assert_int_equal(found->supported_features, 0x8801);
    assert_int_equal(elf_check_dom0(&image), ELF_OK);
}

static void headers_are_checked(void **state)
{
    (void)state;
    static const struct {
        size_t offset;
        uint64_t value;
        size_t size;
        enum elf_status expected;
    } changes[] = {
        {0, 'X', 1, ELF_NOT_ELF},
        {4, 1, 1, ELF_NOT_64_BIT},
        {5, 2, 1, ELF_NOT_64_BIT},
        {6, 0, 1, ELF_NOT_64_BIT},
        {16, 3, 2, ELF_NOT_EXECUTABLE},
        {18, 3, 2, ELF_NOT_X86_64},
        {54, 32, 2, ELF_BAD_PROGRAM_HEADERS},
        {32, FILE_SIZE - 100, 8, ELF_TRUNCATED},
        {32, UINT64_MAX - 8, 8, ELF_TRUNCATED},
        {64 + 8, FILE_SIZE - 0x3ff, 8, ELF_TRUNCATED},
        {64 + 8, UINT64_MAX, 8, ELF_TRUNCATED},
        {64 + 32, UINT64_MAX, 8, ELF_TRUNCATED},
        {64 + 40, 0x3ff, 8, ELF_BAD_SEGMENT},
        {64 + 24, UINT64_MAX - 0x3fe, 8, ELF_WRAPS},
        {64 + 24, 0x30790ff, 8, ELF_SEGMENTS_OVERLAP},
        {64 + 24, 0x3043c01, 8, ELF_SEGMENTS_OVERLAP},
    };
    for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
        begin_kernel();
        poke(changes[i].offset, changes[i].value, changes[i].size);
        assert_int_equal(parse(), changes[i].expected);
        assert_int_not_equal(fault.offset, SIZE_MAX);
    }
}

static void cut_files_are_refused(void **state)
{
    (void)state;
    begin_kernel();
    assert_int_equal(parse(), ELF_OK);
    for (size_t size = 0; size < FIRST_DATA + 0x700; size++) {
        assert_int_not_equal(elf_parse(bytes_of(file, size), &image, &fault),
                             ELF_OK);
    }
    assert_int_equal(
        elf_parse(bytes_of(file, FIRST_DATA + 0x700), &image, &fault), ELF_OK);
}

static void segment_counts_are_checked(void **state)
{
    (void)state;
    begin_kernel();
    for (uint64_t i = 0; i < ELF_MAX_SEGMENTS; i++) {
        add_header(1, FIRST_DATA, 0x4000000 + 0x1000 * i, 0x10);
    }
    assert_int_equal(parse(), ELF_TOO_MANY_SEGMENTS);
    begin_kernel();
    (void)parse();
    poke(56, 0, 2);
    assert_int_equal(elf_parse(bytes_of(file, sizeof(file)), &image, &fault),
                     ELF_BAD_PROGRAM_HEADERS);
    poke(56, 65, 2);
    assert_int_equal(elf_parse(bytes_of(file, sizeof(file)), &image, &fault),
                     ELF_BAD_PROGRAM_HEADERS);
    begin_kernel();
    for (size_t i = 0; i < 3; i++) {
        poke(header_at(i), 7, 4); /* something else than a segment to load */
    }
    assert_int_equal(parse(), ELF_NO_SEGMENTS);
    begin_kernel();
    add_header(1, 0, UINT64_MAX, 0); /* an empty one does no harm */
    assert_int_equal(parse(), ELF_OK);
}

static void missing_notes_are_told(void **state)
{
    (void)state;
    static const struct {
        uint32_t type;
        enum elf_status expected;
    } cases[] = {
        {XEN_ELFNOTE_ENTRY, ELF_NO_ENTRY},
        {XEN_ELFNOTE_VIRT_BASE, ELF_NO_VIRT_BASE},
        {XEN_ELFNOTE_XEN_VERSION, ELF_BAD_XEN_VERSION},
        {XEN_ELFNOTE_LOADER, ELF_NOT_GENERIC},
        {XEN_ELFNOTE_INIT_P2M, ELF_OK},
        {XEN_ELFNOTE_PADDR_OFFSET, ELF_OK},
        {XEN_ELFNOTE_FEATURES, ELF_OK},
        {XEN_ELFNOTE_SUPPORTED_FEATURES, ELF_OK},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        begin_file();
        add_notes_without(cases[i].type);
        assert_int_equal(parse(), cases[i].expected);
    }
    assert_int_equal(elf_check_dom0(&image), ELF_OK);
    begin_file();
    add_note_of("GNU", 1, bytes_of("abcd", 4));
    assert_int_equal(parse(), ELF_NO_NOTES);
}

/* The note of this type replaced by a number. */
static enum elf_status parse_with(uint32_t type, uint64_t value)
{
    begin_file();
    add_notes_without(type);
    add_number(type, value, 8);
    return parse();
}

static enum elf_status parse_with_text(uint32_t type, const char *text)
{
    begin_file();
    add_notes_without(type);
    add_text(type, text);
    return parse();
}

static void addresses_are_checked(void **state)
{
    (void)state;
    static const struct {
        uint32_t type;
        uint64_t value;
        enum elf_status expected;
    } cases[] = {
        {XEN_ELFNOTE_VIRT_BASE, BASE + 1, ELF_BAD_BASE},
        {XEN_ELFNOTE_PADDR_OFFSET, 0x800, ELF_BAD_BASE},
        {XEN_ELFNOTE_PADDR_OFFSET, 0x1001000, ELF_WRAPS},
        {XEN_ELFNOTE_VIRT_BASE, UINT64_C(0xffff800000000000),
         ELF_IN_HYPERVISOR_WINDOW},
        {XEN_ELFNOTE_VIRT_BASE, UINT64_C(0xffff87fffe000000),
         ELF_IN_HYPERVISOR_WINDOW},
        {XEN_ELFNOTE_VIRT_BASE, UINT64_C(0xffff7ffffe000000),
         ELF_IN_HYPERVISOR_WINDOW},
        {XEN_ELFNOTE_VIRT_BASE, UINT64_C(0xffff7ffff0000000),
         ELF_NOT_CANONICAL},
        {XEN_ELFNOTE_VIRT_BASE, UINT64_C(0x00007ffffe000000),
         ELF_NOT_CANONICAL},
        {XEN_ELFNOTE_VIRT_BASE, UINT64_C(0xffffffffff000000), ELF_WRAPS},
        {XEN_ELFNOTE_VIRT_BASE, UINT64_C(0xffff880000000000),
         ELF_ENTRY_OUTSIDE},
        {XEN_ELFNOTE_ENTRY, BASE, ELF_ENTRY_OUTSIDE},
        {XEN_ELFNOTE_ENTRY, BASE + 0x1000400, ELF_ENTRY_OUTSIDE},
        {XEN_ELFNOTE_ENTRY, 0, ELF_ENTRY_OUTSIDE},
        {XEN_ELFNOTE_ENTRY, BASE + 0x10003ff, ELF_OK},
        {XEN_ELFNOTE_HYPERCALL_PAGE, BASE + 0x3079000, ELF_OK},
        {XEN_ELFNOTE_HYPERCALL_PAGE, BASE + 0x3079800,
         ELF_HYPERCALL_PAGE_OUTSIDE},
        {XEN_ELFNOTE_HYPERCALL_PAGE, BASE + 0x1000000,
         ELF_HYPERCALL_PAGE_OUTSIDE}, /* the segment has 0x400 bytes */
        {XEN_ELFNOTE_INIT_P2M, 0x8000000800, ELF_BAD_INIT_P2M},
        {XEN_ELFNOTE_INIT_P2M, UINT64_C(0x0000800000000000), ELF_BAD_INIT_P2M},
        {XEN_ELFNOTE_INIT_P2M, UINT64_C(0xffff812345678000), ELF_BAD_INIT_P2M},
        {XEN_ELFNOTE_INIT_P2M, BASE + 0x2000000, ELF_BAD_INIT_P2M},
        {XEN_ELFNOTE_INIT_P2M, BASE + 0x307a000, ELF_OK},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(parse_with(cases[i].type, cases[i].value),
                         cases[i].expected);
    }
}

static void image_may_end_with_the_address_space(void **state)
{
    (void)state;
    uint64_t base = UINT64_C(0) - 0x307a000;
    begin_file();
    add_notes_without(XEN_ELFNOTE_VIRT_BASE);
    add_number(XEN_ELFNOTE_VIRT_BASE, base, 8);
    poke(NOTES + 48, base + 0x1000100, 8); /* ENTRY, the first Xen note */
    assert_int_equal(parse(), ELF_OK);
    assert_true(image.virtual_end == 0);
}

static void texts_are_checked(void **state)
{
    (void)state;
    static const struct {
        uint32_t type;
        const char *text;
        enum elf_status expected;
    } cases[] = {
        {XEN_ELFNOTE_LOADER, "specific", ELF_NOT_GENERIC},
        {XEN_ELFNOTE_LOADER, "generic ", ELF_NOT_GENERIC},
        {XEN_ELFNOTE_LOADER, "", ELF_NOT_GENERIC},
        {XEN_ELFNOTE_LOADER, "gen\001", ELF_BAD_NOTE},
        {XEN_ELFNOTE_XEN_VERSION, "xen-4.0", ELF_BAD_XEN_VERSION},
        {XEN_ELFNOTE_FEATURES, "", ELF_BAD_FEATURES},
        {XEN_ELFNOTE_FEATURES, "dom0||dom0", ELF_BAD_FEATURES},
        {XEN_ELFNOTE_FEATURES, "dom0|", ELF_BAD_FEATURES},
        {XEN_ELFNOTE_FEATURES, "!", ELF_BAD_FEATURES},
        {XEN_ELFNOTE_FEATURES, "time_travel", ELF_OK},
        {XEN_ELFNOTE_FEATURES, "!time_travel", ELF_REQUIRED_FEATURE},
        {XEN_ELFNOTE_FEATURES, "!auto_translated_physmap",
         ELF_REQUIRED_FEATURE},
        {XEN_ELFNOTE_FEATURES, "auto_translated_physmap", ELF_OK},
        {XEN_ELFNOTE_FEATURES, "!supervisor_mode_kernel|dom0",
         ELF_REQUIRED_FEATURE},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        assert_int_equal(parse_with_text(cases[i].type, cases[i].text),
                         cases[i].expected);
    }
}

static void malformed_notes_are_told(void **state)
{
    (void)state;
    begin_kernel();
    add_number(XEN_ELFNOTE_ENTRY, ENTRY, 8);
    assert_int_equal(parse(), ELF_DUPLICATE_NOTE);
    assert_int_equal(fault.offset, NOTES + notes.used - 24);
    begin_file();
    add_notes_without(XEN_ELFNOTE_ENTRY);
    add_number(XEN_ELFNOTE_ENTRY, ENTRY, 7);
    assert_int_equal(parse(), ELF_BAD_NOTE);
    begin_file();
    add_notes_without(XEN_ELFNOTE_LOADER);
    add_note_of("Xen", XEN_ELFNOTE_LOADER, bytes_of("generic", 7));
    assert_int_equal(parse(), ELF_OK); /* Linux leaves some NULs out */
    begin_file();
    add_notes_without(XEN_ELFNOTE_LOADER);
    add_note_of("Xen", XEN_ELFNOTE_LOADER, bytes_of("generic\0", 9));
    assert_int_equal(parse(), ELF_BAD_NOTE); /* one is enough */
    begin_kernel();
    add_note_of("Xen", XEN_ELFNOTE_HYPERCALL_PAGE, bytes_none());
    assert_int_equal(parse(), ELF_BAD_NOTE);
    begin_kernel();
    poke(NOTES + 4, 0xfffffff0, 4); /* size of the first description */
    assert_int_equal(parse(), ELF_BAD_NOTE);
    begin_kernel();
    poke(NOTES, 0xffffffff, 4);
    assert_int_equal(parse(), ELF_BAD_NOTE);
    begin_file();
    add_notes_without(XEN_ELFNOTE_FEATURES);
    add_note_of("Xen", XEN_ELFNOTE_FEATURES, bytes_none());
    assert_int_equal(parse(), ELF_BAD_FEATURES); /* found by fuzzing */
    begin_kernel();
    add_number(77, 1, 8); /* one that came later, twice: not ours to judge */
    add_number(77, 1, 8);
    assert_int_equal(parse(), ELF_OK);
}

static void dom0_must_say_so(void **state)
{
    (void)state;
    assert_int_equal(parse_with(XEN_ELFNOTE_SUPPORTED_FEATURES, 0x8001),
                     ELF_OK);
    assert_int_equal(elf_check_dom0(&image), ELF_NOT_DOM0);
    assert_int_equal(parse_with(XEN_ELFNOTE_SUPPORTED_FEATURES, 0x800), ELF_OK);
    assert_int_equal(elf_check_dom0(&image), ELF_OK);
}

static void texts_are_all_there(void **state)
{
    (void)state;
    for (int i = ELF_OK; i <= ELF_BAD_BASE; i++) {
        assert_string_not_equal(elf_status_text((enum elf_status)i),
                                "unknown ELF status");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kernel_like_debians),
        cmocka_unit_test(headers_are_checked),
        cmocka_unit_test(cut_files_are_refused),
        cmocka_unit_test(segment_counts_are_checked),
        cmocka_unit_test(missing_notes_are_told),
        cmocka_unit_test(addresses_are_checked),
        cmocka_unit_test(image_may_end_with_the_address_space),
        cmocka_unit_test(texts_are_checked),
        cmocka_unit_test(malformed_notes_are_told),
        cmocka_unit_test(dom0_must_say_so),
        cmocka_unit_test(texts_are_all_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
