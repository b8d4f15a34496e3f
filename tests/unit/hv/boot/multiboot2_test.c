/* SPDX-License-Identifier: MIT */
/*
 * Multiboot2 information as GRUB leaves it on EFI and on BIOS, and each way it
 * can be malformed, with the tag and offset that are told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hv/boot/multiboot2.h"
#include "lib/checked.h"

#define INFO_SIZE 4096

static uint8_t data[INFO_SIZE];
static struct buffer out;
static struct multiboot2_info info;
static struct multiboot2_fault fault;

static void begin(void)
{
    out = buffer_over(data, sizeof(data));
    memset(data, 0, sizeof(data));
    out.used = 8;
}

/* Returns the offset of the tag. */
static size_t add_tag(uint32_t type, struct bytes body)
{
    size_t offset = out.used;
    struct writer writer = writer_begin(&out);
    put_le32(&writer, type);
    put_le32(&writer, (uint32_t)(8 + body.size));
    put_bytes(&writer, body);
    while (out.used % 8 != 0) {
        put_u8(&writer, 0);
    }
    assert_true(writer_end(&writer));
    return offset;
}

static size_t add_text(uint32_t type, const char *text)
{
    return add_tag(type, bytes_of(text, strlen(text) + 1));
}

static size_t add_module(uint32_t start, uint32_t end, const char *text)
{
    uint8_t body[64];
    struct buffer buffer = buffer_over(body, sizeof(body));
    struct writer writer = writer_begin(&buffer);
    put_le32(&writer, start);
    put_le32(&writer, end);
    put_bytes(&writer, bytes_of(text, strlen(text) + 1));
    assert_true(writer_end(&writer));
    return add_tag(3, buffer_bytes(&buffer));
}

static size_t add_numbers(uint32_t type, const uint64_t *numbers, size_t count)
{
    uint8_t body[256];
    struct buffer buffer = buffer_over(body, sizeof(body));
    struct writer writer = writer_begin(&buffer);
    for (size_t i = 0; i < count; i++) {
        put_little(&writer, numbers[i], 8);
    }
    assert_true(writer_end(&writer));
    return add_tag(type, buffer_bytes(&buffer));
}

static enum multiboot2_status parse(void)
{
    for (size_t i = 0; i < 4; i++) {
        data[i] = (uint8_t)(out.used >> (8 * i));
    }
    return multiboot2_parse(buffer_bytes(&out), &info, &fault);
}

static void begin_efi(void)
{
    static const uint64_t system_table[] = {0x7f5eb018};
    static const uint64_t image_handle[] = {0x7e1234};
    static uint8_t rsdp[36] = "RSD PTR ";
    begin();
    add_text(1, "console=com1 loglvl=all");
    add_text(2, "GRUB 2.06-13+deb12u2");
    add_module(0x1500000, 0x1600000, "root=/dev/sda");
    add_module(0x1600000, 0x1600000, "");
    add_tag(9, bytes_of("section headers", 15));
    add_numbers(12, system_table, 1);
    add_tag(14, bytes_of(rsdp, 20));
    add_tag(15, bytes_of(rsdp, 36));
    add_tag(18, bytes_none());
    add_numbers(20, image_handle, 1);
}

static void efi_information(void **state)
{
    (void)state;
    begin_efi();
    add_tag(0, bytes_none());
    assert_int_equal(parse(), MULTIBOOT2_OK);
    assert_true(bytes_equal(info.command_line,
                            bytes_of_text("console=com1 loglvl=all")));
    assert_true(
        bytes_equal(info.loader_name, bytes_of_text("GRUB 2.06-13+deb12u2")));
    assert_int_equal(info.module_count, 2);
    assert_int_equal(info.modules[0].start, 0x1500000);
    assert_int_equal(info.modules[0].end, 0x1600000);
    assert_true(
        bytes_equal(info.modules[0].text, bytes_of_text("root=/dev/sda")));
    assert_int_equal(info.modules[1].text.size, 0);
    assert_int_equal(info.efi64_system_table, 0x7f5eb018);
    assert_int_equal(info.efi64_image_handle, 0x7e1234);
    assert_true(info.efi_boot_services_running);
    assert_int_equal(info.old_rsdp.size, 20);
    assert_int_equal(info.new_rsdp.size, 36);
    struct multiboot2_memory memory;
    assert_false(multiboot2_memory_at(&info.memory, 0, &memory));
    assert_false(multiboot2_memory_at(&info.efi_memory, 0, &memory));
}

