/* SPDX-License-Identifier: MIT */
/*
 * Frames that a domain asks for, while another of its vCPUs is quicker than the
 * answer: what is the domain's no more is not given back, nor numbered, in its
 * name.  And extents that it gives back while its unused tables refer to them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/cpu/cpu.h"
#include "hv/domain/mmu_update.h"
#include "hv/mem/heap.h"
#include "hv/mem/memory.h"
#include "hv/mem/table.h"
#include "tests/unit/hv/mem/machine.h"

/* --- The other vCPU: before the guest is told which frame it is --- */

static void (*before_answer)(uint64_t mfn);
static uint64_t seen;

bool __wrap_guest_write_u64(gva_t to, uint64_t value);

/* Where the answer goes cannot be written. */
bool __wrap_guest_write_u64(gva_t to, uint64_t value)
{
    (void)to;
    seen = value;
    if (before_answer != NULL) {
        before_answer(value);
    }
    return false;
}

long hypercall_continue(struct call *call)
{
    (void)call;
    return -ERESTART;
}

static struct call call_of(unsigned int side)
{
    static uint64_t args[5];

    return (struct call){
        .caller = &runners[side], .target = &sides[side], .args = args};
}

static long increase(unsigned int side)
{
    struct call call = call_of(side);
    struct xen_memory_reservation arg = {.nr_extents = 1, .domid = DOMID_SELF};

    machine_run(side);
    return do_memory_op_increase_reservation(NULL, &call, &arg);
}

static int map(unsigned int side, uint64_t table, uint64_t mfn, uint64_t flags)
{
    struct call call = call_of(side);
    struct mmu_element element = {table << PAGE_SHIFT,
                                  mfn << PAGE_SHIFT | flags};

    return (int)do_mmu_update_map_write(NULL, &call, &element);
}

static void nobody_is_told_of_a_frame_that_goes_back(void **unused)
{
    uint64_t before;

    (void)unused;
    machine_reset();
    before = sides[1].memory.page_count;
    before_answer = NULL;
    assert_int_equal(increase(1), 0);
    assert_int_equal(frame_table[seen].owner, OWNER_FREE);
    assert_int_equal(sides[1].memory.page_count, before);
}

static void release_and_give_to_another(uint64_t mfn)
{
    const struct page *theirs;

    assert_int_equal(memory_release_page(&sides[1].memory, MFN(mfn)), 0);
    theirs = memory_alloc_pages(&sides[0].memory, 0, 0);
    assert_int_equal(page_mfn(theirs).n, mfn);
    m2p[mfn] = 0x1234;
}

static void what_another_domain_has_by_then_stays_its_own(void **unused)
{
    (void)unused;
    machine_reset();
    before_answer = release_and_give_to_another;
    assert_int_equal(increase(1), 0);
    assert_int_equal(frame_table[seen].owner, sides[0].id);
    assert_int_equal(frame_table[seen].refs, 1);
    assert_int_equal(m2p[seen], 0x1234);
}

static uint64_t table;

static void release_get_again_and_map(uint64_t mfn)
{
    const struct page *again;

    assert_int_equal(memory_release_page(&sides[1].memory, MFN(mfn)), 0);
    again = memory_alloc_pages(&sides[1].memory, 0, 0);
    assert_int_equal(page_mfn(again).n, mfn);
    assert_int_equal(map(1, table, mfn, 5), 0);
}

static void what_is_mapped_by_then_stays(void **unused)
{
    struct call call = call_of(1);
    struct mmuext_op op = {.cmd = MMUEXT_PIN_L1_TABLE};

    (void)unused;
    machine_reset();
    machine_run(1);
    table = machine_frame(1, 1 + 16 * 60);
    op.arg1.mfn = table;
    assert_int_equal(do_mmuext_op_pin(NULL, &call, &op), 0);
    before_answer = release_get_again_and_map;
    assert_int_equal(increase(1), 0);
    assert_int_equal(frame_table[seen].owner, sides[1].id);
    assert_int_equal(frame_table[seen].refs, 2);
    assert_int_equal(memory_release_page(&sides[1].memory, MFN(seen)), -EBUSY);
}

/* --- Extents that unused tables refer to --- */

