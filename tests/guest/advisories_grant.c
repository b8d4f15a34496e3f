/* SPDX-License-Identifier: MIT */
/*
 * Public advisories on grant tables, re-created from their texts for a guest
 * that grants to itself: XSA-26, 218, 224, 228, 230, 316, 318 and 380.
 * (XSA-227 and 234: tests/guest/grants.c; 394: tests/guest/grantpeers.c.  Those
 * on version 2, transfers and swaps, 134, 226, 255, 284, 379, 382 and 384 among
 * them, are about what is not there: tests/guest/grants.c asks for it.)
 *
 * Runner: -s 2 -t 180
 */
#include "lib/grant.h"
#include "lib/paging.h"
#include "lib/tap.h"
#include "lib/vcpu.h"

#define VA(n)  (TEST_VA + (n)*PAGE_SIZE)
#define READ   (GTF_permit_access | GTF_reading)
#define WRITE  (READ | GTF_writing)
#define UNUSED GTF_permit_access

enum { REF = 9, OTHER };

static volatile uint64_t *page;
static uint64_t frame;

/* Whether nobody holds a writable reference but the guest's own mapping. */
static bool is_free_to_be_a_table(void)
{
    long error;

    *page = 0;
    page_make_ro((void *)page);
    error = mmuext_one(MMUEXT_PIN_L1_TABLE, frame);
    if (error == 0) {
        mmuext_one(MMUEXT_UNPIN_TABLE, frame);
    }
    page_make_rw((void *)page);
    return error == 0;
}

static grant_handle_t map(unsigned int va, unsigned int flags)
{
    struct gnttab_map_grant_ref op = {
        .host_addr = flags & GNTMAP_host_map ? VA(va) : 0,
        .flags = flags,
        .ref = REF,
        .dom = grants_from,
    };

    if (grant_map(&op) != GNTST_okay) {
        print("# flags %x: status %d\n", flags, op.status);
        guest_fail("a mapping that must be");
    }
    return op.handle;
}

/* Device and host parts of one handle, in every order and mixture. */
static void test_xsa224(void)
{
    static const unsigned int kinds[] = {GNTMAP_host_map, GNTMAP_device_map,
                                         GNTMAP_host_map | GNTMAP_device_map};
    uint64_t device = frame * PAGE_SIZE;

    for (unsigned int i = 0; i < 6; i++) {
        unsigned int read_only = i % 2 ? GNTMAP_readonly : 0;
        unsigned int flags = kinds[i / 2] | read_only;
        uint64_t host = flags & GNTMAP_host_map ? VA(0) : 0;
        uint64_t bus = flags & GNTMAP_device_map ? device : 0;
        grant_handle_t handle = map(0, flags);

        tap_is(grants[REF].flags, read_only ? READ : WRITE,
               "XSA-224: flags %x: the entry says what it is", flags);
        if (host != 0 && bus != 0) {
            tap_is((uint64_t)grant_unmap(host, 0, handle), GNTST_okay,
                   "its host part goes");
            tap_is(grants[REF].flags, read_only ? READ : WRITE,
                   "and the other is in use still");
            tap_ok(read_only || !is_free_to_be_a_table(),
                   "and keeps the frame's type");
            host = 0;
        }
        tap_is((uint64_t)grant_unmap(host, bus, handle), GNTST_okay, "it goes");
        tap_is(grants[REF].flags, UNUSED, "no use is left");
        tap_ok(is_free_to_be_a_table(), "nor a reference");
    }
}

