/* SPDX-License-Identifier: MIT */
/*
 * Grant tables, rule by rule, on a machine of two domains; the oracle recounts
 * all of it after each step.
 */
#include "steps.h"

#include "hv/mem/heap.h"
#include "hv/mem/memory.h"
#include "hv/mem/table.h"

#define PAGE_FLAGS (PTE_P | PTE_RW | PTE_US)

static int release(unsigned int side, uint64_t mfn)
{
    return memory_release_page(&sides[side].memory, MFN(mfn));
}

static uint64_t *watched_entry, *watched_slot;
static unsigned int watched;

static void at_flush(void)
{
    assert_int_equal(*watched_slot, 0);
    assert_true(*watched_entry & GTF_reading);
    assert_true(*watched_entry & GTF_writing);
    watched++;
}

/* The granter may believe the entry: the translations are gone by then. */
static void test_flush_comes_before_the_end_of_a_use(void **unused)
{
    uint64_t frame;
    uint32_t handle;

    (void)unused;
    world_reset();
    frame = plain_frame(1, 0);
    give(1, 2, 0, frame, GTF_permit_access);
    assert_int_equal(map_slot(0, 1, 2, 1, GNTMAP_host_map, &handle), 0);
    watched_entry = entry_of(1, 2);
    watched_slot = slot_of(0, 1);
    watched = 0;
    machine_on_flush = at_flush;
    assert_int_equal(unmap_handle(0, handle), GNTST_okay);
    machine_on_flush = NULL;
    assert_int_equal(watched, 1);
    check(0);
}

#define MANY 150u

/* One flush for an array, however long, unless it had to be continued. */
static void test_long_arrays(void **unused)
{
    static struct gnttab_map_grant_ref maps[MANY];
    static struct gnttab_unmap_grant_ref unmaps[MANY];
    uint64_t per_entry = WORK_BUDGET / WORK_GRANT;

    (void)unused;
    world_reset();
    give(1, 0, 0, plain_frame(1, 0), GTF_permit_access);
    for (uint32_t i = 0; i < MANY; i++) {
        maps[i] = (struct gnttab_map_grant_ref){.flags = GNTMAP_device_map,
                                                .dom = i % 10 == 9 ? 7 : 1};
    }
    assert_int_equal(grants_call(0, GNTTABOP_map_grant_ref, maps, MANY), 0);
    assert_true(continued > 0);
    for (uint32_t i = 0; i < MANY; i++) {
        assert_int_equal(maps[i].status,
                         i % 10 == 9 ? GNTST_bad_domain : GNTST_okay);
        unmaps[i] = (struct gnttab_unmap_grant_ref){
            .handle = i % 10 == 9 ? HANDLES : maps[i].handle,
            .dev_bus_addr = maps[i].dev_bus_addr,
        };
    }
    assert_int_equal(sides[1].refs, 1 + MANY - MANY / 10);
    flushes = 0;
    assert_int_equal(grants_call(0, GNTTABOP_unmap_grant_ref, unmaps, MANY), 0);
    assert_true(flushes <= MANY / per_entry + 1);
    for (uint32_t i = 0; i < MANY; i++) {
        assert_int_equal(unmaps[i].status,
                         i % 10 == 9 ? GNTST_bad_handle : GNTST_okay);
    }
    check(0);
}

static void test_handles_run_out(void **unused)
{
    uint32_t handle;

    (void)unused;
    world_reset();
    give(1, 0, 0, plain_frame(1, 0), GTF_permit_access);
    for (uint32_t i = 0; i < HANDLES; i++) {
        assert_int_equal(map_slot(0, 1, 0, 0, GNTMAP_device_map, &handle), 0);
    }
    assert_int_equal(map_slot(0, 1, 0, 0, GNTMAP_device_map, NULL),
                     GNTST_no_space);
    check(0);
    assert_int_equal(unmap_handle(0, handle), GNTST_okay);
    assert_int_equal(map_slot(0, 1, 0, 0, GNTMAP_device_map, NULL), GNTST_okay);
    check(1);
}

