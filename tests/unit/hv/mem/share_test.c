/* SPDX-License-Identifier: MIT */
/*
 * A frame of ours is lent and taken back, and after any one instruction of that
 * another CPU takes references on it, as the domain that it is lent to may do
 * with any number.  Whatever it met, a lent frame is a lent frame, its counts
 * are exact, and one that was taken back is freed once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <limits.h>
#include <signal.h>
#include <ucontext.h>
#include <x86intrin.h>

#include "hv/mem/heap.h"
#include "hv/mem/memory.h"
#include "machine.h"

#define TRAP_FLAG 0x100 /* of RFLAGS: SIGTRAP after each instruction */

static struct page *lent;
static unsigned int steps, takes_at; /* instructions; 0: at none */
static bool is_slow; /* it puts them when the other CPU has come to its end */
static bool has_page, has_type;
static unsigned int taken, written;

static void take(void)
{
    has_page = page_get(lent, &sides[1].memory);
    has_type = has_page && page_get_writable(lent) == 0;
    taken += has_page;
    written += has_type;
}

static void put(void)
{
    if (has_type) {
        page_put_type(lent);
    }
    if (has_page) {
        page_put(lent);
    }
    has_page = has_type = false;
}

static void on_step(int signal, siginfo_t *info, void *context)
{
    greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;

    (void)signal;
    (void)info;
    if (++steps == takes_at) {
        registers[REG_EFL] &= ~TRAP_FLAG; /* the rest at once */
        take();
        if (!is_slow) {
            put();
        }
    }
}

static void share(void)
{
    memory_share_page(&sides[1].memory, lent);
}

static void unshare(void)
{
    memory_unshare_page(&sides[1].memory, lent);
}

/* Instruction by instruction up to one; how many they were. */
static unsigned int step_through(void (*operation)(void), unsigned int at)
{
    steps = 0;
    takes_at = at;
    if (at == 0) {
        operation();
        return 0;
    }
    __writeeflags(__readeflags() | TRAP_FLAG);
    operation();
    __writeeflags(__readeflags() & ~(unsigned long long)TRAP_FLAG);
    put();
    return steps;
}

static void lent_and_taken_back(unsigned int share_at, unsigned int unshare_at)
{
    uint64_t before = heap_free_count();

    assert_ptr_equal(heap_alloc_pages(0, 0), lent);
    step_through(share, share_at);
    assert_int_equal(page_type(lent), PAGE_SHARED);
    assert_int_equal(page_type_count(lent), 1);
    assert_int_equal(lent->refs, 1);
    assert_int_equal(lent->owner, sides[1].id);
    step_through(unshare, unshare_at);
    assert_int_equal(lent->refs, 0);
    assert_int_equal(lent->owner, OWNER_FREE);
    assert_int_equal(heap_free_count(), before);
    assert_int_equal(sides[1].memory.page_count, FRAMES_PER_SIDE);
}

/* The frame that the heap gives each time, and how long each of the two is. */
static void world_reset(unsigned int *share_steps, unsigned int *unshare_steps)
{
    const struct sigaction action = {.sa_sigaction = on_step,
                                     .sa_flags = SA_SIGINFO};

    machine_reset();
    assert_int_equal(sigaction(SIGTRAP, &action, NULL), 0);
    lent = heap_alloc_pages(0, 0);
    assert_non_null(lent);
    *share_steps = step_through(share, UINT_MAX);
    *unshare_steps = step_through(unshare, UINT_MAX);
    assert_in_range(*share_steps, 5, 10000);
    assert_in_range(*unshare_steps, 5, 10000);
    taken = written = 0;
}

static void a_lent_frame_is_one_from_the_first(void **unused)
{
    unsigned int share_steps, unshare_steps;

    (void)unused;
    world_reset(&share_steps, &unshare_steps);
    for (unsigned int at = 1; at <= share_steps; at++) {
        is_slow = false;
        lent_and_taken_back(at, 0);
        is_slow = true;
        lent_and_taken_back(at, 0);
    }
    assert_in_range(taken, 1, 2 * share_steps - 1); /* not before it is lent */
    assert_int_equal(written, taken);
}

static void a_frame_taken_back_goes_once(void **unused)
{
    unsigned int share_steps, unshare_steps;

    (void)unused;
    world_reset(&share_steps, &unshare_steps);
    for (unsigned int at = 1; taken == at - 1; at++) {
        assert_in_range(at, 1, unshare_steps);
        is_slow = at % 2 != 0;
        lent_and_taken_back(0, at);
    } /* until it is free, and nobody's to take */
    assert_in_range(taken, 10, unshare_steps);
    assert_int_equal(written, taken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lent_frame_is_one_from_the_first),
        cmocka_unit_test(a_frame_taken_back_goes_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
