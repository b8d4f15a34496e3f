/* SPDX-License-Identifier: MIT */
/*
 * bzimage: each field of the boot header, right and wrong, on a bzImage built
 * here byte by byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tools/image/bzimage.h"

#define SETUP_SECTORS  2
#define SETUP_SIZE     ((SETUP_SECTORS + 1) * 512)
#define PAYLOAD_OFFSET 16
#define PAYLOAD_AT     (SETUP_SIZE + PAYLOAD_OFFSET)
#define PAYLOAD_SIZE   64

static uint8_t image[PAYLOAD_AT + PAYLOAD_SIZE];

static void put_le(size_t at, uint32_t value, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        image[at + i] = (uint8_t)(value >> (8 * i));
    }
}

static int make_image(void **state)
{
    (void)state;
    memset(image, 0, sizeof(image));
    put_le(0x1f1, SETUP_SECTORS, 1);
    memcpy(image + 0x202, "HdrS", 4);
    put_le(0x206, 0x020f, 2);
    put_le(0x248, PAYLOAD_OFFSET, 4);
    put_le(0x24c, PAYLOAD_SIZE, 4);
    memcpy(image + PAYLOAD_AT,
           "\xfd"
           "7zXZ\0",
           6);
    put_le(PAYLOAD_AT + PAYLOAD_SIZE - 4, 12345, 4);
    return 0;
}

static enum bzimage_status parse(struct bzimage *out)
{
    return bzimage_parse(bytes_of(image, sizeof(image)), out);
}

static void finds_the_payload(void **state)
{
    (void)state;
    struct bzimage out;
    assert_int_equal(parse(&out), BZIMAGE_OK);
    assert_int_equal(out.compression, COMPRESSION_XZ);
    assert_ptr_equal(out.payload.data, image + PAYLOAD_AT);
    assert_int_equal(out.payload.size, PAYLOAD_SIZE);
    assert_int_equal(out.unpacked_size, 12345);
    assert_int_equal(out.protocol, 0x020f);
}

static void knows_each_compression(void **state)
{
    (void)state;
    static const struct {
        const char *magic;
        enum compression compression;
    } cases[] = {
        {"\x28\xb5\x2f\xfd\0\0", COMPRESSION_ZSTD},
        {"\x02\x21\x4c\x18\0\0", COMPRESSION_LZ4},
        {"\x1f\x8b\0\0\0\0", COMPRESSION_GZIP},
    };
    for (size_t i = 0; i < 3; i++) {
        struct bzimage out;
        memcpy(image + PAYLOAD_AT, cases[i].magic, 6);
        assert_int_equal(parse(&out), BZIMAGE_OK);
        assert_int_equal(out.compression, cases[i].compression);
    }
    struct bzimage out;
    memcpy(image + PAYLOAD_AT, "BZh91A", 6);
    assert_int_equal(parse(&out), BZIMAGE_COMPRESSION);
}

static void takes_no_setup_sectors_for_four(void **state)
{
    (void)state;
    struct bzimage out;
    put_le(0x1f1, 0, 1);
    /* Five sectors from the start is past the end of this file. */
    assert_int_equal(parse(&out), BZIMAGE_NO_PAYLOAD);
    static uint8_t larger[5 * 512 + PAYLOAD_OFFSET + PAYLOAD_SIZE];
    memcpy(larger, image, SETUP_SIZE);
    memcpy(larger + 5 * 512 + PAYLOAD_OFFSET, image + PAYLOAD_AT, PAYLOAD_SIZE);
    assert_int_equal(bzimage_parse(bytes_of(larger, sizeof(larger)), &out),
                     BZIMAGE_OK);
    assert_ptr_equal(out.payload.data, larger + 5 * 512 + PAYLOAD_OFFSET);
}

static void refuses_what_is_no_bzimage(void **state)
{
    (void)state;
    struct bzimage out;
    image[0x202] = 'h';
    assert_int_equal(parse(&out), BZIMAGE_NO_HEADER);
    (void)make_image(NULL);
    put_le(0x206, 0x0207, 2);
    assert_int_equal(parse(&out), BZIMAGE_TOO_OLD);
}

static void refuses_a_payload_outside_the_file(void **state)
{
    (void)state;
    static const struct {
        uint32_t offset, size;
    } cases[] = {
        {PAYLOAD_OFFSET, PAYLOAD_SIZE + 1},
        {PAYLOAD_OFFSET + 1, PAYLOAD_SIZE},
        {PAYLOAD_OFFSET, 3},
        {PAYLOAD_OFFSET, 0},
        {UINT32_MAX, PAYLOAD_SIZE},
        {PAYLOAD_OFFSET, UINT32_MAX},
        {UINT32_MAX, UINT32_MAX},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct bzimage out;
        put_le(0x248, cases[i].offset, 4);
        put_le(0x24c, cases[i].size, 4);
        assert_int_equal(parse(&out), BZIMAGE_NO_PAYLOAD);
    }
}

static void refuses_a_size_that_no_kernel_has(void **state)
{
    (void)state;
    struct bzimage out;
    put_le(PAYLOAD_AT + PAYLOAD_SIZE - 4, BZIMAGE_UNPACKED_MAX, 4);
    assert_int_equal(parse(&out), BZIMAGE_OK);
    put_le(PAYLOAD_AT + PAYLOAD_SIZE - 4, BZIMAGE_UNPACKED_MAX + 1, 4);
    assert_int_equal(parse(&out), BZIMAGE_TOO_LARGE);
}

/* Whatever the length, the answer is a status, and OK only for the whole. */
static void refuses_every_truncation(void **state)
{
    (void)state;
    struct bzimage out;
    for (size_t size = 0; size < sizeof(image); size++) {
        assert_int_not_equal(bzimage_parse(bytes_of(image, size), &out),
                             BZIMAGE_OK);
    }
}

static void says_what_is_wrong(void **state)
{
    (void)state;
    for (int status = BZIMAGE_OK; status <= BZIMAGE_TOO_LARGE; status++) {
        assert_true(strlen(bzimage_status_text(status)) > 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(finds_the_payload, make_image),
        cmocka_unit_test_setup(knows_each_compression, make_image),
        cmocka_unit_test_setup(takes_no_setup_sectors_for_four, make_image),
        cmocka_unit_test_setup(refuses_what_is_no_bzimage, make_image),
        cmocka_unit_test_setup(refuses_a_payload_outside_the_file, make_image),
        cmocka_unit_test_setup(refuses_a_size_that_no_kernel_has, make_image),
        cmocka_unit_test_setup(refuses_every_truncation, make_image),
        cmocka_unit_test(says_what_is_wrong),
    };
    return cmocka_run_group_tests_name("bzimage", tests, NULL, NULL);
}
