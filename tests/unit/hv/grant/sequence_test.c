/* SPDX-License-Identifier: MIT */
/*
 * Grant tables against an oracle that recounts everything after each
 * operation: random sequences by two domains that do as they like with their
 * entries and page tables, and every short sequence of a small world.
 */
#include "moves.h"
#include "steps.h"

#include "hv/mem/memory.h"
#include "hv/mem/table.h"

#define PAGE_FLAGS (PTE_P | PTE_RW | PTE_US)

static uint64_t state;

uint64_t any(uint64_t limit)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state % limit;
}

static int release(unsigned int side, uint64_t mfn)
{
    return memory_release_page(&sides[side].memory, MFN(mfn));
}

static void test_random_sequences(void **unused)
{
    (void)unused;
    for (unsigned int round = 0; round < 120; round++) {
        world_reset();
        state = 0x9e3779b97f4a7c15ull + round;
        for (unsigned int step = 0; step < 1200; step++) {
            any_move();
            check(step);
        }
        domain_die(round % 2);
        check(10000);
        domain_die(1 - round % 2);
        check(10001);
        assert_int_equal(sides[0].refs, 1);
        assert_int_equal(sides[1].refs, 1);
    }
}

/* Domain 0 maps domain 1's two entries at two places, and both meddle. */
static void small_operation(unsigned int number, const uint64_t *frames)
{
    struct gnttab_unmap_grant_ref op = {.handle = 0};
    struct gnttab_copy piece = {
        .source = {.u.ref = 0, .domid = 1},
        .dest = {.u.ref = 0, .domid = 1, .offset = 8},
        .len = 8,
        .flags = GNTCOPY_source_gref | GNTCOPY_dest_gref,
    };

    switch (number) {
    case 0:
        map_slot(0, 1, 0, 0, GNTMAP_host_map, NULL);
        break;
    case 1:
        map_slot(0, 1, 0, 0, GNTMAP_host_map | GNTMAP_readonly, NULL);
        break;
    case 2:
        map_slot(0, 1, 1, 0, GNTMAP_host_map, NULL);
        break;
    case 3:
        map_slot(0, 1, 0, 3, GNTMAP_host_map | GNTMAP_device_map, NULL);
        break;
    case 4:
        unmap_handle(0, 0);
        break;
    case 5:
        unmap_handle(0, 1);
        break;
    case 6:
        op.host_addr = slot_va(0);
        (void)unmap(0, &op);
        break;
    case 7:
        (void)update(0, l1_of(0, 0), 0, 0);
        break;
    case 8:
        (void)update(0, l1_of(0, 0), 0, frames[2] << 12 | PAGE_FLAGS);
        break;
    case 9:
        (void)update(0, l2_of(0), 0, 0);
        break;
    case 10:
        machine_run(0);
        (void)retained_drain(&sides[0].memory, 1);
        break;
    case 11:
        give(1, 0, 0, frames[1], GTF_permit_access | GTF_readonly);
        break;
    case 12:
        give(1, 0, 0, frames[0], 0);
        break;
    case 13:
        release(1, frames[0]);
        break;
    case 14:
        (void)copy(0, &piece);
        break;
    }
}

#define SMALL_OPERATIONS 15u
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

        world_reset();
        frames[0] = plain_frame(1, 0);
        frames[1] = plain_frame(1, 1);
        frames[2] = plain_frame(0, 0);
        give(1, 0, 0, frames[0], GTF_permit_access);
        give(1, 1, 0, frames[0], GTF_permit_access);
        for (unsigned int i = 0; i < SMALL_LENGTH; i++) {
            small_operation(rest % SMALL_OPERATIONS, frames);
            rest /= SMALL_OPERATIONS;
        }
        check(sequence);
        domain_die(sequence % 2);
        check(sequence);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_short_sequence),
        cmocka_unit_test(test_random_sequences),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