static void bios_information(void **state)
{
    (void)state;
    /* entry size 24, version 0; then {start, size, type} */
    static const uint64_t map[] = {24, 0, 0x9fc00, 1, 0x9fc00, 0x400, 2};
    struct multiboot2_memory memory;
    begin();
    add_numbers(6, map, ARRAY_SIZE(map));
    add_tag(0, bytes_none());
    assert_int_equal(parse(), MULTIBOOT2_OK);
    assert_true(multiboot2_memory_at(&info.memory, 1, &memory));
    assert_int_equal(memory.start, 0x9fc00);
    assert_int_equal(memory.size, 0x400);
    assert_int_equal(memory.type, 2);
    assert_false(multiboot2_memory_at(&info.memory, 2, &memory));
    assert_false(multiboot2_memory_at(&info.efi_memory, 0, &memory));
    assert_int_equal(info.command_line.size, 0);
}

static void efi_memory_map(void **state)
{
    (void)state;
    /* descriptor size 48, version 1; type, start, virtual, pages, attributes */
    static const uint64_t map[] = {
        48 | 1ull << 32, 7, 0x100000,   0,   16, 0xf, 0, 4,
        0x200000,        0, UINT64_MAX, 0xf, 0};
    struct multiboot2_memory memory;
    begin();
    add_numbers(17, map, ARRAY_SIZE(map));
    add_tag(0, bytes_none());
    assert_int_equal(parse(), MULTIBOOT2_OK);
    assert_true(multiboot2_memory_at(&info.efi_memory, 0, &memory));
    assert_int_equal(memory.type, 7);
    assert_int_equal(memory.start, 0x100000);
    assert_int_equal(memory.size, 0x10000);
    assert_true(multiboot2_memory_at(&info.efi_memory, 1, &memory));
    assert_true(memory.size == UINT64_MAX); /* wraps */
    assert_false(multiboot2_memory_at(&info.efi_memory, 2, &memory));
}

/* Cut after any byte, with the total size saying so: never accepted. */
static void cut_information_is_refused(void **state)
{
    (void)state;
    begin_efi();
    size_t before_end = out.used;
    add_tag(0, bytes_none());
    for (size_t size = 0; size < before_end + 8; size++) {
        out.used = size;
        assert_int_not_equal(parse(), MULTIBOOT2_OK);
    }
    out.used = before_end + 8;
    assert_int_equal(parse(), MULTIBOOT2_OK);
}

static void total_size_is_checked(void **state)
{
    (void)state;
    uint8_t header[8] = {0};
    size_t size = 0;
    assert_int_equal(multiboot2_total_size(bytes_of(header, 7), &size),
                     MULTIBOOT2_BAD_TOTAL_SIZE);
    header[0] = 15;
    assert_int_equal(multiboot2_total_size(bytes_of(header, 8), &size),
                     MULTIBOOT2_BAD_TOTAL_SIZE);
    header[0] = 16;
    assert_int_equal(multiboot2_total_size(bytes_of(header, 8), &size),
                     MULTIBOOT2_OK);
    assert_int_equal(size, 16);
    header[3] = 0x80;
    assert_int_equal(multiboot2_total_size(bytes_of(header, 8), &size),
                     MULTIBOOT2_BAD_TOTAL_SIZE);
    begin_efi();
    add_tag(0, bytes_none());
    assert_int_equal(parse(), MULTIBOOT2_OK);
    assert_int_equal(
        multiboot2_parse(bytes_of(data, out.used + 8), &info, &fault),
        MULTIBOOT2_BAD_TOTAL_SIZE);
}

static void assert_fault(enum multiboot2_status expected, uint32_t tag,
                         size_t offset)
{
    add_tag(0, bytes_none());
    assert_int_equal(parse(), expected);
    assert_int_equal(fault.tag, tag);
    assert_int_equal(fault.offset, offset);
}

