/* SPDX-License-Identifier: MIT */
/* The rules of the page-type system, one by one; the oracle recounts after each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "calls.h"
#include "hv/base/errno.h"
#include "hv/cpu/cpu.h"
#include "hv/domain/mmuext.h"
#include "hv/mem/heap.h"
#include "hv/mem/memory.h"
#include "hv/mem/table.h"
#include "machine.h"

static void test_table_cannot_be_mapped_writable(void **unused)
{
    uint64_t l1, other;

    (void)unused;
    machine_reset();
    l1 = machine_frame(0, 1 + 16 * 20);
    other = machine_frame(0, 1 + 16 * 21);
    assert_int_equal(pin(0, l1, 1), 0);
    assert_int_equal(pin(0, other, 1), 0);
    assert_int_equal(update(0, l1, 3, other << 12 | 7), -EINVAL);
    assert_int_equal(update(0, l1, 3, other << 12 | 5), 0);
    /* XSA-182 class: only RW differs, and it must not pass as harmless. */
    assert_int_equal(update(0, l1, 3, other << 12 | 7), -EINVAL);
    check(0);
}

static void test_writable_page_cannot_be_a_table(void **unused)
{
    uint64_t l1, page;

    (void)unused;
    machine_reset();
    l1 = machine_frame(0, 1 + 16 * 20);
    page = machine_frame(0, 1 + 16 * 21);
    assert_int_equal(pin(0, l1, 1), 0);
    assert_int_equal(update(0, l1, 0, page << 12 | 7), 0);
    assert_int_equal(pin(0, page, 1), -EINVAL);
    assert_int_equal(update(0, l1, 0, 0), 0);
    flushes = 0;
    assert_int_equal(pin(0, page, 1), 0);
    assert_int_not_equal(flushes, 0); /* somebody may still have it cached */
    check(0);
}

/*
 * A table that is none any more was writable at once: whoever had the entry
 * above it cached still walked it, and with it what the guest wrote there.
 */
static void test_table_is_flushed_before_it_is_written(void **unused)
{
    uint64_t l2, table, other;

    (void)unused;
    machine_reset();
    l2 = machine_frame(0, 1 + 16 * 20);
    table = machine_frame(0, 1 + 16 * 21);
    other = machine_frame(0, 1 + 16 * 22);
    assert_int_equal(pin(0, other, 1), 0);
    for (unsigned int is_drained = 0; is_drained < 2; is_drained++) {
        assert_int_equal(update(0, l2, 0, table << 12 | 7), 0);
        assert_int_equal(pin(0, l2, 2), 0);
        assert_int_equal(update(0, l2, 0, 0), 0);
        if (is_drained) {
            assert_true(retained_drain(&sides[0].memory, 1));
        }
        flushes = 0;
        assert_int_equal(update(0, other, 0, table << 12 | 7), 0);
        assert_int_not_equal(flushes, 0);
        assert_int_equal(update(0, other, 0, 0), 0);
        assert_int_equal(unpin(0, l2), 0);
        check(is_drained);
    }
}

static uint64_t claimed;

static void try_to_take_it(void)
{
    machine_on_flush = NULL;
    assert_int_equal(page_type(page_of(MFN(claimed))), PAGE_NONE);
    assert_int_equal(pin(0, claimed, 1), -EINVAL);
    assert_int_equal(release(0, claimed), -EBUSY);
}

/* While that flush is waited for, without a lock, it becomes nothing else. */
static void test_frame_that_waits_for_a_flush(void **unused)
{
    struct page *page;

    (void)unused;
    machine_reset();
    claimed = machine_frame(0, 1 + 16 * 20);
    page = page_of(MFN(claimed));
    assert_int_equal(pin(0, claimed, 1), 0);
    assert_int_equal(unpin(0, claimed), 0);
    assert_true(retained_drain(&sides[0].memory, 1));
    assert_true(page_get(page, &sides[0].memory));
    machine_on_flush = try_to_take_it;
    assert_int_equal(page_get_writable(page), 0);
    assert_null(machine_on_flush);
    assert_int_equal(page_type(page), PAGE_WRITABLE);
    page_put_and_type(page);
    check(0);
}

