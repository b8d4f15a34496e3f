/* SPDX-License-Identifier: MIT */
/*
 * bundle: what was put comes back; whatever is cut off or changed is refused,
 * or is another bundle, which has its own spelling.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lib/bundle.h"
#include "lib/checked.h"

#define KERNEL_SIZE 5000
#define INITRD_SIZE 4096
#define CMDLINE     "console=hvc0 quiet"
#define ROOM        (6 * BUNDLE_PAGE)
#define HEADER_SIZE 72

static uint8_t kernel[KERNEL_SIZE], initrd[INITRD_SIZE];
static uint8_t file[ROOM], again[ROOM];
static size_t file_size;

static struct bundle parts(void)
{
    return (struct bundle){.kernel = bytes_of(kernel, KERNEL_SIZE),
                           .initrd = bytes_of(initrd, INITRD_SIZE),
                           .cmdline = bytes_of_text(CMDLINE)};
}

static size_t put(const struct bundle *bundle, uint8_t *out)
{
    struct buffer buffer = buffer_over(out, ROOM);
    struct writer writer = writer_begin(&buffer);
    uint64_t size = 0;
    assert_int_equal(bundle_measure(bundle, &size), BUNDLE_OK);
    bundle_put(&writer, bundle);
    assert_true(writer_end(&writer));
    assert_int_equal(buffer.used, size);
    return buffer.used;
}

static int make_file(void **state)
{
    (void)state;
    memset(kernel, 0x6b, KERNEL_SIZE);
    memset(initrd, 0x69, INITRD_SIZE);
    memset(file, 0xff, ROOM);
    struct bundle bundle = parts();
    file_size = put(&bundle, file);
    return 0;
}

static enum bundle_status parse(struct bundle *out)
{
    return bundle_parse(bytes_of(file, file_size), out);
}

static void gives_back_what_was_put(void **state)
{
    (void)state;
    struct bundle bundle, wanted = parts();
    assert_int_equal(file_size, 5 * BUNDLE_PAGE);
    assert_int_equal(parse(&bundle), BUNDLE_OK);
    assert_true(bytes_equal(bundle.kernel, wanted.kernel));
    assert_true(bytes_equal(bundle.initrd, wanted.initrd));
    assert_true(bytes_equal(bundle.cmdline, wanted.cmdline));
    assert_ptr_equal(bundle.kernel.data, file + BUNDLE_PAGE);
    assert_ptr_equal(bundle.initrd.data, file + 3 * BUNDLE_PAGE);
}

static void initrd_and_cmdline_may_be_empty(void **state)
{
    (void)state;
    struct bundle bundle = parts();
    bundle.initrd = bundle.cmdline = bytes_none();
    file_size = put(&bundle, file);
    assert_int_equal(file_size, 3 * BUNDLE_PAGE);
    assert_int_equal(parse(&bundle), BUNDLE_OK);
    assert_int_equal(bundle.initrd.size, 0);
    assert_int_equal(bundle.cmdline.size, 0);
}

static void refuses_every_truncation_and_extension(void **state)
{
    (void)state;
    struct bundle bundle;
    for (size_t size = 0; size < ROOM; size++) {
        enum bundle_status status = bundle_parse(bytes_of(file, size), &bundle);
        if (size < HEADER_SIZE) {
            assert_int_equal(status, BUNDLE_TRUNCATED);
        } else if (size != file_size) {
            assert_int_equal(status, BUNDLE_SIZE);
        }
    }
}

/* A size that still fits its pages makes another bundle; all else is refused.
 */
static void one_meaning_has_one_spelling(void **state)
{
    (void)state;
    size_t accepted = 0;
    for (size_t at = 0; at < BUNDLE_PAGE; at++) {
        for (uint8_t bit = 1; bit != 0; bit = (uint8_t)(bit << 1)) {
            struct bundle bundle;
            file[at] ^= bit;
            if (parse(&bundle) == BUNDLE_OK) {
                accepted++;
                assert_int_equal(put(&bundle, again), file_size);
                assert_memory_equal(again, file, file_size);
            }
            file[at] ^= bit;
        }
    }
    assert_in_range(accepted, 1, 30);
}

