/* SPDX-License-Identifier: MIT */
/* Ranges of pages: their edges, their number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "vtpm/base/reserved.h"

static void edges(void **state)
{
    (void)state;
    struct reserved reserved = {.count = 0};
    assert_true(reserved_add(&reserved, 10, 12));
    assert_true(reserved_add(&reserved, 20, 30));
    assert_false(reserved_has(&reserved, 9));
    assert_true(reserved_has(&reserved, 10));
    assert_true(reserved_has(&reserved, 11));
    assert_false(reserved_has(&reserved, 12));
    assert_int_equal(reserved_count(&reserved, 100), 12);
    assert_int_equal(reserved_count(&reserved, 25), 7);
    assert_int_equal(reserved_count(&reserved, 20), 2);
    assert_int_equal(reserved_count(&reserved, 5), 0);
}

static void full(void **state)
{
    (void)state;
    struct reserved reserved = {.count = 0};
    for (uint64_t i = 0; i < RESERVED_MAX; i++) {
        assert_true(reserved_add(&reserved, 2 * i, 2 * i + 1));
    }
    assert_false(reserved_add(&reserved, 100, 101));
    assert_false(reserved_has(&reserved, 100));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(edges),
        cmocka_unit_test(full),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