static void test_foreign_frames_are_refused(void **unused)
{
    uint64_t l1, theirs;

    (void)unused;
    machine_reset();
    l1 = machine_frame(1, 1 + 16 * 60);
    theirs = machine_frame(0, 1 + 16 * 10);
    machine_run(1);
    assert_int_equal(frame_table[theirs].owner, 0);
    assert_int_equal(pin(1, l1, 1), 0);
    assert_int_equal(update(1, l1, 0, theirs << 12 | 5), -EINVAL);
    assert_int_equal(update(1, theirs, 0, 0), -EINVAL);
    assert_int_equal(pin(1, theirs, 1), -EINVAL);
    assert_int_equal(update(1, l1, 0, 3ull << 12 | 5), -EPERM); /* I/O */
    check(0);
}

static void test_foreign_maps_count_on_the_owner(void **unused)
{
    uint64_t l1, theirs, other;

    (void)unused;
    machine_reset();
    l1 = machine_frame(0, 1 + 16 * 20);
    theirs = machine_frame(1, 1 + 16 * 60);
    other = machine_frame(1, 1 + 16 * 61);
    assert_int_equal(pin(0, l1, 1), 0);
    assert_int_equal(foreign_update(l1, 0, theirs << 12 | 7), 0);
    check(0);
    /* XSA-287 class: what another domain can write becomes no table, whoever
     * asks, and its owner cannot give it away under the mapping. */
    assert_int_equal(foreign_pin(theirs, 1), -EINVAL);
    assert_int_equal(pin(1, theirs, 1), -EINVAL);
    assert_int_equal(release(1, theirs), -EBUSY);
    /* Naming the wrong owner maps nothing; naming none unmaps. */
    assert_int_equal(update(0, l1, 1, theirs << 12 | 5), -EINVAL);
    assert_int_equal(foreign_update(l1, 1, l1 << 12 | 5), -EINVAL);
    assert_int_equal(foreign_update(l1, 1, 3ull << 12 | 5), -EPERM);
    assert_int_equal(foreign_update(theirs, 0, other << 12 | 5), -EINVAL);
    assert_int_equal(update(0, l1, 0, 0), 0);
    flushes = 0;
    assert_int_equal(foreign_pin(theirs, 1), 0);
    assert_int_not_equal(flushes, 0);
    assert_int_equal(foreign_update(l1, 0, theirs << 12 | 7), -EINVAL);
    assert_int_equal(foreign_update(l1, 0, theirs << 12 | 5), 0);
    assert_int_equal(foreign_update(l1, 0, theirs << 12 | 7), -EINVAL);
    assert_int_equal(pin(1, theirs, 1), -EINVAL); /* there is one pin */
    assert_int_equal(unpin(1, theirs), 0);
    check(1);
}

/* An upper table has no room for what is somebody else's. */
static void test_foreign_tables_are_refused(void **unused)
{
    uint64_t l2, theirs;

    (void)unused;
    machine_reset();
    l2 = machine_frame(0, 1 + 16 * 20);
    theirs = machine_frame(1, 1 + 16 * 60);
    assert_int_equal(pin(0, l2, 2), 0);
    assert_int_equal(foreign_pin(theirs, 1), 0);
    assert_int_equal(foreign_update(l2, 0, theirs << 12 | 7), -EINVAL);
    assert_int_equal(update(0, l2, 0, theirs << 12 | 7), -EINVAL);
    check(0);
}

/* The owner is gone, its frame is not while somebody maps it. */
static void test_a_mapped_frame_outlives_its_owner(void **unused)
{
    uint64_t l1, theirs, count;

    (void)unused;
    machine_reset();
    l1 = machine_frame(0, 1 + 16 * 20);
    theirs = machine_frame(1, 1 + 16 * 60);
    assert_int_equal(pin(0, l1, 1), 0);
    assert_int_equal(foreign_update(l1, 0, theirs << 12 | 7), 0);
    sides[1].is_dying = 1;
    sides[1].memory.max_pages = 0;
    assert_int_equal(foreign_pin(theirs, 1), -ESRCH);
    assert_null(memory_alloc_pages(&sides[1].memory, 0, 0));
    count = sides[1].memory.page_count;
    page_put(page_of(MFN(theirs))); /* the allocation's reference */
    assert_int_equal(frame_table[theirs].owner, 1);
    assert_int_equal(sides[1].memory.page_count, count);
    assert_int_equal(update(0, l1, 0, 0), 0);
    assert_int_equal(frame_table[theirs].owner, OWNER_FREE);
    assert_int_equal(sides[1].memory.page_count, count - 1);
    check(0);
}

/*
 * Of a dying domain's frame the last reference may be somebody's mapping, and
 * not the allocation's: it was released under a read-only mapping.
 */