/* The domain's n-th frame that is no extent's of a test below. */
static uint64_t other_frame(unsigned int n)
{
    return machine_frame(1, 1 + 16 * (50 + n));
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

static long decrease(uint64_t mfn, unsigned int order, int64_t budget)
{
    struct call call = call_of(1);
    struct xen_memory_reservation arg = {
        .nr_extents = 1, .extent_order = order, .extent_start.p = &mfn};

    call.args[0] = XENMEM_decrease_reservation;
    fake_cpu->budget = budget;
    return do_memory_op_decrease_reservation(NULL, &call, &arg);
}

/* 2^order frames of the domain's, in a row. */
static uint64_t extent_of(unsigned int order)
{
    const struct page *page;

    machine_reset();
    machine_run(1);
    page = memory_alloc_pages(&sides[1].memory, order, 0);
    assert_non_null(page);
    return page_mfn(page).n;
}

/*
 * The second frame of an extent is referred to by two unused tables, and there
 * is no work left to drop both: the extent was half gone, and its rest not
 * found when the call went on.
 */
static void an_extent_goes_whole_or_not_yet(void **unused)
{
    uint64_t mfn = extent_of(1);

    (void)unused;
    unused_table(other_frame(0), (mfn + 1) << PAGE_SHIFT | 5);
    unused_table(other_frame(1), (mfn + 1) << PAGE_SHIFT | 5);
    assert_int_equal(decrease(mfn, 1, 2 * WORK_FRAME), -ERESTART);
    for (unsigned int i = 0; i < 2; i++) {
        assert_int_equal(frame_table[mfn + i].owner, sides[1].id);
    }
    assert_int_equal(frame_table[mfn].refs, 1);
    assert_int_equal(decrease(mfn, 1, WORK_BUDGET), 1);
    assert_int_equal(frame_table[mfn].owner, OWNER_FREE);
    assert_int_equal(frame_table[mfn + 1].owner, OWNER_FREE);
}

#define TABLES 10u

/*
 * An extent of order 8 is more work than an entry has: it was charged before
 * the first of the tables in its way was dropped, and so none ever was.
 */
static void each_try_comes_further(void **unused)
{
    uint64_t mfn = extent_of(4);
    unsigned int tries = 0;
    long rc;

    (void)unused;
    for (unsigned int i = 0; i < TABLES; i++) {
        unused_table(other_frame(i), (mfn + i) << PAGE_SHIFT | 5);
    }
    do {
        rc = decrease(mfn, 4, 1);
        assert_in_range(++tries, 1, TABLES);
        assert_true(rc == 1 || fake_cpu->budget == 1 - WORK_TABLE);
    } while (rc == -ERESTART);
    assert_int_equal(rc, 1);
    assert_int_equal(frame_table[mfn + 15].owner, OWNER_FREE);
}

/* So are the extent's own frames, if they were tables. */
static void frames_that_were_tables_are_paid_for(void **unused)
{
    uint64_t mfn = extent_of(5);
    unsigned int tries = 0;
    long rc;

    (void)unused;
    for (unsigned int i = 0; i < 32; i++) {
        unused_table(mfn + i, 0);
    }
    do {
        rc = decrease(mfn, 5, WORK_BUDGET);
        assert_in_range(++tries, 1, 32);
        assert_in_range(fake_cpu->budget + 32 * WORK_FRAME + WORK_TABLE, 0,
                        WORK_BUDGET);
    } while (rc == -ERESTART);
    assert_int_equal(rc, 1);
    assert_in_range(tries, 32 * WORK_TABLE / WORK_BUDGET, 32);
}

/* An extent that cannot go drops nothing first. */
static void what_is_not_its_own_is_refused_at_once(void **unused)
{
    uint64_t table_mfn, theirs;

    (void)unused;
    machine_reset();
    machine_run(1);
    table_mfn = other_frame(0);
    theirs = machine_frame(0, 1 + 16 * 10);
    unused_table(table_mfn, 0);
    for (unsigned int order = 0; order <= 9; order++) {
        assert_int_equal(decrease(theirs, order, WORK_BUDGET), 0);
        assert_int_equal(decrease(FRAMES, order, WORK_BUDGET), 0);
    }
    assert_true(frame_table[table_mfn].flags & PAGE_RETAINED);
}

/* A part of it is not: an end, if not at once. */
static void a_part_that_is_not_its_own_is_refused(void **unused)
{
    uint64_t mfn = extent_of(4);

    (void)unused;
    for (unsigned int order = 7; order <= 9; order++) {
        unsigned int tries = 0;
        long rc;

        unused_table(other_frame(0), (mfn + 1) << PAGE_SHIFT | 5);
        do {
            rc = decrease(mfn, order, WORK_BUDGET);
            assert_in_range(++tries, 1, 2);
        } while (rc == -ERESTART);
        assert_int_equal(rc, 0);
        assert_int_equal(frame_table[mfn].refs, 1);
    }
}

#define ORDER 5u

static void make_them_tables(uint64_t mfn)
{
    for (uint64_t i = 0; i < 1u << ORDER; i++) {
        unused_table(mfn + i, 0);
    }
    fake_cpu->budget = WORK_BUDGET;
}

/* As what is mapped: it is the domain's, who made it one. */
static void what_is_a_table_by_then_stays(void **unused)
{
    struct call call = call_of(1);
    struct xen_memory_reservation arg = {.nr_extents = 1,
                                         .extent_order = ORDER};

    (void)unused;
    machine_reset();
    machine_run(1);
    call.args[0] = XENMEM_increase_reservation;
    before_answer = make_them_tables;
    assert_int_equal(do_memory_op_increase_reservation(NULL, &call, &arg), 0);
    assert_int_equal(fake_cpu->budget, WORK_BUDGET);
    assert_int_equal(frame_table[seen].owner, sides[1].id);
    assert_true(frame_table[seen].flags & PAGE_RETAINED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_is_told_of_a_frame_that_goes_back),
        cmocka_unit_test(what_another_domain_has_by_then_stays_its_own),
        cmocka_unit_test(what_is_mapped_by_then_stays),
        cmocka_unit_test(an_extent_goes_whole_or_not_yet),
        cmocka_unit_test(each_try_comes_further),
        cmocka_unit_test(frames_that_were_tables_are_paid_for),
        cmocka_unit_test(what_is_not_its_own_is_refused_at_once),
        cmocka_unit_test(a_part_that_is_not_its_own_is_refused),
        cmocka_unit_test(what_is_a_table_by_then_stays),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
