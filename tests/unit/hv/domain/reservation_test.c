/* SPDX-License-Identifier: MIT */
/*
 * Frames that a domain asks for, while another of its vCPUs is quicker than the
 * answer: what is the domain's no more is not given back, nor numbered, in its
 * name.
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

/*
 * The second frame of an extent is referred to by an unused table, and there is
 * no work left to drop that: the extent was half gone, and its rest not found
 * when the call went on.
 */
static void an_extent_goes_whole_or_not_yet(void **unused)
{
    struct call call = call_of(1);
    uint64_t mfn;
    struct xen_memory_reservation arg = {
        .nr_extents = 1, .extent_order = 1, .extent_start.p = &mfn};
    struct page *l1;

    (void)unused;
    machine_reset();
    mfn = machine_frame(1, 1 + 16 * 60);
    machine_run(1);
    assert_int_equal(frame_table[mfn + 1].owner, sides[1].id);
    table = machine_frame(1, 1 + 16 * 70);
    l1 = page_of(MFN(table));
    assert_int_equal(page_get_and_type(l1, &sides[1].memory, PAGE_L1), 0);
    assert_int_equal(map(1, table, mfn + 1, 5), 0);
    page_put_and_type(l1);
    fake_cpu->budget = 2 * WORK_FRAME;
    assert_int_equal(do_memory_op_decrease_reservation(NULL, &call, &arg),
                     -ERESTART);
    assert_int_equal(frame_table[mfn].owner, sides[1].id);
    assert_int_equal(frame_table[mfn].refs, 1);
    fake_cpu->budget = WORK_BUDGET;
    assert_int_equal(do_memory_op_decrease_reservation(NULL, &call, &arg), 1);
    assert_int_equal(frame_table[mfn].owner, OWNER_FREE);
    assert_int_equal(frame_table[mfn + 1].owner, OWNER_FREE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nobody_is_told_of_a_frame_that_goes_back),
        cmocka_unit_test(what_another_domain_has_by_then_stays_its_own),
        cmocka_unit_test(what_is_mapped_by_then_stays),
        cmocka_unit_test(an_extent_goes_whole_or_not_yet),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