/* A handle is one vCPU's from its unmap until the flush. */
static void test_one_handle_twice_in_an_array(void **unused)
{
    struct gnttab_unmap_grant_ref ops[2] = {0};
    uint32_t handle;

    (void)unused;
    world_reset();
    give(1, 0, 0, plain_frame(1, 0), GTF_permit_access);
    assert_int_equal(
        map_slot(0, 1, 0, 0, GNTMAP_host_map | GNTMAP_device_map, &handle), 0);
    ops[0].handle = ops[1].handle = handle;
    ops[0].host_addr = held[0][handle].host_addr;
    ops[1].dev_bus_addr = held[0][handle].frame << PAGE_SHIFT;
    assert_int_equal(grants_call(0, GNTTABOP_unmap_grant_ref, ops, 2), 0);
    assert_int_equal(ops[0].status, GNTST_okay);
    assert_int_equal(ops[1].status, GNTST_bad_handle);
    held[0][handle].parts &= (uint8_t)~GNTMAP_host_map;
    check(0);
    assert_int_equal(unmap_handle(0, handle), GNTST_okay);
    check(1);
}

static uint32_t contested;

/* Another vCPU of the mapper: the handle is another granter's by now. */
static void handle_changes_hands(void)
{
    uint32_t handle;

    at_permit = NULL;
    assert_int_equal(unmap_handle(0, contested), GNTST_okay);
    assert_int_equal(map_slot(0, 0, 0, 1, GNTMAP_host_map, &handle), 0);
    assert_int_equal(handle, contested);
}

static void test_handle_reused_while_the_policy_is_asked(void **unused)
{
    struct gnttab_unmap_grant_ref op = {.host_addr = slot_va(1)};

    (void)unused;
    world_reset();
    give(1, 0, 0, plain_frame(1, 0), GTF_permit_access);
    give(0, 0, 0, plain_frame(0, 0), GTF_permit_access);
    assert_int_equal(map_slot(0, 1, 0, 1, GNTMAP_host_map, &contested), 0);
    op.handle = contested;
    at_permit = handle_changes_hands;
    assert_int_equal(grants_call(0, GNTTABOP_unmap_grant_ref, &op, 1), 0);
    assert_int_equal(op.status, GNTST_bad_handle);
    check(0);
    assert_int_equal(held[0][contested].granter, 0);
    assert_int_equal(unmap_handle(0, contested), GNTST_okay);
    check(1);
}

/* What we lent to a domain is not its to pass on. */
static void test_lent_frames_are_not_granted(void **unused)
{
    uint64_t frame;

    (void)unused;
    world_reset();
    frame = hva_to_mfn(sides[1].grants->entries[0]).n;
    give(1, 0, 0, frame, GTF_permit_access);
    assert_int_equal(map_slot(0, 1, 0, 0, GNTMAP_host_map, NULL),
                     GNTST_general_error);
    assert_int_equal(
        map_slot(0, 1, 0, 0, GNTMAP_host_map | GNTMAP_readonly, NULL),
        GNTST_general_error);
    check(0);
}

/* Bytes that a refused call may not change: all but tickets of locks. */
static uint8_t before[FRAMES * PAGE_SIZE];
static struct page frames_before[FRAMES];

static void locks_forget(void)
{
    for (unsigned int side = 0; side < 2; side++) {
        sides[side].grants->lock = SPINLOCK_FREE;
        sides[side].grants->maps_lock = SPINLOCK_FREE;
    }
}

static void state_take(void)
{
    locks_forget();
    memcpy(before, mfn_to_hva(MFN(0)), sizeof(before));
    memcpy(frames_before, frame_table, sizeof(frames_before));
}

static void state_compare(void)
{
    locks_forget();
    assert_memory_equal(before, mfn_to_hva(MFN(0)), sizeof(before));
    assert_memory_equal(frames_before, frame_table, sizeof(frames_before));
    check(0);
}