static void refuses_what_is_between_the_parts(void **state)
{
    (void)state;
    static const size_t places[] = {12,
                                    HEADER_SIZE,
                                    BUNDLE_PAGE - 1,
                                    BUNDLE_PAGE + KERNEL_SIZE,
                                    3 * BUNDLE_PAGE - 1,
                                    5 * BUNDLE_PAGE - 1};
    struct bundle bundle;
    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        file[places[i]] = 1;
        assert_int_equal(parse(&bundle), BUNDLE_PADDING);
        file[places[i]] = 0;
    }
}

static void set_le64(size_t at, uint64_t value)
{
    for (size_t i = 0; i < sizeof(value); i++) {
        file[at + i] = (uint8_t)(value >> (8 * i));
    }
}

static void refuses_sizes_that_would_wrap(void **state)
{
    (void)state;
    static const struct {
        size_t at;
        enum bundle_status status;
    } fields[] = {{16, BUNDLE_SIZE},   {24, BUNDLE_PARTS}, {32, BUNDLE_KERNEL},
                  {40, BUNDLE_PARTS},  {48, BUNDLE_PARTS}, {56, BUNDLE_PARTS},
                  {64, BUNDLE_CMDLINE}};
    struct bundle bundle;
    for (size_t i = 0; i < ARRAY_SIZE(fields); i++) {
        (void)make_file(NULL);
        set_le64(fields[i].at, UINT64_MAX);
        assert_int_equal(parse(&bundle), fields[i].status);
        set_le64(fields[i].at, UINT64_MAX - BUNDLE_PAGE + 1);
        assert_int_equal(parse(&bundle), fields[i].status);
    }
    (void)make_file(NULL);
    set_le64(32, 0);
    assert_int_equal(parse(&bundle), BUNDLE_KERNEL);
}

static void refuses_a_bad_command_line(void **state)
{
    (void)state;
    static const char line[BUNDLE_CMDLINE_MAX + 2];
    struct bundle bundle = parts();
    uint64_t size;
    bundle.cmdline = bytes_of(line, BUNDLE_CMDLINE_MAX + 1);
    assert_int_equal(bundle_measure(&bundle, &size), BUNDLE_CMDLINE);
    bundle.cmdline = bytes_of("a\nb", 3);
    assert_int_equal(bundle_measure(&bundle, &size), BUNDLE_CMDLINE);
    file[4 * BUNDLE_PAGE] = '\n';
    assert_int_equal(parse(&bundle), BUNDLE_CMDLINE);
}

static void refuses_other_files(void **state)
{
    (void)state;
    struct bundle bundle;
    file[0] = 'V';
    assert_int_equal(parse(&bundle), BUNDLE_MAGIC_BAD);
    (void)make_file(NULL);
    file[8] = BUNDLE_VERSION + 1;
    assert_int_equal(parse(&bundle), BUNDLE_VERSION_BAD);
}

static void puts_nothing_where_there_is_no_room(void **state)
{
    (void)state;
    struct bundle bundle = parts();
    for (size_t size = 0; size < file_size; size += 509) {
        struct buffer buffer = buffer_over(again, size);
        struct writer writer = writer_begin(&buffer);
        bundle_put(&writer, &bundle);
        assert_false(writer_end(&writer));
        assert_int_equal(buffer.used, 0);
    }
}

static void says_what_is_wrong(void **state)
{
    (void)state;
    for (int status = BUNDLE_OK; status <= BUNDLE_PADDING; status++) {
        assert_true(strlen(bundle_status_text(status)) > 5);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(gives_back_what_was_put, make_file),
        cmocka_unit_test_setup(initrd_and_cmdline_may_be_empty, make_file),
        cmocka_unit_test_setup(refuses_every_truncation_and_extension,
                               make_file),
        cmocka_unit_test_setup(one_meaning_has_one_spelling, make_file),
        cmocka_unit_test_setup(refuses_what_is_between_the_parts, make_file),
        cmocka_unit_test_setup(refuses_sizes_that_would_wrap, make_file),
        cmocka_unit_test_setup(refuses_a_bad_command_line, make_file),
        cmocka_unit_test_setup(refuses_other_files, make_file),
        cmocka_unit_test_setup(puts_nothing_where_there_is_no_room, make_file),
        cmocka_unit_test(says_what_is_wrong),
    };
    return cmocka_run_group_tests_name("bundle", tests, NULL, NULL);
}