static void malformed_tags_are_told(void **state)
{
    (void)state;
    static const uint64_t zeros[8] = {0};
    static const uint64_t odd_map[] = {24, 0, 0, 0, 0};
    static const uint64_t new_map[] = {24 | 1ull << 32, 0, 0, 0};
    size_t offset;

    begin_efi();
    offset = add_tag(7, bytes_none());
    data[offset + 4] = 7; /* shorter than its header */
    assert_fault(MULTIBOOT2_BAD_TAG_SIZE, 7, offset);

    begin_efi();
    offset = add_tag(7, bytes_none());
    data[offset + 7] = 0x80; /* 2 GiB */
    assert_fault(MULTIBOOT2_BAD_TAG_SIZE, 7, offset);

    begin();
    offset = add_tag(1, bytes_of("no end", 6));
    assert_fault(MULTIBOOT2_BAD_TEXT, 1, offset);

    begin();
    offset = add_module(0x2000, 0x1fff, "x");
    assert_fault(MULTIBOOT2_BAD_MODULE, 3, offset);

    begin();
    offset = add_tag(3, bytes_of(zeros, 7));
    assert_fault(MULTIBOOT2_BAD_TAG_SIZE, 3, offset);

    begin();
    offset = add_numbers(6, zeros, 4); /* entries of size 0 */
    assert_fault(MULTIBOOT2_BAD_MEMORY_MAP, 6, offset);

    begin();
    offset = add_numbers(6, odd_map, 5);
    assert_fault(MULTIBOOT2_BAD_MEMORY_MAP, 6, offset);

    begin();
    add_numbers(6, new_map, 4);
    add_tag(0, bytes_none());
    assert_int_equal(parse(), MULTIBOOT2_OK); /* newer, but compatible */

    begin();
    offset = add_tag(12, bytes_of(zeros, 4));
    assert_fault(MULTIBOOT2_BAD_TAG_SIZE, 12, offset);

    begin();
    offset = add_tag(14, bytes_of(zeros, 19));
    assert_fault(MULTIBOOT2_BAD_TAG_SIZE, 14, offset);

    begin();
    offset = add_tag(15, bytes_of(zeros, 35));
    assert_fault(MULTIBOOT2_BAD_TAG_SIZE, 15, offset);
}

static void doubled_tags_are_told(void **state)
{
    (void)state;
    static const uint64_t map[] = {24, 0, 0, 0};
    static const uint64_t efi_map[] = {40 | 1ull << 32, 0, 0, 0, 0, 0};
    static uint8_t zeros[40];
    struct {
        uint32_t type;
        struct bytes body;
    } tags[] = {
        {1, bytes_of("a", 2)},
        {2, bytes_of("a", 2)},
        {6, bytes_of(map, sizeof(map))},
        {12, bytes_of(zeros, 8)},
        {14, bytes_of(zeros, 20)},
        {15, bytes_of(zeros, 36)},
        {17, bytes_of(efi_map, sizeof(efi_map))},
        {20, bytes_of(zeros, 8)},
    };
    for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
        begin();
        add_tag(tags[i].type, tags[i].body);
        size_t offset = add_tag(tags[i].type, tags[i].body);
        assert_fault(MULTIBOOT2_DUPLICATE, tags[i].type, offset);
    }
}

static void modules_are_counted(void **state)
{
    (void)state;
    begin();
    for (int i = 0; i < MULTIBOOT2_MAX_MODULES; i++) {
        add_module(0, 0, "");
    }
    size_t offset = add_module(0, 0, "");
    assert_fault(MULTIBOOT2_TOO_MANY_MODULES, 3, offset);
}

static void missing_end_is_told(void **state)
{
    (void)state;
    begin_efi();
    assert_int_equal(parse(), MULTIBOOT2_NO_END);
    assert_int_equal(fault.offset, out.used);
}

static void texts_are_all_there(void **state)
{
    (void)state;
    for (int i = MULTIBOOT2_OK; i <= MULTIBOOT2_DUPLICATE; i++) {
        assert_string_not_equal(
            multiboot2_status_text((enum multiboot2_status)i),
            "unknown multiboot2 status");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(efi_information),
        cmocka_unit_test(bios_information),
        cmocka_unit_test(efi_memory_map),
        cmocka_unit_test(cut_information_is_refused),
        cmocka_unit_test(total_size_is_checked),
        cmocka_unit_test(malformed_tags_are_told),
        cmocka_unit_test(doubled_tags_are_told),
        cmocka_unit_test(modules_are_counted),
        cmocka_unit_test(missing_end_is_told),
        cmocka_unit_test(texts_are_all_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
