/* SPDX-License-Identifier: MIT */
/*
 * The page-type system against an oracle that recounts everything after each
 * operation: random sequences, few frames as tables of all levels, and every
 * short sequence of a small machine.  An operation may be refused; what it may
 * not do is leave a count that is not so, a table that somebody can write, or an
 * entry that was never validated.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "calls.h"
#include "hv/cpu/cpu.h"
#include "hv/domain/vcpu_descriptors.h"
#include "hv/mem/memory.h"
#include "hv/mem/table.h"
#include "machine.h"

static uint64_t state;

static uint64_t any(uint64_t limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % limit;
}

/* A type reference with little budget, as a long validation has at its end. */
static void hurried_pin(unsigned int side, uint64_t mfn, unsigned int level)
{
    struct page *page = page_of(MFN(mfn));
    struct domain *domain = &sides[side];

    fake_cpu->budget = (int64_t)any(3) * WORK_TABLE;
    if (page_get_and_type(page, &domain->memory, PAGE_L1 + level - 1) != 0) {
        return;
    }
    if (page->flags & PAGE_PINNED) {
        page_put_and_type(page);
    } else {
        page->flags |= PAGE_PINNED;
    }
}

static void set_gdt(unsigned int side, uint64_t mfn)
{
    uint64_t frames[1] = {mfn};

    if (vcpu_set_gdt(&runners[side], frames, any(2) ? 512 : 0) != 0) {
        return;
    }
}

/* Few slots, so that entries meet; flags that matter. */
static uint64_t any_entry(unsigned int side)
{
    static const uint64_t flags[] = {
        0,
        PTE_P,
        PTE_P | PTE_US,
        PTE_P | PTE_RW | PTE_US,
        PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D,
        PTE_P | PTE_RW | PTE_US | PTE_PAT_PS,
        PTE_P | PTE_US | PTE_NX | PTE_PCD,
        PTE_P | PTE_RW | PTE_US | PTE_G,
    };

    return machine_frame(side, any(1u << 20)) << PAGE_SHIFT |
           flags[any(sizeof(flags) / sizeof(flags[0]))];
}

static void foreign_operation(uint64_t mfn)
{
    uint64_t theirs = machine_frame(1, any(1u << 20));

    machine_run(0);
    switch (any(6)) {
    case 0:
        (void)foreign_pin(theirs, 1 + (unsigned int)any(4));
        break;
    case 1:
        (void)foreign_unpin(theirs);
        break;
    default:
        (void)foreign_update(mfn, (unsigned int)any(4), any_entry(1));
        break;
    }
}

static unsigned int any_slot(void)
{
    static const unsigned int slots[] = {0, 1, 2, 255, 256, 271, 272, 511};

    return slots[any(8)];
}

static void random_operation(void)
{
    unsigned int side = (unsigned int)any(2);
    uint64_t mfn = machine_frame(side, any(1u << 20));

    machine_run(side);
    fake_cpu->budget = WORK_BUDGET;
    switch (any(20)) {
    case 0:
        (void)pin(side, mfn, 1 + (unsigned int)any(4));
        break;
    case 1:
        (void)unpin(side, mfn);
        break;
    case 2:
        (void)set_root(side, mfn, false);
        break;
    case 3:
        (void)set_root(side, any(4) ? mfn : 0, true);
        break;
    case 4:
        hurried_pin(side, mfn, 1 + (unsigned int)any(4));
        break;
    case 5:
        (void)release(side, mfn);
        break;
    case 6:
        (void)memory_alloc_pages(&sides[side].memory, 0, 0);
        break;
    case 7:
        set_gdt(side, mfn);
        break;
    case 8:
        (void)retained_drain(&sides[side].memory, (uint32_t)any(4));
        break;
    case 9:
    case 10:
    case 11:
    case 12:
        foreign_operation(machine_frame(0, any(1u << 20)));
        break;
    default:
        (void)update(side, mfn, any_slot(), any_entry(side));
        break;
    }
}