static void test_a_dying_domain_releases_nothing(void **unused)
{
    uint64_t l1, theirs;

    (void)unused;
    machine_reset();
    l1 = machine_frame(0, 1 + 16 * 20);
    theirs = machine_frame(1, 1 + 16 * 60);
    assert_int_equal(pin(0, l1, 1), 0);
    assert_int_equal(foreign_update(l1, 0, theirs << 12 | 5), 0);
    sides[1].is_dying = 1;
    sides[1].memory.max_pages = 0;
    page_put(page_of(MFN(theirs))); /* the allocation's reference */
    assert_int_equal(release(1, theirs), -EBUSY);
    assert_int_equal(frame_table[theirs].owner, 1);
    assert_int_equal(update(0, l1, 0, 0), 0);
    assert_int_equal(frame_table[theirs].owner, OWNER_FREE);
}

static void test_hypervisor_slots_are_ours(void **unused)
{
    uint64_t l4, l3;

    (void)unused;
    machine_reset();
    l4 = machine_frame(0, 1 + 16 * 20);
    l3 = machine_frame(0, 1 + 16 * 21);
    assert_int_equal(update(0, l4, 260, l3 << 12 | 7), 0); /* plain so far */
    assert_int_equal(pin(0, l4, 4), 0);
    assert_int_not_equal(((uint64_t *)mfn_to_hva(MFN(l4)))[260], l3 << 12 | 7);
    assert_int_equal(update(0, l4, 260, l3 << 12 | 7), -EINVAL);
    assert_int_equal(update(0, l4, 272, l3 << 12 | 7), 0);
    assert_int_equal(update(0, l4, 1, l4 << 12 | 5), -EINVAL); /* linear */
    check(0);
}

/*
 * A table that lost its last use was still updated as a table; an entry that
 * mapped the table itself writable then dropped its type half way, and the
 * entry's references were never found again.
 */
static void test_unused_table_maps_itself(void **unused)
{
    uint64_t l1, l2;

    (void)unused;
    machine_reset();
    l1 = machine_frame(0, 1 + 16 * 20);
    l2 = machine_frame(0, 1 + 16 * 21);
    assert_int_equal(update(0, l2, 0, l1 << 12 | 7), 0);
    assert_int_equal(pin(0, l2, 2), 0);
    assert_int_equal(update(0, l2, 0, 0), 0);
    assert_int_equal(update(0, l1, 0, l1 << 12 | 7), 0);
    check(0);
    assert_int_equal(release(0, l1), 0);
}

/*
 * R was an L3 table over X, an L2 over T, and is unused now. X's entry becomes R
 * as an L1, whose old entry maps X writable: R's last use of X goes, and X stays
 * a table while its own entry is written.
 */
static void test_unused_table_above_maps_it(void **unused)
{
    uint64_t l4, r, x, t;

    (void)unused;
    machine_reset();
    l4 = machine_frame(0, 1 + 16 * 20);
    r = machine_frame(0, 1 + 16 * 21);
    x = machine_frame(0, 1 + 16 * 22);
    t = machine_frame(0, 1 + 16 * 23);
    assert_int_equal(pin(0, t, 1), 0);
    assert_int_equal(update(0, x, 0, t << 12 | 7), 0);
    assert_int_equal(update(0, r, 0, x << 12 | 7), 0);
    assert_int_equal(update(0, l4, 0, r << 12 | 7), 0);
    assert_int_equal(pin(0, l4, 4), 0);
    assert_int_equal(update(0, l4, 0, 0), 0);
    check(0);
    assert_int_equal(update(0, x, 0, r << 12 | 7), -EINVAL);
    check(1);
    assert_int_equal(page_type(page_of(MFN(t))), PAGE_L1);
    assert_int_equal(page_type_count(page_of(MFN(t))), 2); /* pin and X */
}

/* Whoever is refused a frame leaves no trace on it: it is not his to change. */
static void test_uncached_leaves_others_frames_alone(void **unused)
{
    uint64_t table, theirs, freed = FRAMES - 1;

    (void)unused;
    machine_reset();
    table = machine_frame(0, 1 + 16 * 20);
    theirs = machine_frame(1, 1 + 16 * 60);
    assert_non_null(sides[0].memory.iomem.denied); /* may map uncached */
    assert_int_equal(pin(0, table, 1), 0);
    for (uint64_t flags = 5; flags <= 7; flags += 2) {
        assert_int_equal(update(0, table, 0, theirs << 12 | PTE_PCD | flags),
                         -EINVAL);
        assert_int_equal(update(0, table, 0, freed << 12 | PTE_PCD | flags),
                         -EINVAL);
    }
    assert_int_equal(frame_table[theirs].flags, 0);
    assert_int_equal(frame_table[freed].owner, OWNER_FREE);
    assert_int_equal(frame_table[freed].flags & PAGE_UNCACHED, 0);
    check(0);
}

