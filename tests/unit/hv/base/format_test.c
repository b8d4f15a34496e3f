/* SPDX-License-Identifier: MIT */
/* The formatter against the C library's, and at the edges of its buffer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "hv/base/log.h"

/* Formats both ways and compares text and length. */
#define CHECK_SAME(...)                                                        \
    do {                                                                       \
        char ours[300], theirs[300];                                           \
        size_t length = format_text(ours, sizeof(ours), __VA_ARGS__);          \
        int expected = snprintf(theirs, sizeof(theirs), __VA_ARGS__);          \
        assert_string_equal(ours, theirs);                                     \
        assert_int_equal(length, expected);                                    \
    } while (0)

static void test_numbers(void **state)
{
    (void)state;
    CHECK_SAME("%d %d %u %x", 0, -1, 4294967295u, 0xdeadbeefu);
    CHECK_SAME("%ld %lu %lx", INT64_MIN, UINT64_MAX, UINT64_MAX);
    CHECK_SAME("%lld %llu %llx", (long long)INT64_MAX, 1ull, 0x10ull);
    CHECK_SAME("%zu", (size_t)12345678901);
    CHECK_SAME("%d", INT32_MIN);
}

static void test_widths(void **state)
{
    (void)state;
    CHECK_SAME("[%5u][%05u]", 42u, 42u);
    CHECK_SAME("[%5d][%05d]", -42, -42);
    CHECK_SAME("[%016lx]", 0x1234ul);
    CHECK_SAME("[%2u][%1x]", 12345u, 0xabcu);
    CHECK_SAME("[%8s]", "abc");
}

static void test_strings(void **state)
{
    const char raw[3] = {'a', 'b', 'c'}; /* no NUL */

    (void)state;
    CHECK_SAME("%s|%%", "text");
    CHECK_SAME("%.2s", "abcdef");
    CHECK_SAME("%.*s", 3, raw);
    CHECK_SAME("%.*s|%s", 0, "abc", "after");
    CHECK_SAME("%.*s", -1, "all");
}

/* Arguments after "%.*s" are the ones meant: it takes exactly two. */
static void test_star_takes_one_argument(void **state)
{
    char text[32];

    (void)state;
    format_text(text, sizeof(text), "%.*s %d", 5, "hello world", 7);
    assert_string_equal(text, "hello 7");
}

static void test_null_string(void **state)
{
    char text[32];
    const char *volatile none = NULL;

    (void)state;
    format_text(text, sizeof(text), "<%s>", none);
    assert_string_equal(text, "<(null)>");
}

/* Whatever the size, nothing behind it changes and a NUL ends the text. */
static void test_bounds(void **state)
{
    (void)state;
    for (size_t size = 0; size < 24; size++) {
        char text[32];
        size_t length;

        memset(text, '#', sizeof(text));
        length = format_text(text, size, "0123456789%s%u", "abcd", 12345u);
        for (size_t i = size; i < sizeof(text); i++) {
            assert_int_equal(text[i], '#');
        }
        if (size != 0) {
            assert_int_equal(strlen(text), length);
            assert_true(length < size);
        }
    }
}

static void test_unfinished_format(void **state)
{
    char text[16];

    (void)state;
    assert_int_equal(format_text(text, sizeof(text), "%s", ""), 0);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat"
    format_text(text, sizeof(text), "a%");
    assert_string_equal(text, "a");
    format_text(text, sizeof(text), "a%5l");
    assert_string_equal(text, "a");
    format_text(text, sizeof(text), "%q");
    assert_string_equal(text, "q");
#pragma GCC diagnostic pop
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_widths),
        cmocka_unit_test(test_strings),
        cmocka_unit_test(test_star_takes_one_argument),
        cmocka_unit_test(test_null_string),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_unfinished_format),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
