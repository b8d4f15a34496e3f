/* SPDX-License-Identifier: MIT */
/* tpm_page: a command is taken if its two sizes agree, whole and once; nothing
 * that the guest writes makes us read or write outside the page. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "vtpm/base/tpm_page.h"

#define PAGE     4096
#define SIZE_AT  0
#define STATE_AT 4
#define LOCALITY 5
#define EXTRA_AT 7
#define DATA_AT  8
#define SUBMIT   1
#define FINISH   2
#define CANCEL   3

static uint8_t *page; /* exactly a page, so that the sanitizer sees its end */
static struct tpm_command command;

static void submit(uint32_t length, uint32_t header_length)
{
    memset(page, 0, PAGE);
    memcpy(page + SIZE_AT, &length, 4);
    page[STATE_AT] = SUBMIT;
    page[LOCALITY] = 3;
    page[DATA_AT] = 0x80;
    page[DATA_AT + 1] = 0x01;
    for (size_t i = 0; i < 4; i++) {
        page[DATA_AT + 2 + i] = (uint8_t)(header_length >> (8 * (3 - i)));
    }
}

static void takes_a_command(void **state)
{
    (void)state;
    for (uint32_t size = TPM_HEADER_SIZE; size <= VTPM_COMMAND_MAX; size++) {
        submit(size, size);
        assert_int_equal(tpm_page_take(page, &command), TPM_PAGE_COMMAND);
        assert_int_equal(command.size, size);
        assert_int_equal(command.locality, 3);
        assert_memory_equal(command.data, page + DATA_AT, size);
    }
}

static void refuses_sizes_that_cannot_be(void **state)
{
    (void)state;
    static const uint32_t sizes[] = {
        0, 1, 9, VTPM_COMMAND_MAX + 1, 4096, 65536, UINT32_MAX};
    for (size_t i = 0; i < 7; i++) {
        submit(sizes[i], sizes[i]);
        assert_int_equal(tpm_page_take(page, &command), TPM_PAGE_BAD);
        submit(12, sizes[i]);
        assert_int_equal(tpm_page_take(page, &command), TPM_PAGE_BAD);
        submit(sizes[i], 12);
        assert_int_equal(tpm_page_take(page, &command), TPM_PAGE_BAD);
    }
    submit(12, 12);
    page[EXTRA_AT] = 1;
    assert_int_equal(tpm_page_take(page, &command), TPM_PAGE_BAD);
}

static void knows_states(void **state)
{
    (void)state;
    submit(12, 12);
    for (unsigned int value = 0; value < 256; value++) {
        page[STATE_AT] = (uint8_t)value;
        enum tpm_page_status status = tpm_page_take(page, &command);
        assert_int_equal(status, value == SUBMIT   ? TPM_PAGE_COMMAND
                                 : value == CANCEL ? TPM_PAGE_CANCEL
                                                   : TPM_PAGE_NOTHING);
        assert_int_equal(tpm_page_is_cancelled(page), value == CANCEL);
    }
}

static void puts_a_response(void **state)
{
    (void)state;
    static uint8_t response[VTPM_COMMAND_MAX];
    memset(response, 0x77, sizeof(response));
    submit(12, 12);
    page[EXTRA_AT] = 200; /* it would put the data elsewhere */
    tpm_page_finish(page, bytes_of(response, sizeof(response)));
    uint32_t size;
    memcpy(&size, page + SIZE_AT, 4);
    assert_int_equal(size, VTPM_COMMAND_MAX);
    assert_int_equal(page[STATE_AT], FINISH);
    assert_memory_equal(page + DATA_AT, response, sizeof(response));
    tpm_page_drop(page);
    assert_int_equal(page[STATE_AT], 0);
}

static int set_up(void **state)
{
    (void)state;
    page = malloc(PAGE);
    return page != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    free(page);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(takes_a_command),
        cmocka_unit_test(refuses_sizes_that_cannot_be),
        cmocka_unit_test(knows_states),
        cmocka_unit_test(puts_a_response),
    };
    return cmocka_run_group_tests_name("tpm_page", tests, set_up, tear_down);
}