/* A vCPU that blocks inside a multicall still uses its tables. */
static void test_flush_reaches_who_is_in_the_hypervisor(void **unused)
{
    (void)unused;
    machine_reset();
    runners[0].is_loaded = 1;
    runners[0].state = VCPU_BLOCKED;
    domain_flush(&sides[0]);
    assert_int_equal(flushed_cpus, 1);
    runners[0].is_loaded = 0;
    domain_flush(&sides[0]);
    assert_int_equal(flushed_cpus, 0);
}

/* A reference taken too late finds none to add to, or is its new owner's. */
static void test_frame_of_no_domain_has_no_reference(void **unused)
{
    struct page *page;

    (void)unused;
    machine_reset();
    page = heap_alloc_pages(0, 0);
    assert_non_null(page);
    assert_int_equal(page->refs, 0);
    check(0);
    memory_share_page(&sides[1].memory, page);
    assert_int_equal(page->refs, 1);
    assert_false(page_get(page, &sides[0].memory));
    assert_int_equal(page->refs, 1);
}

static void test_pins_are_counted_once(void **unused)
{
    uint64_t l1;

    (void)unused;
    machine_reset();
    l1 = machine_frame(0, 1 + 16 * 20);
    assert_int_equal(unpin(0, l1), -EINVAL);
    assert_int_equal(pin(0, l1, 1), 0);
    assert_int_equal(pin(0, l1, 1), -EINVAL);
    assert_int_equal(pin(0, l1, 2), -EINVAL);
    assert_int_equal(release(0, l1), -EBUSY);
    assert_int_equal(unpin(0, l1), 0);
    assert_int_equal(unpin(0, l1), -EINVAL);
    assert_int_equal(release(0, l1), 0);
    check(0);
}

/* Every entry may be validated in a call of its own, and it ends. */
static void test_long_validation_comes_to_an_end(void **unused)
{
    struct page *l2;
    unsigned int tries = 0;
    uint64_t top;
    int rc;

    (void)unused;
    machine_reset();
    top = machine_frame(0, 1 + 16 * 8);
    for (unsigned int i = 1; i <= 20; i++) {
        uint64_t l1 = machine_frame(0, 1 + 16 * (8 + i));

        assert_int_equal(update(0, top, i, l1 << 12 | 7), 0);
    }
    l2 = page_of(MFN(top));
    do {
        fake_cpu->budget = 2 * WORK_TABLE;
        rc = page_get_and_type(l2, &sides[0].memory, PAGE_L2);
        if (rc != 0) {
            check(tries);
        }
        assert_in_range(tries, 0, 30);
        tries++;
    } while (rc == -ERESTART);
    assert_int_equal(rc, 0);
    assert_in_range(tries, 5, 30);
    page_put_and_type(l2);
    check(tries);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table_cannot_be_mapped_writable),
        cmocka_unit_test(test_writable_page_cannot_be_a_table),
        cmocka_unit_test(test_table_is_flushed_before_it_is_written),
        cmocka_unit_test(test_frame_that_waits_for_a_flush),
        cmocka_unit_test(test_foreign_frames_are_refused),
        cmocka_unit_test(test_foreign_maps_count_on_the_owner),
        cmocka_unit_test(test_foreign_tables_are_refused),
        cmocka_unit_test(test_a_mapped_frame_outlives_its_owner),
        cmocka_unit_test(test_a_dying_domain_releases_nothing),
        cmocka_unit_test(test_hypervisor_slots_are_ours),
        cmocka_unit_test(test_unused_table_maps_itself),
        cmocka_unit_test(test_unused_table_above_maps_it),
        cmocka_unit_test(test_uncached_leaves_others_frames_alone),
        cmocka_unit_test(test_flush_reaches_who_is_in_the_hypervisor),
        cmocka_unit_test(test_frame_of_no_domain_has_no_reference),
        cmocka_unit_test(test_pins_are_counted_once),
        cmocka_unit_test(test_long_validation_comes_to_an_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
