/* SPDX-License-Identifier: MIT */
/*
 * The search for a block below a limit: what lies behind others is found, each
 * that is looked at is paid for, and what cannot be is not looked for.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hv/cpu/cpu.h"
#include "hv/mem/heap.h"
#include "machine.h"

#define LOW      16u /* a frame that is freed first, so that it is found last */
#define LOW_BITS 17u /* of addresses below 32 frames */
#define SINGLES  50u

/* Single frames that are free, most of them high, and nothing else. */
static void world_reset(void)
{
    machine_reset();
    while (heap_alloc_raw(0, 0) != NULL) {
    }
    heap_free_pages(&frame_table[LOW], 0);
    for (unsigned int i = 0; i < SINGLES; i++) {
        heap_free_pages(&frame_table[FRAMES - 1 - 2 * i], 0);
    }
    fake_cpu->budget = WORK_BUDGET;
}

static void what_is_behind_others_is_found(void **unused)
{
    const struct page *page;

    (void)unused;
    world_reset();
    page = heap_alloc_raw(0, LOW_BITS);
    assert_ptr_equal(page, &frame_table[LOW]);
    assert_int_equal(fake_cpu->budget, WORK_BUDGET - SINGLES);
    assert_null(heap_alloc_raw(0, LOW_BITS));
    assert_int_equal(fake_cpu->budget, WORK_BUDGET - 2 * SINGLES);
}

static void what_may_be_anywhere_is_not_searched_for(void **unused)
{
    (void)unused;
    world_reset();
    assert_non_null(heap_alloc_raw(0, 0));
    assert_non_null(heap_alloc_raw(0, 64));
    assert_int_equal(fake_cpu->budget, WORK_BUDGET);
}

static void what_cannot_be_is_not_searched_for(void **unused)
{
    (void)unused;
    world_reset();
    for (unsigned int order = 0; order <= HEAP_MAX_ORDER; order++) {
        for (unsigned int bits = 1; bits < PAGE_SHIFT + order; bits++) {
            assert_null(heap_alloc_raw(order, bits));
        }
    }
    assert_int_equal(fake_cpu->budget, WORK_BUDGET);
}

/* Of blocks that are larger than all that is below the limit, neither. */
static void larger_blocks_are_not_looked_at(void **unused)
{
    (void)unused;
    world_reset();
    assert_null(heap_alloc_raw(0, PAGE_SHIFT));
    assert_int_equal(fake_cpu->budget, WORK_BUDGET - (SINGLES + 1));
    fake_cpu->budget = WORK_BUDGET;
    machine_reset(); /* free frames are in few large blocks */
    assert_null(heap_alloc_raw(0, PAGE_SHIFT + 3));
    assert_in_range(fake_cpu->budget, WORK_BUDGET - 8, WORK_BUDGET);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_behind_others_is_found),
        cmocka_unit_test(what_may_be_anywhere_is_not_searched_for),
        cmocka_unit_test(what_cannot_be_is_not_searched_for),
        cmocka_unit_test(larger_blocks_are_not_looked_at),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
