/* SPDX-License-Identifier: MIT */
/*
 * Emulated writes to an entry while another CPU's page walk sets A and D in it:
 * each bit that was set is told to the guest, or is in the entry still.  A
 * kernel that misses a D drops a page that it should have written out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>

#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/cpu/cpu.h"
#include "hv/domain/mmu_update.h"
#include "hv/mem/memory.h"
#include "hv/mem/table.h"
#include "tests/unit/hv/mem/machine.h"

#define PLAIN (PTE_P | PTE_RW | PTE_US)
#define READ  (PTE_P | PTE_US)
#define VA    8u /* of the entry below, as its guest sees its table */

static uint64_t frames[6];
static uint64_t *entry; /* in the last table, which maps itself read-only */

static uint64_t frame_entry(unsigned int frame, uint64_t flags)
{
    return frames[frame] << PAGE_SHIFT | flags;
}

static uint64_t *table_at(unsigned int frame)
{
    return mfn_to_hva(MFN(frames[frame]));
}

/* A tree of four tables; the entry maps the fifth frame. */
static void world_reset(void)
{
    static uint64_t args[5];
    struct call call = {
        .caller = &runners[1], .target = &sides[1], .args = args};
    struct mmuext_op op = {0};
    unsigned int count = 0;

    machine_on_flush = NULL;
    machine_reset();
    machine_run(1);
    for (uint64_t mfn = 0; mfn < FRAMES && count < ARRAY_SIZE(frames); mfn++) {
        if (frame_table[mfn].owner == sides[1].id) {
            frames[count++] = mfn;
        }
    }
    for (unsigned int i = 0; i < 3; i++) {
        table_at(i)[0] = frame_entry(i + 1, PLAIN);
    }
    table_at(3)[0] = frame_entry(3, READ);
    entry = table_at(3) + VA / sizeof(*entry);
    *entry = frame_entry(4, PLAIN);
    op.arg1.mfn = frames[0];
    assert_int_equal(do_mmuext_op_new_baseptr(NULL, &call, &op), 0);
}

static int emulate(uint64_t *old, uint64_t new, bool compare)
{
    return mmu_write_pte(&runners[1], VA, old, new, compare);
}

/* --- In a moment that is known: the new entry's frame waits for a flush --- */

static void walk(void)
{
    machine_on_flush = NULL;
    *entry |= PTE_A | PTE_D;
}

/* May still be cached as a table: it is flushed before it may be written. */
static void wait_for_walk(unsigned int frame)
{
    page_stamp(page_of(MFN(frames[frame])));
    machine_on_flush = walk;
}

static void a_write_tells_what_was_set_meanwhile(void **unused)
{
    uint64_t old = 0;

    (void)unused;
    world_reset();
    wait_for_walk(5);
    assert_int_equal(emulate(&old, frame_entry(5, PLAIN), false), 0);
    assert_null(machine_on_flush);
    assert_int_equal(old, frame_entry(4, PLAIN | PTE_A | PTE_D));
    assert_int_equal(*entry, frame_entry(5, PLAIN));
}

static void what_is_not_the_same_any_more_stays(void **unused)
{
    const struct page *page;
    uint64_t old;

    (void)unused;
    world_reset();
    page = page_of(MFN(frames[5]));
    old = *entry;
    wait_for_walk(5);
    assert_int_equal(emulate(&old, frame_entry(5, PLAIN), true), -EAGAIN);
    assert_null(machine_on_flush);
    assert_int_equal(old, frame_entry(4, PLAIN | PTE_A | PTE_D));
    assert_int_equal(*entry, old);
    assert_int_equal(page->refs, 1); /* as if it had not been asked for */
    assert_int_equal(page_type_count(page), 0);
    assert_int_equal(emulate(&old, frame_entry(5, PLAIN), true), 0);
    assert_int_equal(*entry, frame_entry(5, PLAIN));
    assert_int_equal(page_type_count(page), 1);
    assert_int_equal(page_type_count(page_of(MFN(frames[4]))), 0);
}

static void what_is_refused_changes_nothing(void **unused)
{
    uint64_t old, was;

    (void)unused;
    world_reset();
    was = old = *entry;
    assert_int_equal(emulate(&old, frame_entry(3, PLAIN), true), -EINVAL);
    assert_int_equal(emulate(&old, frame_entry(3, PLAIN), false), -EINVAL);
    assert_int_equal(*entry, was);
    old = 0;
    assert_int_equal(emulate(&old, 0, true), -EAGAIN);
    assert_int_equal(old, was);
}

/* --- At any time: a CPU that does nothing else --- */

#define TURNS 200000u

static bool is_over;
static uint64_t set_count;

static void *walk_always(void *unused)
{
    (void)unused;
    while (!__atomic_load_n(&is_over, __ATOMIC_RELAXED)) {
        uint64_t was = *(volatile uint64_t *)entry;

        /* As a CPU: of a present entry, and only if it is still the same. */
        if ((was & PTE_P) && !(was & PTE_D) &&
            atomic_cas(entry, &was, was | PTE_A | PTE_D)) {
            set_count++;
        }
    }
    return NULL;
}

/* Writes that entry once; whether it had a D. */
static bool turn(uint64_t new, bool compare)
{
    uint64_t old = *(volatile uint64_t *)entry;

    int rc;

    do {
        rc = emulate(&old, new, compare);
        assert_true(rc == 0 || (compare && rc == -EAGAIN));
    } while (rc != 0);
    return (old & PTE_D) != 0;
}

/* Between two entries: the same but for A and D is an exchange in place. */
static void each_bit_is_seen_once(const uint64_t *values, bool compare)
{
    uint64_t seen = 0;
    pthread_t walker;

    world_reset();
    set_count = 0;
    is_over = false;
    assert_int_equal(pthread_create(&walker, NULL, walk_always, NULL), 0);
    for (unsigned int i = 0; i < TURNS; i++) {
        seen += turn(values[i % 2], compare);
    }
    __atomic_store_n(&is_over, true, __ATOMIC_RELAXED);
    assert_int_equal(pthread_join(walker, NULL), 0);
    seen += (*entry & PTE_D) != 0;
    assert_int_equal(seen, set_count);
    assert_int_not_equal(seen, 0);
}

static void no_bit_is_lost(void **unused)
{
    uint64_t same[2], other[2];

    (void)unused;
    world_reset();
    same[0] = same[1] = frame_entry(4, PLAIN);
    other[0] = frame_entry(4, PLAIN);
    other[1] = frame_entry(5, PLAIN);
    each_bit_is_seen_once(same, false);
    each_bit_is_seen_once(same, true);
    each_bit_is_seen_once(other, false);
    each_bit_is_seen_once(other, true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_write_tells_what_was_set_meanwhile),
        cmocka_unit_test(what_is_not_the_same_any_more_stays),
        cmocka_unit_test(what_is_refused_changes_nothing),
        cmocka_unit_test(no_bit_is_lost),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
