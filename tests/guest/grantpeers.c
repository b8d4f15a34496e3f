/* SPDX-License-Identifier: MIT */
/*
 * Grants between two domains, as blkback and netback use them, and the end of
 * either: a granter that dies while it is mapped, a mapper that dies, both
 * while the other one is at it.
 *
 * Runner: -s 2 -t 300
 * Only: vouch
 */
#include "lib/grant.h"
#include "lib/paging.h"
#include "lib/tap.h"
#include "lib/toolstack.h"
#include "lib/vcpu.h"

#define VA(n)  (TEST_VA + (n)*PAGE_SIZE)
#define REF    8u /* of the first page granted */
#define PAGES  8u
#define CYCLES 20u

/* What parent and child say to each other, in the child's memory. */
static volatile struct {
    uint64_t is_ready, stop, rounds;
    domid_t peer;   /* whom it grants to, or whose grants it maps */
    int64_t mapped; /* status of its first mapping */
} talk __attribute__((aligned(4096), section(".bss.pages")));
static volatile uint64_t pages[PAGES][512]
    __attribute__((aligned(4096), section(".bss.pages")));

static uint64_t free_pages(void)
{
    struct xen_sysctl op = {.cmd = XEN_SYSCTL_physinfo,
                            .interface_version = XEN_SYSCTL_INTERFACE_VERSION};

    if (hypercall(__HYPERVISOR_sysctl, &op) != 0) {
        guest_fail("physinfo");
    }
    return op.u.physinfo.free_pages;
}

static void yield(void)
{
    sched_op(SCHEDOP_yield, NULL);
}

/* --- The children --- */

static void grant_all(void)
{
    grants_init(1);
    for (unsigned int i = 0; i < PAGES; i++) {
        pages[i][0] = 0x1000 + i;
        grant_give(REF + i, talk.peer, virt_to_mfn((void *)pages[i]), 0);
    }
    talk.is_ready = 1;
}

static void child_grants(void)
{
    grant_all();
    while (talk.stop == 0) {
        yield();
    }
}

/* Changes its entries all the time, to what is right and what is not. */
static void child_meddles(void)
{
    uint64_t table = root_mfn();

    grant_all();
    while (talk.stop == 0) {
        unsigned int i = (unsigned int)(talk.rounds++ % PAGES);

        grant_give(REF + i, talk.peer, table, 0);
        grants[REF + i].flags = GTF_invalid;
        grant_give(REF + i, talk.peer, 0xffffffff, GTF_readonly);
        grants[REF + i].flags = GTF_permit_access | GTF_reading;
        grant_give(REF + i, talk.peer, virt_to_mfn((void *)pages[i]), 0);
    }
}

/* Maps what its peer grants, as often as it can, and keeps it. */
static void child_maps(void)
{
    struct gnttab_map_grant_ref op = {
        .flags = GNTMAP_host_map, .ref = REF, .dom = talk.peer};

    for (unsigned int i = 0; i < 64; i++) {
        map_prepare(VA(i));
        op.host_addr = VA(i);
        op.ref = REF + i % PAGES;
        grant_map(&op);
        if (i == 0) {
            talk.mapped = op.status;
        }
        if (op.status == GNTST_okay) {
            *(volatile uint64_t *)VA(i) = 0x2000 + i;
        }
    }
    talk.is_ready = 1;
    while (talk.stop == 0) {
        yield();
    }
}

/* --- The tests --- */

static void *talk_with(domid_t id)
{
    return toolstack_map(id, (const void *)&talk);
}
typedef __typeof__(talk) *talk_t;

static void wait_ready(talk_t words)
{
    for (unsigned int i = 0; words->is_ready == 0; i++) {
        if (i > 10000000) {
            guest_fail("a child does not come up");
        }
        yield();
    }
}

static domid_t start(void (*entry)(void), uint32_t sid, domid_t peer)
{
    domid_t id = toolstack_build_labelled(entry, 0, 1, sid);
    talk_t words = talk_with(id);

    words->peer = peer;
    toolstack_start(id);
    wait_ready(words);
    toolstack_unmap(words);
    return id;
}