/* Ends of uses do not take each other's marks away. */
static void test_xsa230(void)
{
    struct gnttab_copy copy = {
        .source = {.u.ref = REF, .domid = DOMID_SELF},
        .dest = {.u.ref = REF, .domid = DOMID_SELF, .offset = 64},
        .len = 8,
        .flags = GNTCOPY_source_gref | GNTCOPY_dest_gref,
    };
    grant_handle_t writes = map(0, GNTMAP_host_map);
    grant_handle_t reads = map(1, GNTMAP_host_map | GNTMAP_readonly);

    grant_op(GNTTABOP_copy, &copy, 1);
    tap_is((uint64_t)copy.status, GNTST_okay, "XSA-230: a copy meanwhile");
    tap_is(grants[REF].flags, WRITE, "takes no mark of a mapping");
    tap_is((uint64_t)grant_unmap(VA(1), 0, reads), GNTST_okay,
           "nor does one that reads");
    tap_is(grants[REF].flags, WRITE, "of one that writes");
    reads = map(1, GNTMAP_host_map | GNTMAP_readonly);
    tap_is((uint64_t)grant_unmap(VA(0), 0, writes), GNTST_okay,
           "one that writes");
    tap_is(grants[REF].flags, READ, "takes that of writing only");
    tap_is((uint64_t)grant_unmap(VA(1), 0, reads), GNTST_okay, "(unmap)");
    tap_is(grants[REF].flags, UNUSED, "no use is left");
}

/* A failed copy or map lets go of all it had, and says that it failed. */
static void test_xsa316_318(void)
{
    struct gnttab_copy copy = {
        .source = {.u.ref = REF, .domid = DOMID_SELF},
        .len = 8,
        .flags = GNTCOPY_source_gref,
    };
    struct gnttab_map_grant_ref op = {
        .host_addr = HV_PRIVATE,
        .flags = GNTMAP_host_map | GNTMAP_device_map,
        .ref = REF,
        .dom = grants_from,
    };
    static const uint64_t bad[] = {0, 0xfee00, ~0ull};

    for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
        copy.dest = (struct gnttab_copy_ptr){
            .u.gmfn = i == 0 ? root_mfn() : bad[i], .domid = DOMID_SELF};
        copy.status = 1;
        grant_op(GNTTABOP_copy, &copy, 1);
        tap_ok(copy.status < 0, "XSA-316: a copy to frame %lx fails",
               (uint64_t)copy.dest.u.gmfn);
        tap_is(grants[REF].flags, UNUSED, "and leaves no use");
    }
    for (unsigned int i = 0; i < 100; i++) {
        grant_map(&op);
    }
    tap_ok(op.status < 0, "XSA-318: a map to nowhere fails");
    tap_is(grants[REF].flags, UNUSED, "and leaves no use");
    tap_ok(is_free_to_be_a_table(), "nor a reference");
}

#define MANY 2000u
/* Xen counts the uses of one entry to 127. */
static unsigned int many(void)
{
    return on_xen ? 100 : MANY;
}

/* The cost of an unmap does not grow with what is mapped. */
static void test_xsa26(void)
{
    static grant_handle_t handles[MANY];
    uint64_t first, last, at;

    at = rdtsc();
    grant_unmap(0, frame * PAGE_SIZE, map(0, GNTMAP_device_map));
    first = rdtsc() - at;
    for (unsigned int i = 0; i < many(); i++) {
        handles[i] = map(0, GNTMAP_device_map);
    }
    at = rdtsc();
    grant_unmap(0, frame * PAGE_SIZE, map(0, GNTMAP_device_map));
    last = rdtsc() - at;
    for (unsigned int i = 0; i < many(); i++) {
        grant_unmap(0, frame * PAGE_SIZE, handles[i]);
    }
    tap_note("one alone %lu, one of %u %lu", first, many(), last);
    tap_ok(last < first * 100 + 1000000,
           "XSA-26: one of many mappings costs what one costs");
    tap_is(grants[REF].flags, UNUSED, "no use is left");
}