static void test_refusals_change_nothing(void **unused)
{
    struct gnttab_setup_table setup = {.dom = DOMID_SELF, .nr_frames = 2};
    struct gnttab_query_size size = {.dom = DOMID_SELF};
    struct gnttab_copy piece = {
        .source = {.u.ref = 0, .domid = 1},
        .dest = {.u.ref = 0, .domid = 1, .offset = 8},
        .len = 8,
        .flags = GNTCOPY_source_gref | GNTCOPY_dest_gref,
    };
    uint32_t handle;

    (void)unused;
    world_reset();
    give(1, 0, 0, plain_frame(1, 0), GTF_permit_access);
    assert_int_equal(
        map_slot(0, 1, 0, 0, GNTMAP_host_map | GNTMAP_device_map, &handle), 0);
    policy_denies = true;
    state_take();
    assert_int_equal(map_slot(0, 1, 0, 1, GNTMAP_host_map, NULL),
                     GNTST_bad_domain);
    state_compare();
    assert_int_equal(
        map_slot(0, 1, 0, 1, GNTMAP_host_map | GNTMAP_readonly, NULL),
        GNTST_bad_domain);
    state_compare();
    assert_int_equal(map_slot(0, 1, 0, 1, GNTMAP_device_map, NULL),
                     GNTST_bad_domain);
    state_compare();
    assert_int_equal(unmap_handle(0, handle), GNTST_bad_domain);
    state_compare();
    assert_int_equal(copy(0, &piece), 0);
    assert_int_equal(piece.status, GNTST_bad_domain);
    state_compare();
    assert_int_equal(grants_call(0, GNTTABOP_setup_table, &setup, 1), 0);
    assert_int_equal(setup.status, GNTST_bad_domain);
    assert_int_equal(grants_call(0, GNTTABOP_query_size, &size, 1), 0);
    assert_int_equal(size.status, GNTST_bad_domain);
    assert_int_equal(size.nr_frames, 0);
    state_compare();
}

/* XSA-234's class: the mapper does not get rid of references twice. */
static void test_entry_overwritten_by_its_mapper(void **unused)
{
    uint32_t first, second;
    uint64_t frame;

    (void)unused;
    world_reset();
    frame = plain_frame(1, 0);
    give(1, 0, 0, frame, GTF_permit_access);
    assert_int_equal(map_slot(0, 1, 0, 0, GNTMAP_host_map, &first), 0);
    assert_int_equal(update(0, l1_of(0, 0), 0, 0), 0);
    check(0);
    assert_int_equal(frame_table[frame].refs, 1);
    assert_int_equal(unmap_handle(0, first), GNTST_general_error);
    check(1);
    /* Two mappings by one entry: it is one reference, dropped once. */
    assert_int_equal(map_slot(0, 1, 0, 0, GNTMAP_host_map, &first), 0);
    assert_int_equal(map_slot(0, 1, 0, 0, GNTMAP_host_map, &second), 0);
    check(2);
    assert_int_equal(frame_table[frame].refs, 2);
    assert_int_equal(unmap_handle(0, first), GNTST_okay);
    check(3);
    assert_int_equal(unmap_handle(0, second), GNTST_general_error);
    check(4);
    assert_int_equal(frame_table[frame].refs, 1);
    assert_int_equal(sides[1].refs, 1);
}

/* The table that held the mapping is gone and its frame is another's. */
static void test_table_freed_under_a_mapping(void **unused)
{
    uint64_t frame, table;
    uint32_t handle;

    (void)unused;
    world_reset();
    frame = plain_frame(1, 0);
    table = l1_of(0, 0);
    give(1, 0, 0, frame, GTF_permit_access);
    assert_int_equal(map_slot(0, 1, 0, 0, GNTMAP_host_map, &handle), 0);
    assert_int_equal(update(0, l2_of(0), 0, 0), 0);
    machine_run(0);
    spin_lock(&sides[0].memory.lock);
    assert_int_equal(release(0, table), 0);
    spin_unlock(&sides[0].memory.lock);
    assert_int_equal(frame_table[frame].refs, 1);
    /* What is there now looks like the mapping, and is not its to clear. */
    *(uint64_t *)mfn_to_hva(MFN(table)) = frame << 12 | PAGE_FLAGS;
    assert_int_equal(unmap_handle(0, handle), GNTST_general_error);
    assert_int_equal(*(uint64_t *)mfn_to_hva(MFN(table)),
                     frame << 12 | PAGE_FLAGS);
    check(0);
}