static void test_random_sequences(void **unused)
{
    (void)unused;
    for (unsigned int round = 0; round < 100; round++) {
        machine_reset();
        state = 0x9e3779b97f4a7c15ull + round;
        for (unsigned int step = 0; step < 1500; step++) {
            random_operation();
            check(step);
        }
    }
}

/* Two tables and a page, named by number: the operations of a small scope. */
static void small_operation(unsigned int number, const uint64_t *frames)
{
    uint64_t a = frames[0], b = frames[1], c = frames[2];

    switch (number) {
    case 0: (void)pin(0, a, 1); break;
    case 1: (void)pin(0, a, 2); break;
    case 2: (void)pin(0, b, 1); break;
    case 3: (void)pin(0, b, 2); break;
    case 4: (void)unpin(0, a); break;
    case 5: (void)unpin(0, b); break;
    case 6: (void)update(0, a, 0, c << 12 | 7); break;
    case 7: (void)update(0, a, 0, b << 12 | 7); break;
    case 8: (void)update(0, a, 0, b << 12 | 5); break;
    case 9: (void)update(0, a, 0, a << 12 | 7); break;
    case 10: (void)update(0, a, 0, 0); break;
    case 11: (void)update(0, b, 0, a << 12 | 7); break;
    case 12: (void)update(0, b, 0, c << 12 | 5); break;
    case 13: (void)update(0, b, 0, 0); break;
    case 14: (void)release(0, c); break;
    case 15: (void)retained_drain(&sides[0].memory, 1); break;
    }
}

#define SMALL_OPERATIONS 16u
#define SMALL_LENGTH     4u

static void test_every_short_sequence(void **unused)
{
    unsigned int sequences = 1;

    (void)unused;
    for (unsigned int i = 0; i < SMALL_LENGTH; i++) {
        sequences *= SMALL_OPERATIONS;
    }
    for (unsigned int sequence = 0; sequence < sequences; sequence++) {
        uint64_t frames[3];
        unsigned int rest = sequence;

        machine_reset();
        for (unsigned int i = 0; i < 3; i++) {
            frames[i] = machine_frame(0, 1 + 16 * (8 + i));
        }
        for (unsigned int i = 0; i < SMALL_LENGTH; i++) {
            small_operation(rest % SMALL_OPERATIONS, frames);
            rest /= SMALL_OPERATIONS;
        }
        check(sequence);
    }
}

/* Few frames as tables of all levels, over and under each other. */
static void few_frames_operation(unsigned int frames)
{
    uint64_t a = machine_frame(0, 1 + 16 * (20 + any(frames)));
    uint64_t b = machine_frame(0, 1 + 16 * (20 + any(frames)));
    unsigned int slot = (unsigned int)any(2);

    machine_run(0);
    switch (any(16)) {
    case 0: (void)pin(0, a, 1 + (unsigned int)any(4)); break;
    case 1: (void)unpin(0, a); break;
    case 2:
    case 3: (void)update(0, a, slot, 0); break;
    case 4: (void)set_root(0, a, slot != 0); break;
    case 5: (void)retained_drain(&sides[0].memory, (uint32_t)any(2)); break;
    case 6: (void)release(0, a); break;
    case 7: (void)update(0, a, slot, b << 12 | 5); break;
    default: (void)update(0, a, slot, b << 12 | 7); break;
    }
}

static void test_few_frames(void **unused)
{
    (void)unused;
    for (unsigned int round = 0; round < 300; round++) {
        machine_reset();
        state = 0x9e3779b97f4a7c15ull + round;
        for (unsigned int step = 0; step < 600; step++) {
            few_frames_operation(4 + round % 4);
            check(step);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_few_frames),
        cmocka_unit_test(test_every_short_sequence),
        cmocka_unit_test(test_random_sequences),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