static void test_mapping(void)
{
    domid_t id = start(child_grants, TOOLSTACK_SID, 0);
    volatile uint64_t *theirs = toolstack_map(id, (void *)pages[0]);
    grant_handle_t handle;
    struct gnttab_copy copy = {
        .source = {.u.ref = REF + 1, .domid = id},
        .dest = {.u.gmfn = virt_to_mfn(page_alloc()), .domid = DOMID_SELF},
        .len = 8,
        .flags = GNTCOPY_source_gref,
    };
    volatile uint64_t *got = mfn_to_virt(copy.dest.u.gmfn);

    grants_from = id;
    map_prepare(VA(0));
    tap_is((uint64_t)grant_map_at(VA(0), 0, REF, &handle), GNTST_okay,
           "a child's page is mapped");
    tap_is(*(volatile uint64_t *)VA(0), 0x1000, "with what it wrote");
    *(volatile uint64_t *)VA(0) = 0xabcd;
    tap_is(theirs[0], 0xabcd, "and what is written is there");
    tap_is((uint64_t)grant_unmap(VA(0), 0, handle), GNTST_okay, "unmapped");
    grant_op(GNTTABOP_copy, &copy, 1);
    tap_is((uint64_t)copy.status, GNTST_okay, "another is copied");
    tap_is(*got, 0x1001, "with what it wrote");
    copy.source = copy.dest;
    copy.dest.u.ref = REF;
    copy.dest.domid = id;
    copy.flags = GNTCOPY_dest_gref;
    grant_op(GNTTABOP_copy, &copy, 1);
    tap_is((uint64_t)copy.status, GNTST_okay, "and copied to");
    tap_is(theirs[0], 0x1001, "which is there");
    copy.source = (struct gnttab_copy_ptr){
        .u.gmfn = toolstack_mfn(id, (void *)pages[0]), .domid = DOMID_SELF};
    grant_op(GNTTABOP_copy, &copy, 1);
    tap_ok(copy.status < 0, "but no frame of it by number");
    copy.source.domid = id;
    grant_op(GNTTABOP_copy, &copy, 1);
    tap_ok(copy.status < 0, "nor as one of its own");
    toolstack_unmap(theirs);
    toolstack_destroy(id);
}

/* Mapped frames outlive their domain; nothing else of it does. */
static void test_granter_dies(void)
{
    uint64_t before = free_pages();
    domid_t id = start(child_grants, TOOLSTACK_SID, 0);
    grant_handle_t handles[3], over, late;

    grants_from = id;
    map_prepare(VA(3));
    for (unsigned int i = 0; i < 3; i++) {
        map_prepare(VA(i));
        grant_map_at(VA(i), 0, REF + i, &handles[i]);
    }
    tap_is((uint64_t)grant_map_at(VA(2), GNTMAP_readonly, REF + 1, &over),
           GNTST_okay, "(one is mapped over another)");
    tap_is((uint64_t)toolstack_destroy(id), 0, "the granter is destroyed");
    tap_is(*(volatile uint64_t *)VA(0), 0x1000, "its page is still there");
    *(volatile uint64_t *)VA(1) = 0x77;
    tap_is(*(volatile uint64_t *)VA(2), 0x77, "and is the same page twice");
    tap_ok(grant_map_at(VA(3), 0, REF, &late) < 0, "no more of it is mapped");
    tap_ok(toolstack_flags(id) & XEN_DOMINF_dying, "it is dying still");
    tap_is((uint64_t)grant_unmap(VA(2), 0, handles[2]),
           (uint64_t)GNTST_general_error, "what was mapped over is no more");
    tap_is((uint64_t)grant_unmap(VA(2), 0, over), GNTST_okay,
           "what is over it is unmapped");
    tap_is((uint64_t)grant_unmap(VA(0), 0, handles[0]), GNTST_okay, "and one");
    tap_ok(toolstack_flags(id) & XEN_DOMINF_dying, "while one is left");
    tap_is((uint64_t)grant_unmap(VA(1), 0, handles[1]), GNTST_okay, "the last");
    tap_is(toolstack_flags(id), 0, "when all is unmapped it is gone");
    tap_ok(free_pages() + 8 >= before, "with its memory (%lu of %lu)",
           free_pages(), before);
}

static void test_cycles(void)
{
    uint64_t before = 0;

    for (unsigned int i = 0; i <= CYCLES; i++) {
        domid_t id = start(child_grants, TOOLSTACK_SID, 0);
        grant_handle_t handle;

        grants_from = id;
        grant_map_at(VA(0), 0, REF, &handle);
        if (i % 2 == 0) {
            toolstack_destroy(id);
            grant_unmap(VA(0), 0, handle);
        } else {
            grant_unmap(VA(0), 0, handle);
            toolstack_destroy(id);
        }
        if (i == 0) {
            before = free_pages();
        }
    }
    tap_is(free_pages(), before, "after %u lives no page is missing", CYCLES);
}

/* --- Races, with a second vCPU --- */

static volatile unsigned int victim, racer_stops, racer_stopped;
static volatile uint64_t maps_done, unmaps_failed;

