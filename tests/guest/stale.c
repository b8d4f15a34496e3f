/* SPDX-License-Identifier: MIT */
/*
 * Translations that another vCPU still has cached.  Its guest unmaps a page
 * without flushing; before the frame is a table, or anything else again, the
 * hypervisor must have seen to it that nobody writes there any more (the class
 * of XSA-241, 292 and 408).  A granted frame is the granter's again as soon as
 * its entry says so (XSA-218).
 *
 * Runner: -s 2
 */
#include "lib/clock.h"
#include "lib/event.h"
#include "lib/grant.h"
#include "lib/paging.h"
#include "lib/tap.h"
#include "lib/trap.h"
#include "lib/vcpu.h"

#define TRIES    20u
#define AGAIN    1000u /* stores tried afterwards */
#define SECONDS  20u
#define FRAMES   8u
#define FRAME(n) ((volatile uint64_t *)(TEST_VA + ((n) + 1) * PAGE_SIZE))

static volatile uint64_t *const target = (uint64_t *)TEST_VA;
static volatile uint64_t tried, faulted;

void stale_poke(volatile uint64_t *where, uint64_t value);
extern const char stale_store[], stale_end[];
__asm__(".text\nstale_poke:\nstale_store: movq %rsi, (%rdi)\nstale_end: ret\n");

static bool step_over(struct frame *frame)
{
    if (frame->vector != PF || frame->rip != (uint64_t)stale_store) {
        return false;
    }
    frame->rip = (uint64_t)stale_end;
    faulted++;
    return true;
}

/* Even values: as entries they are not present. */
static void body(void)
{
    vcpu_info_of(1)->evtchn_upcall_mask = 1;
    for (;;) {
        stale_poke(target, (tried + 1) << 1);
        tried++;
    }
}

/* Waits for that many more of the other vCPU's stores; false if none come. */
static bool wait_for_stores(uint64_t count)
{
    uint64_t end = tried + count, until = clock_ns() + SECONDS * 1000000000ull;

    while (tried < end && clock_ns() < until) {
        sched_op(SCHEDOP_yield, NULL);
    }
    return tried >= end;
}

/* Lets the other vCPU write to the frame; then the guest maps it no more. */
static bool make_stale(uint64_t mfn)
{
    uint64_t before;

    if (pte_update(pte_maddr(TEST_VA, 1),
                   pte_make(mfn, PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)) !=
            0 ||
        !wait_for_stores(2)) {
        guest_fail("the other vCPU does not write");
    }
    before = faulted;
    if (!wait_for_stores(10) || faulted != before) {
        guest_fail("its stores do not succeed");
    }
    return pte_update(pte_maddr(TEST_VA, 1), 0) == 0;
}

static void test_table(void)
{
    volatile uint64_t *page = page_alloc();
    uint64_t mfn = virt_to_mfn((void *)page);
    unsigned int written = 0, pinned = 0;

    page_make_ro((void *)page);
    for (unsigned int i = 0; i < TRIES; i++) {
        uint64_t then;

        if (!make_stale(mfn) || mmuext_one(MMUEXT_PIN_L1_TABLE, mfn) != 0) {
            break;
        }
        pinned++;
        then = page[0];
        if (!wait_for_stores(AGAIN)) {
            guest_fail("the other vCPU stopped");
        }
        written += page[0] != then ? 1 : 0;
        mmuext_one(MMUEXT_UNPIN_TABLE, mfn);
    }
    tap_is(pinned, TRIES, "a page that was just unmapped becomes a table");
    tap_is(written, 0, "which nobody writes");
}

static long reserve(unsigned int cmd, uint64_t *list, uint64_t count)
{
    struct xen_memory_reservation reservation = {
        .extent_start.p = list, .nr_extents = count, .domid = DOMID_SELF};

    return memory_op(cmd, &reservation);
}

static void test_freed(void)
{
    unsigned int written = 0, again = 0, given = 0;

    for (unsigned int i = 0; i < TRIES; i++) {
        uint64_t pfns[FRAMES], list[FRAMES], then[FRAMES], mfn;

        for (unsigned int j = 0; j < FRAMES; j++) {
            pfns[j] = spare_pfn();
            list[j] = pfn_to_mfn(pfns[j]);
            p2m_set(pfns[j], ~0ull);
        }
        mfn = list[0];
        if (!make_stale(mfn)) {
            break;
        }
        given += (unsigned int)reserve(XENMEM_decrease_reservation, list,
                                       FRAMES);
        memcpy(list, pfns, sizeof(list));
        if (reserve(XENMEM_populate_physmap, list, FRAMES) != FRAMES) {
            guest_fail("taking frames back");
        }
        for (unsigned int j = 0; j < FRAMES; j++) {
            p2m_set(pfns[j], list[j]);
            again += list[j] == mfn ? 1 : 0;
            /* Nothing here may flush, or the stale one would be gone. */
            if (pte_update(pte_maddr((uint64_t)FRAME(j), 1),
                           pte_make(list[j], PTE_P | PTE_US)) != 0) {
                guest_fail("mapping a frame");
            }
            then[j] = *FRAME(j);
        }
        if (!wait_for_stores(AGAIN)) {
            guest_fail("the other vCPU stopped");
        }
        for (unsigned int j = 0; j < FRAMES; j++) {
            written += *FRAME(j) != then[j] ? 1 : 0;
            update_va_mapping(FRAME(j), 0, UVMF_INVLPG | UVMF_ALL);
        }
    }
    tap_is(given, TRIES * FRAMES, "a page just unmapped is given back");
    tap_ok(again > 0, "the frame came back %u times", again);
    tap_is(written, 0, "and nobody writes to it");
}

#define REF 9

/* The frame granted is mapped where the other vCPU writes, then unmapped. */
static bool grant_and_revoke(volatile uint64_t *page, bool is_overwritten)
{
    grant_handle_t handle;
    uint64_t before, then;

    if (grant_map_at(TEST_VA, 0, REF, &handle) != GNTST_okay ||
        !wait_for_stores(2)) {
        guest_fail("the grant is not mapped");
    }
    before = faulted;
    if (!wait_for_stores(10) || faulted != before) {
        guest_fail("stores to it do not succeed");
    }
    if (is_overwritten) { /* by an update that flushes nothing */
        pte_update(pte_maddr(TEST_VA, 1), 0);
    }
    grant_unmap(TEST_VA, 0, handle);
    if (grants[REF].flags != GTF_permit_access) {
        guest_fail("the use of the grant goes on");
    }
    then = *page;
    return wait_for_stores(AGAIN) && *page == then;
}

static void test_grant(void)
{
    volatile uint64_t *page = page_alloc();
    unsigned int kept = 0;

    grants_init(1);
    grant_give(REF, grants_from, virt_to_mfn((void *)page), 0);
    for (unsigned int i = 0; i < TRIES; i++) {
        /* Xen would go on using an entry that was overwritten. */
        kept += grant_and_revoke(page, i % 2 && !on_xen);
    }
    tap_is(kept, TRIES, "nobody writes to a frame whose grant is not in use");
}

void test_main(void)
{
    uint64_t before;

    trap_hook(step_over);
    map_prepare(TEST_VA);
    tap_is(vcpu_run(1, body), 0, "a second vCPU");
    test_table();
    test_freed();
    test_grant();
    before = faulted;
    tap_ok(wait_for_stores(10) && faulted >= before + 10,
           "its stores fault now");
    tap_is(vcpu_op(VCPUOP_down, 1, NULL), 0, "it is stopped");
}