/* Its frames stay while they are mapped; nobody maps more of them. */
static void test_death_of_a_granter(void **unused)
{
    uint64_t frame;
    uint32_t handle;

    (void)unused;
    world_reset();
    frame = plain_frame(1, 0);
    give(1, 0, 0, frame, GTF_permit_access);
    assert_int_equal(map_slot(0, 1, 0, 0, GNTMAP_host_map, &handle), 0);
    domain_die(1);
    assert_int_equal(map_slot(0, 1, 0, 1, GNTMAP_host_map, NULL),
                     GNTST_bad_gntref);
    page_put(page_of(MFN(frame))); /* the allocation's reference */
    assert_int_equal(frame_table[frame].owner, 1);
    assert_int_equal(sides[1].refs, 2);
    assert_int_equal(unmap_handle(0, handle), GNTST_okay);
    assert_int_equal(frame_table[frame].owner, OWNER_FREE);
    assert_int_equal(sides[1].refs, 1);
    grant_domain_free(&sides[1]);
    assert_null(sides[1].grants);
}

/* What it mapped is gone with it; the memory of both tables comes back. */
static void test_death_of_a_mapper(void **unused)
{
    uint64_t frame, free_frames;

    (void)unused;
    world_reset();
    domain_die(0);
    domain_die(1);
    grant_domain_free(&sides[0]);
    grant_domain_free(&sides[1]);
    free_frames = heap_free_count();
    world_reset();
    frame = plain_frame(1, 0);
    give(1, 0, 0, frame, GTF_permit_access);
    for (uint32_t i = 0; i < HANDLES; i++) {
        map_slot(0, 1, 0, i % SLOTS,
                 i % 2 ? GNTMAP_host_map : GNTMAP_device_map, NULL);
    }
    check(0);
    domain_die(0);
    check(1);
    assert_int_equal(frame_table[frame].refs, 1);
    assert_int_equal(sides[1].refs, 1);
    domain_die(1);
    grant_domain_free(&sides[0]);
    grant_domain_free(&sides[1]);
    assert_int_equal(heap_free_count(), free_frames);
}

static void test_limits(void **unused)
{
    mfn_t mfn;

    (void)unused;
    world_reset();
    assert_int_equal(grant_frames_max(&sides[0]), 2);
    assert_int_equal(grant_shared_frame(&sides[0], 1, &mfn), 0);
    assert_int_equal(page_type(page_of(mfn)), PAGE_SHARED);
    assert_int_equal(grant_shared_frame(&sides[0], 2, &mfn), -EINVAL);
    assert_int_equal(grant_shared_frame(&sides[0], ~0ull, &mfn), -EINVAL);
    domain_die(0);
    assert_int_equal(grant_shared_frame(&sides[0], 0, &mfn), -ESRCH);
    grant_domain_free(&sides[0]);
    assert_int_equal(grant_shared_frame(&sides[0], 0, &mfn), -ESRCH);
    assert_int_equal(grant_domain_init(&sides[0], 0, -1), -EINVAL);
    assert_int_equal(grant_domain_init(&sides[0], 65, -1), -EINVAL);
    assert_int_equal(grant_domain_init(&sides[0], -1, 1025), -EINVAL);
    assert_int_equal(grant_domain_init(&sides[0], 1, 0), 0);
    give(1, 0, 0, plain_frame(1, 0), GTF_permit_access);
    assert_int_equal(map_slot(0, 1, 0, 0, GNTMAP_host_map, NULL),
                     GNTST_no_space);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_flush_comes_before_the_end_of_a_use),
        cmocka_unit_test(test_long_arrays),
        cmocka_unit_test(test_handles_run_out),
        cmocka_unit_test(test_one_handle_twice_in_an_array),
        cmocka_unit_test(test_handle_reused_while_the_policy_is_asked),
        cmocka_unit_test(test_lent_frames_are_not_granted),
        cmocka_unit_test(test_refusals_change_nothing),
        cmocka_unit_test(test_entry_overwritten_by_its_mapper),
        cmocka_unit_test(test_table_freed_under_a_mapping),
        cmocka_unit_test(test_death_of_a_granter),
        cmocka_unit_test(test_death_of_a_mapper),
        cmocka_unit_test(test_limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