/* An array of all that fits a call: the guest's events are seen meanwhile. */
static void test_xsa380(void)
{
    static struct gnttab_map_grant_ref maps[MANY];
    static struct gnttab_unmap_grant_ref unmaps[MANY];
    unsigned int mapped = 0, unmapped = 0;

    for (unsigned int i = 0; i < many(); i++) {
        maps[i] = (struct gnttab_map_grant_ref){.flags = GNTMAP_device_map,
                                                .ref = REF,
                                                .dom = grants_from,
                                                .status = 1};
    }
    tap_is(grant_op(GNTTABOP_map_grant_ref, maps, many()), 0,
           "XSA-380: %u mappings in one call", many());
    for (unsigned int i = 0; i < many(); i++) {
        mapped += maps[i].status == GNTST_okay;
        unmaps[i] =
            (struct gnttab_unmap_grant_ref){.dev_bus_addr = frame * PAGE_SIZE,
                                            .handle = maps[i].handle,
                                            .status = 1};
    }
    tap_is(mapped, many(), "each is made, and once");
    tap_is(grant_op(GNTTABOP_unmap_grant_ref, unmaps, many()), 0,
           "all of them unmapped in one call");
    for (unsigned int i = 0; i < many(); i++) {
        unmapped += unmaps[i].status == GNTST_okay;
    }
    tap_is(unmapped, many(), "each is unmapped, and once");
    tap_is(grants[REF].flags, UNUSED, "no use is left");
    tap_ok(is_free_to_be_a_table(), "nor a reference");
}

/* --- Two vCPUs at one handle --- */

#define ROUNDS 400u
#define ALONE  (ROUNDS + 1) /* the turn in which each does as it likes */

static volatile unsigned int turn, finished;
static volatile grant_handle_t contested;
static volatile int their_status;
static volatile uint64_t own_maps;

static int contend(void)
{
    return grant_unmap(VA(0), frame * PAGE_SIZE, contested);
}

/* The second vCPU: unmaps the same handle; then maps and unmaps of its own. */
static void rival(void)
{
    for (unsigned int round = 1; round <= ROUNDS; round++) {
        while (turn != round) {
            __asm__ volatile("pause");
        }
        their_status = contend();
        finished = round;
    }
    while (turn != ALONE) {
        __asm__ volatile("pause");
    }
    while (turn == ALONE) {
        grant_handle_t handle = map(8, GNTMAP_host_map);

        own_maps += grant_unmap(VA(8), 0, handle) == GNTST_okay;
    }
    finished = ALONE;
    for (;;) {
        vcpu_op(VCPUOP_down, 1, NULL);
    }
}

/* One of the two unmaps it, the references are dropped once. */
static void test_xsa218(void)
{
    unsigned int both = 0, neither = 0;

    if (vcpu_run(1, rival) != 0) {
        tap_skip("no second vCPU");
        return;
    }
    for (unsigned int round = 1; round <= ROUNDS; round++) {
        unsigned int done;

        contested = map(0, GNTMAP_host_map | GNTMAP_device_map);
        turn = round;
        done = contend() == GNTST_okay;
        while (finished != round) {
            __asm__ volatile("pause");
        }
        done += their_status == GNTST_okay;
        both += done == 2;
        neither += done == 0;
    }
    tap_is(both, 0, "XSA-218: of two unmaps at once never both");
    tap_is(neither, 0, "nor neither");
    tap_is(grants[REF].flags, UNUSED, "no use is left");
}

/* Handles taken and given back on two vCPUs are never one another's. */
static void test_xsa228(void)
{
    unsigned int done = 0;

    turn = ALONE;
    for (unsigned int i = 0; i < ROUNDS || own_maps < ROUNDS; i++) {
        grant_handle_t first = map(1, GNTMAP_host_map);
        grant_handle_t second = map(2, GNTMAP_device_map);

        done += grant_unmap(VA(1), 0, first) != GNTST_okay;
        done += grant_unmap(0, frame * PAGE_SIZE, second) != GNTST_okay;
    }
    turn = 0;
    while (finished != ALONE) {
        __asm__ volatile("pause");
    }
    tap_is(done, 0, "XSA-228: each unmaps its own (%lu beside it)", own_maps);
    tap_is(grants[REF].flags, UNUSED, "no use is left");
    tap_ok(is_free_to_be_a_table(), "nor a reference");
}

void test_main(void)
{
    grants_init(1);
    page = page_alloc();
    frame = virt_to_mfn((void *)page);
    grant_give(REF, grants_from, frame, 0);
    for (unsigned int i = 0; i < 9; i++) {
        map_prepare(VA(i));
    }
    test_xsa224();
    test_xsa230();
    test_xsa316_318();
    test_xsa26();
    test_xsa380();
    test_xsa218();
    test_xsa228();
}
