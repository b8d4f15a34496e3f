/* SPDX-License-Identifier: MIT */
/* What a back end says of its answer's size, at each bound. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "vtpm/front/answer.h"

static void sizes_that_fit(void **state)
{
    assert_true(answer_fits(TPM_MESSAGE_HEADER_SIZE, 4096));
    assert_true(answer_fits(TPM_MESSAGE_MAX, 4096));
    assert_true(answer_fits(100, 100));
}

static void sizes_that_do_not(void **state)
{
    assert_false(answer_fits(0, 4096));
    assert_false(answer_fits(TPM_MESSAGE_HEADER_SIZE - 1, 4096));
    assert_false(answer_fits(TPM_MESSAGE_MAX + 1, 8192));
    assert_false(answer_fits(UINT32_MAX, 4096));
    assert_false(answer_fits(101, 100));
}

static void header_agrees(void **state)
{
    const uint8_t answer[TPM_MESSAGE_HEADER_SIZE] = {0x80, 1, 0, 0, 0x0f, 0xf8};

    assert_true(answer_is_whole(answer, 4088));
    assert_false(answer_is_whole(answer, 4087));
    assert_false(answer_is_whole(answer, 10));
}

static void high_bytes_count(void **state)
{
    const uint8_t answer[TPM_MESSAGE_HEADER_SIZE] = {0x80, 1, 0xff, 0, 0, 10};

    assert_false(answer_is_whole(answer, 10));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_that_fit),
        cmocka_unit_test(sizes_that_do_not),
        cmocka_unit_test(header_agrees),
        cmocka_unit_test(high_bytes_count),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
