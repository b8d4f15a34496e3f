/* SPDX-License-Identifier: MIT */
/* What is lifted, what is not, and that nothing is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "attest/lift.h"

#define ROOM 16384

static char text[ROOM];
static uint8_t out[ROOM];
static struct lift lift;

static struct bytes lifted(void)
{
    size_t size = lift_strings(bytes_of_text(text), out, &lift);
    assert_true(size <= strlen(text));
    return bytes_of(out, size);
}

static void put_long(size_t size)
{
    size_t at = strlen(text);
    memset(text + at, 'A', size);
    text[at + size] = 0;
}

static void assert_is(const char *expected)
{
    assert_true(bytes_equal(lifted(), bytes_of_text(expected)));
}

static void assert_unchanged(void)
{
    assert_is(text);
    assert_int_equal(lift.count, 0);
}

static void test_long_and_short(void **state)
{
    (void)state;
    strcpy(text, "{\"a\": \"short\", \"b\": \"");
    put_long(LIFT_LEAST);
    strcat(text, "\", \"c\": \"");
    put_long(LIFT_LEAST - 1);
    strcat(text, "\"}");
    struct bytes is = lifted();
    assert_int_equal(lift.count, 1);
    assert_int_equal(is.size, strlen(text) - LIFT_LEAST + 2);
    assert_memory_equal(is.data, "{\"a\": \"short\", \"b\": \"@a\", \"c\"", 29);
    struct bytes found = lift_find(&lift, bytes_of_text("@a"));
    assert_int_equal(found.size, LIFT_LEAST);
    assert_ptr_equal(found.data, strchr(text, 'A'));
}

static void test_no_others_are_found(void **state)
{
    (void)state;
    static const char *const names[] = {"@b", "@A", "@", "@aa", "a", "@`", ""};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct bytes name = bytes_of_text(names[i]);
        assert_ptr_equal(lift_find(&lift, name).data, name.data);
    }
}

static void test_own_mark(void **state)
{
    (void)state;
    strcpy(text, "{\"a\": \"");
    put_long(LIFT_LEAST);
    strcat(text, "\", \"b\": \"@a\"}");
    assert_unchanged();
    strcpy(text, "{\"a\": \"");
    put_long(LIFT_LEAST);
    strcat(text, "\", \"b\": \"\\u0040a\"}");
    assert_unchanged();
}

static void test_backslashes(void **state)
{
    (void)state;
    strcpy(text, "{\"a\": \"\\\"");
    put_long(LIFT_LEAST);
    strcat(text, "\\\\\", \"b\": \"x\"}");
    assert_unchanged();
    strcpy(text, "\"\\");
    assert_unchanged();
}

static void test_no_end(void **state)
{
    (void)state;
    strcpy(text, "{\"a\": \"");
    put_long(LIFT_LEAST);
    assert_unchanged();
    strcpy(text, "");
    assert_unchanged();
}

static void test_too_many(void **state)
{
    (void)state;
    text[0] = 0;
    for (size_t i = 0; i < LIFT_MAX + 1; i++) {
        strcat(text, "\"");
        put_long(LIFT_LEAST);
        strcat(text, "\" ");
    }
    struct bytes is = lifted();
    assert_int_equal(lift.count, LIFT_MAX);
    assert_int_equal(is.size, LIFT_MAX * 5 + LIFT_LEAST + 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_long_and_short),
        cmocka_unit_test(test_no_others_are_found),
        cmocka_unit_test(test_own_mark),
        cmocka_unit_test(test_backslashes),
        cmocka_unit_test(test_no_end),
        cmocka_unit_test(test_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
