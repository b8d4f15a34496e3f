/* SPDX-License-Identifier: MIT */
/*
 * An exchange whose domain begins to die in the middle: it gave its frames, and
 * gets none for them, or they would be nobody's to take back.  And one that is
 * more than an entry's work: it is made again, and comes to an end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/cpu/cpu.h"
#include "hv/mem/heap.h"
#include "hv/mem/memory.h"
#include "hv/mem/table.h"
#include "tests/unit/hv/mem/machine.h"

/* The frames' numbers are read first, then the PFNs that the new ones get. */
static unsigned int reads, dies_at;
static uint64_t given[40];

bool __wrap_guest_read_u64(uint64_t *to, gva_t from);
bool __wrap_guest_write_u64(gva_t to, uint64_t value);

bool __wrap_guest_read_u64(uint64_t *to, gva_t from)
{
    *to = given[from.va / sizeof(*to) % ARRAY_SIZE(given)];
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

long hypercall_continue(struct call *call)
{
    (void)call;
    return -ERESTART;
}

static long exchange_one(void)
{
    static uint64_t args[5];
    struct call call = {
        .caller = &runners[0], .target = &sides[1], .args = args};
    struct xen_memory_exchange arg = {.in.nr_extents = 1, .out.nr_extents = 1};

    machine_reset();
    given[0] = machine_frame(1, 1 + 16 * 60);
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

/* --- More than one entry's work --- */

#define ORDER  4u
#define COUNT  (1u << ORDER)
#define TABLES 33u /* more than were ever dropped before it was refused */

static unsigned int mem_flags; /* of what is asked for */

/* The domain's n-th frame. */
static uint64_t own_frame(unsigned int n)
{
    for (uint64_t mfn = 0; mfn < FRAMES; mfn++) {
        if (frame_table[mfn].owner == sides[1].id && n-- == 0) {
            return mfn;
        }
    }
    fail();
    return 0;
}

/* A frame becomes a table of one entry, and is not used any more. */
static void unused_table(uint64_t frame, uint64_t entry)
{
    struct page *page = page_of(MFN(frame));

    fake_cpu->budget = WORK_BUDGET;
    ((uint64_t *)mfn_to_hva(MFN(frame)))[0] = entry;
    assert_int_equal(page_get_and_type(page, &sides[1].memory, PAGE_L1), 0);
    page_put_and_type(page);
    assert_true(page->flags & PAGE_RETAINED);
}

static void world_reset(void)
{
    machine_on_flush = NULL;
    machine_reset();
    machine_run(1);
    dies_at = mem_flags = 0;
    for (unsigned int i = 0; i < ARRAY_SIZE(given); i++) {
        given[i] = own_frame(i);
    }
}

/* The first 2^order frames given, for as many in a row or one by one. */
static long exchange(unsigned int order, bool in_a_row, int64_t budget)
{
    static uint64_t args[5];
    struct call call = {
        .caller = &runners[1], .target = &sides[1], .args = args};
    struct xen_memory_exchange arg = {.in.nr_extents = 1,
                                      .in.extent_order = order,
                                      .out.nr_extents = 1ull << order,
                                      .out.mem_flags = mem_flags};

    if (in_a_row) {
        arg.in = (struct xen_memory_reservation){.nr_extents = 1ull << order};
        arg.out = (struct xen_memory_reservation){.nr_extents = 1,
                                                  .extent_order = order};
    }
    fake_cpu->budget = budget;
    return do_memory_op_exchange(NULL, &call, &arg);
}

static void every_frame_is_paid_for(void **unused)
{
    (void)unused;
    for (unsigned int in_a_row = 0; in_a_row < 2; in_a_row++) {
        world_reset();
        assert_int_equal(exchange(ORDER, in_a_row, WORK_BUDGET), 0);
        assert_int_equal(fake_cpu->budget, WORK_BUDGET - COUNT * WORK_FRAME);
        assert_int_equal(count_of(1), FRAMES_PER_SIDE);
    }
}

static void without_work_left_nothing_is_done(void **unused)
{
    uint64_t before;

    (void)unused;
    world_reset();
    before = heap_free_count();
    assert_int_equal(exchange(ORDER, true, 0), -ERESTART);
    assert_int_equal(heap_free_count(), before);
    assert_int_equal(frame_table[given[0]].refs, 1);
    assert_int_equal(frame_table[given[0]].owner, sides[1].id);
}

/* Until it is done: tries, none of which does more than a table's work. */
static unsigned int exchange_by_and_by(unsigned int order, int64_t budget)
{
    uint64_t before = heap_free_count();
    unsigned int tries = 1;
    long rc;

    while ((rc = exchange(order, true, budget)) == -ERESTART) {
        assert_true(fake_cpu->budget > -WORK_TABLE);
        assert_int_equal(heap_free_count(), before);
        assert_int_equal(count_of(1), FRAMES_PER_SIDE);
        assert_in_range(++tries, 1, FRAMES);
    }
    assert_int_equal(rc, 0);
    assert_int_equal(heap_free_count(), before);
    assert_int_equal(sides[1].memory.page_count, FRAMES_PER_SIDE);
    assert_int_equal(count_of(1), FRAMES_PER_SIDE);
    return tries;
}

static void frames_that_were_tables_go_by_and_by(void **unused)
{
    (void)unused;
    world_reset();
    for (unsigned int i = 0; i < COUNT; i++) {
        unused_table(given[i], 0);
    }
    assert_int_equal(exchange_by_and_by(ORDER, 1), COUNT + 1);
}

static void unused_tables_go_by_and_by(void **unused)
{
    (void)unused;
    world_reset();
    for (unsigned int i = 0; i < TABLES; i++) {
        unused_table(given[1 + i], given[0] << PAGE_SHIFT | 5);
    }
    assert_int_equal(exchange_by_and_by(0, WORK_BUDGET),
                     TABLES / (WORK_BUDGET / WORK_TABLE) + 1);
}

static void refuse(unsigned int order)
{
    struct page *last = page_of(MFN(given[(1u << order) - 1]));

    assert_true(page_get(last, &sides[1].memory));
    assert_int_equal(exchange(order, true, WORK_BUDGET), -EINVAL);
    assert_int_equal(frame_table[given[0]].refs, order == 0 ? 2 : 1);
    page_put(last);
}

static void what_is_in_use_stays(void **unused)
{
    (void)unused;
    world_reset();
    refuse(0);
    refuse(ORDER);
    given[COUNT - 1] = given[0]; /* twice */
    assert_int_equal(exchange(ORDER, true, WORK_BUDGET), -EINVAL);
    assert_int_equal(frame_table[given[0]].refs, 1);
    assert_int_equal(count_of(1), FRAMES_PER_SIDE);
}

/* Free frames are single ones, and those below the limit are found last. */
static void make_holes(void)
{
    for (uint64_t mfn = 0; mfn < FRAMES; mfn++) {
        if (frame_table[mfn].owner == sides[0].id) {
            assert_int_equal(memory_release_page(&sides[0].memory, MFN(mfn)),
                             0);
        }
    }
    while (heap_alloc_raw(0, 0) != NULL) {
    }
    for (uint64_t mfn = 9; mfn < FRAMES; mfn += 2) {
        if (frame_table[mfn].owner == OWNER_HV) {
            heap_free_pages(&frame_table[mfn], 0);
        }
    }
    mem_flags = PAGE_SHIFT + 7; /* address bits: below 128 frames */
}

/* Of 32 extents each was behind 64 others. */
static void a_search_for_each_is_refused(void **unused)
{
    uint64_t before;

    (void)unused;
    world_reset();
    make_holes();
    for (unsigned int i = 0; i < 32; i++) {
        given[i] = given[0] + i; /* in a row they are */
        assert_int_equal(frame_table[given[i]].owner, sides[1].id);
    }
    before = heap_free_count();
    assert_int_equal(exchange(5, false, WORK_BUDGET), -ENOMEM);
    assert_int_equal(heap_free_count(), before);
    assert_int_equal(count_of(1), FRAMES_PER_SIDE);
    make_holes();
    assert_int_equal(exchange(4, false, WORK_BUDGET), 0);
    make_holes();
    mem_flags = 0;
    given[0] += COUNT;
    assert_int_equal(exchange(4, false, WORK_BUDGET), 0);
    assert_int_equal(count_of(1), FRAMES_PER_SIDE);
}

/* Of what it gets: after it was seen to that the frames can be taken. */
static void make_tables(void)
{
    int64_t budget = fake_cpu->budget;

    machine_on_flush = NULL;
    for (unsigned int i = 0; i < 2; i++) {
        unused_table(given[COUNT + i], given[i] << PAGE_SHIFT | 5);
    }
    fake_cpu->budget = budget;
}

static void another_vcpu_is_quicker(void **unused)
{
    uint64_t before;

    (void)unused;
    world_reset();
    before = heap_free_count();
    for (uint64_t mfn = 0; mfn < FRAMES; mfn++) {
        if (frame_table[mfn].owner == OWNER_FREE) {
            page_stamp(&frame_table[mfn]);
        }
    }
    machine_on_flush = make_tables;
    assert_int_equal(exchange(ORDER, true, 1), -ERESTART);
    assert_null(machine_on_flush);
    assert_int_equal(heap_free_count(), before);
    assert_int_equal(count_of(1), FRAMES_PER_SIDE);
    assert_int_equal(frame_table[given[0]].refs + frame_table[given[1]].refs,
                     3);
    assert_int_equal(exchange_by_and_by(ORDER, WORK_BUDGET), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_frame_for_another),
        cmocka_unit_test(a_dying_domain_keeps_what_it_has),
        cmocka_unit_test(a_dying_domain_gets_nothing),
        cmocka_unit_test(every_frame_is_paid_for),
        cmocka_unit_test(without_work_left_nothing_is_done),
        cmocka_unit_test(frames_that_were_tables_go_by_and_by),
        cmocka_unit_test(unused_tables_go_by_and_by),
        cmocka_unit_test(what_is_in_use_stays),
        cmocka_unit_test(a_search_for_each_is_refused),
        cmocka_unit_test(another_vcpu_is_quicker),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
