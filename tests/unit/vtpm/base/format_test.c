/* SPDX-License-Identifier: MIT */
/* Lines for the console. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vtpm/base/format.h"

static void kinds(void **state)
{
    (void)state;
    char text[80];
    struct buffer out = buffer_over(text, sizeof(text));
    format_text(&out, "%s %c %d %d %u %x %lu %lx", "word", 'c', -5, 7, 0u,
                0xbeefu, UINT64_MAX, UINT64_MAX);
    text[out.used] = '\0';
    assert_string_equal(text, "word c -5 7 0 beef 18446744073709551615 "
                              "ffffffffffffffff");
}

static void what_does_not_fit(void **state)
{
    (void)state;
    char text[8];
    struct buffer out = buffer_over(text, sizeof(text));
    format_text(&out, "%s %u", "abc", 123456789u);
    assert_int_equal(out.used, sizeof(text));
    assert_memory_equal(text, "abc 1234", sizeof(text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds),
        cmocka_unit_test(what_does_not_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
