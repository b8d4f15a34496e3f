/* SPDX-License-Identifier: MIT */
/*
 * kernel: one ELF, as it is, compact, and packed in each way, is the same
 * kernel; a compact ELF stays where it lies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/tools/image/pack.h"
#include "tools/image/compact.h"
#include "tools/image/kernel.h"

#define FILE_SIZE PACK_ELF_SIZE
#define ROOM      0x20000

static uint8_t file[FILE_SIZE];
static uint8_t compact_file[FILE_SIZE], packed[ROOM];
static struct bytes compact;

static int make_elf(void **state)
{
    (void)state;
    struct buffer elf = buffer_over(file, FILE_SIZE);
    pack_elf(&elf);
    struct buffer out = buffer_over(compact_file, sizeof(compact_file));
    assert_int_equal(compact_elf(bytes_of(file, FILE_SIZE), &out), COMPACT_OK);
    compact = buffer_bytes(&out);
    return 0;
}

static void check_is_the_kernel(struct bytes from)
{
    struct kernel kernel;
    const char *why = "";
    assert_true(kernel_load(from, &kernel, &why));
    assert_true(bytes_equal(kernel.elf, compact));
    assert_int_equal((uintptr_t)kernel.elf.data % 4096, 0);
    kernel_free(&kernel);
}

static void packed_or_not_is_one_kernel(void **state)
{
    (void)state;
    check_is_the_kernel(bytes_of(file, FILE_SIZE));
    for (size_t i = 0; i < PACK_KINDS; i++) {
        struct buffer out = buffer_over(packed, ROOM);
        pack_bzimage((enum compression)i, bytes_of(file, FILE_SIZE), &out);
        check_is_the_kernel(buffer_bytes(&out));
        out.used = 0;
        pack_bzimage((enum compression)i, compact, &out);
        check_is_the_kernel(buffer_bytes(&out));
    }
}

static void what_is_compact_stays_in_place(void **state)
{
    (void)state;
    struct kernel kernel;
    const char *why = "";
    assert_true(kernel_load(compact, &kernel, &why));
    assert_ptr_equal(kernel.elf.data, compact.data);
    assert_null(kernel.memory);
    kernel_free(&kernel);
}

static void check_refused(struct bytes from, const char *wanted)
{
    struct kernel kernel;
    const char *why = "";
    assert_false(kernel_load(from, &kernel, &why));
    assert_string_equal(why, wanted);
}

static void says_why_it_is_none(void **state)
{
    (void)state;
    struct buffer out = buffer_over(packed, ROOM);
    static const uint8_t zeros[0x2000];
    check_refused(bytes_none(), "ends before its boot header does");
    check_refused(bytes_of(zeros, sizeof(zeros)),
                  "is not a bzImage: no \"HdrS\" at 0x202");
    check_refused(bytes_of(file, 0x2000),
                  "has an ELF segment that leaves the file");
    pack_bzimage(COMPRESSION_GZIP, bytes_of(zeros, sizeof(zeros)), &out);
    check_refused(buffer_bytes(&out), "does not hold an ELF64 for x86-64");
    out.data[out.used - 8] ^= 1; /* its checksum */
    check_refused(
        buffer_bytes(&out),
        "the gzip stream is corrupt, truncated or larger than it says");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packed_or_not_is_one_kernel),
        cmocka_unit_test(what_is_compact_stays_in_place),
        cmocka_unit_test(says_why_it_is_none),
    };
    return cmocka_run_group_tests_name("kernel", tests, make_elf, NULL);
}
