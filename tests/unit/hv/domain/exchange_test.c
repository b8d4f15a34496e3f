/* SPDX-License-Identifier: MIT */
/*
 * An exchange whose domain begins to die in the middle: it gave its frames, and
 * gets none for them, or they would be nobody's to take back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/mem/heap.h"
#include "hv/mem/memory.h"
#include "tests/unit/hv/mem/machine.h"

/* The frame's number is read first, then the PFN that the new one gets. */
static unsigned int reads, dies_at;
static uint64_t given;

bool __wrap_guest_read_u64(uint64_t *to, gva_t from);
bool __wrap_guest_write_u64(gva_t to, uint64_t value);

bool __wrap_guest_read_u64(uint64_t *to, gva_t from)
{
    (void)from;
    *to = given;
    if (++reads == dies_at) {
        sides[1].is_dying = 1;
        sides[1].memory.max_pages = 0;
    }
    return true;
}

bool __wrap_guest_write_u64(gva_t to, uint64_t value)
{
    (void)to;
    (void)value;
    return true;
}

static long exchange_one(void)
{
    static uint64_t args[5];
    struct call call = {
        .caller = &runners[0], .target = &sides[1], .args = args};
    struct xen_memory_exchange arg = {.in.nr_extents = 1, .out.nr_extents = 1};

    machine_reset();
    given = machine_frame(1, 1 + 16 * 60);
    reads = 0;
    return do_memory_op_exchange(NULL, &call, &arg);
}

static uint64_t count_of(unsigned int side)
{
    uint64_t count = 0;

    for (uint64_t mfn = 0; mfn < FRAMES; mfn++) {
        count += frame_table[mfn].owner == side;
    }
    return count;
}

static void one_frame_for_another(void **unused)
{
    (void)unused;
    dies_at = 0;
    assert_int_equal(exchange_one(), 0);
    assert_int_equal(sides[1].memory.page_count, FRAMES_PER_SIDE);
    assert_int_equal(count_of(1), FRAMES_PER_SIDE);
}

static void a_dying_domain_keeps_what_it_has(void **unused)
{
    (void)unused;
    dies_at = 1;
    assert_int_equal(exchange_one(), -EINVAL);
    assert_int_equal(sides[1].memory.page_count, FRAMES_PER_SIDE);
    assert_int_equal(count_of(1), FRAMES_PER_SIDE);
}

static void a_dying_domain_gets_nothing(void **unused)
{
    uint64_t before;

    (void)unused;
    machine_reset();
    before = heap_free_count();
    dies_at = 2;
    assert_int_equal(exchange_one(), -EFAULT);
    assert_int_equal(sides[1].memory.page_count, FRAMES_PER_SIDE - 1);
    assert_int_equal(count_of(1), FRAMES_PER_SIDE - 1);
    assert_int_equal(heap_free_count(), before + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_frame_for_another),
        cmocka_unit_test(a_dying_domain_keeps_what_it_has),
        cmocka_unit_test(a_dying_domain_gets_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