/* Maps and unmaps what the victim grants, whoever that is by now. */
static void racer(void)
{
    struct gnttab_map_grant_ref maps[4];
    struct gnttab_unmap_grant_ref unmaps[4];

    while (!racer_stops) {
        unsigned int count = 0;

        for (unsigned int i = 0; i < 4; i++) {
            maps[i] = (struct gnttab_map_grant_ref){
                .host_addr = VA(16 + i),
                .flags = GNTMAP_host_map,
                .ref = REF + i,
                .dom = (domid_t)victim,
            };
        }
        grant_op(GNTTABOP_map_grant_ref, maps, 4);
        for (unsigned int i = 0; i < 4; i++) {
            if (maps[i].status == GNTST_okay) {
                unmaps[count++] = (struct gnttab_unmap_grant_ref){
                    .host_addr = VA(16 + i), .handle = maps[i].handle};
            }
        }
        maps_done += count;
        grant_op(GNTTABOP_unmap_grant_ref, unmaps, count);
        for (unsigned int i = 0; i < count; i++) {
            unmaps_failed += unmaps[i].status != GNTST_okay;
        }
    }
    racer_stopped = 1;
    for (;;) {
        vcpu_op(VCPUOP_down, 1, NULL);
    }
}

static void test_races_with_death(void)
{
    uint64_t before = free_pages();

    for (unsigned int i = 0; i < 4; i++) {
        map_prepare(VA(16 + i));
    }
    if (vcpu_run(1, racer) != 0) {
        guest_fail("the second vCPU does not start");
    }
    for (unsigned int i = 0; i < CYCLES; i++) {
        domid_t id =
            start(i % 2 ? child_grants : child_meddles, TOOLSTACK_SID, 0);
        uint64_t had = maps_done;

        victim = id;
        for (unsigned int j = 0; maps_done < had + 50 && j < 100000; j++) {
            yield();
        }
        toolstack_destroy(id);
    }
    racer_stops = 1;
    while (!racer_stopped) {
        yield();
    }
    tap_ok(maps_done >= CYCLES * 20, "%lu pages were mapped meanwhile",
           maps_done);
    tap_is(unmaps_failed, 0, "each of them was unmapped");
    tap_is(toolstack_flags((domid_t)victim), 0, "the last granter is gone");
    tap_ok(free_pages() + 16 >= before, "with the memory of all (%lu of %lu)",
           free_pages(), before);
}

/* --- A mapper dies: two guests of one tenant --- */

/* The flags of an entry in the child's table, through a frame of it. */
static volatile struct grant_entry_v1 *table_of(domid_t id)
{
    struct xen_mem_acquire_resource op = {
        .domid = id, .type = XENMEM_resource_grant_table, .nr_frames = 1};
    xen_pfn_t frame = 0;

    set_xen_guest_handle(op.frame_list, &frame);
    if (memory_op(XENMEM_acquire_resource, &op) != 0) {
        guest_fail("acquire_resource");
    }
    return toolstack_map_frame(id, frame, true);
}

static void test_mapper_dies(void)
{
    uint32_t sid = toolstack_sid("tenant01_u:guest_r:guest_t");
    domid_t mapper = toolstack_build_labelled(child_maps, 0, 1, sid), granter;
    talk_t words = talk_with(mapper);
    volatile struct grant_entry_v1 *table;
    volatile uint64_t *page;

    granter = start(child_grants, sid, mapper);
    table = table_of(granter);
    page = toolstack_map(granter, (void *)pages[0]);
    words->peer = granter;
    toolstack_start(mapper);
    wait_ready(words);
    tap_is((uint64_t)words->mapped, GNTST_okay,
           "a tenant's guest maps another's page");
    tap_is(page[0], 0x2000 + 56, "and writes it");
    tap_is(table[REF].flags, GTF_permit_access | GTF_reading | GTF_writing,
           "its entry says so");
    toolstack_unmap(words);
    tap_is((uint64_t)toolstack_destroy(mapper), 0, "the mapper is destroyed");
    tap_is(toolstack_flags(mapper), 0, "and gone");
    for (unsigned int i = 0; i < PAGES; i++) {
        tap_is(table[REF + i].flags, GTF_permit_access,
               "no use of entry %u is left", REF + i);
    }
    toolstack_unmap(table);
    toolstack_unmap(page);
    toolstack_destroy(granter);
    tap_is(toolstack_flags(granter), 0, "nor of the granter");
}

void test_main(void)
{
    test_mapping();
    test_granter_dies();
    test_cycles();
    test_mapper_dies();
    test_races_with_death();
}
