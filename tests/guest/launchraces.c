/* SPDX-License-Identifier: MIT */
/*
 * Launches that are interfered with: ended, paused and looked into at any
 * moment.  Whatever the order, the guest launches or is ended, and no frame is
 * lost.
 *
 * Runner: -s 2
 * Only: vouch
 */
#include "lib/clock.h"
#include "lib/launch.h"
#include "lib/paging.h"
#include "lib/random.h"
#include "lib/tap.h"

#define RO (PTE_P | PTE_US)

static struct launch_report *report;
static domid_t child;

static void wait_ns(uint64_t ns)
{
    uint64_t until = clock_ns() + ns;

    while (clock_ns() < until) {
    }
}

static void test_destroyed(struct random *random)
{
    unsigned int gone_count = 0;

    for (unsigned int i = 0; i < 40; i++) {
        long error;

        launch_order.initrd_size = 600 * PAGE_SIZE;
        child = launch_build(&report);
        toolstack_unmap(report);
        toolstack_start(child);
        wait_ns(random_below(random, 40000) * 1000ull);
        while ((error = toolstack_destroy(child)) == -XEN_EAGAIN) {
        }
        gone_count += error == 0;
        launch_order = (struct launch_order){0};
    }
    tap_is(gone_count, 40, "launches that are ended at any moment");
}

static void test_paused(struct random *random)
{
    unsigned int launched = 0;

    for (unsigned int i = 0; i < 10; i++) {
        launch_order.initrd_size = 600 * PAGE_SIZE;
        child = launch_build(&report);
        toolstack_unmap(report);
        toolstack_start(child);
        while (!(toolstack_flags(child) & XEN_DOMINF_shutdown)) {
            struct xen_domctl op = {0};

            domctl(XEN_DOMCTL_pausedomain, child, &op);
            wait_ns(random_below(random, 500) * 1000ull);
            domctl(XEN_DOMCTL_unpausedomain, child, &op);
            sched_op(SCHEDOP_yield, NULL);
        }
        launched += toolstack_wait(child) == TINY_REASON;
        toolstack_destroy(child);
        launch_order = (struct launch_order){0};
    }
    tap_is(launched, 10, "launches that are paused all the time");
}

/* Whatever is mapped at whatever time: the guest launches, or is ended. */
static void test_mapped(struct random *random)
{
    unsigned int launched = 0, ended = 0, mapped = 0;
    struct mmu_update update;

    map_prepare(TEST_VA);
    update.ptr = pte_maddr(TEST_VA, 1);
    for (unsigned int i = 0; i < 40; i++) {
        uint64_t until = clock_ns() + 10000000000ull;
        int code = -1;

        launch_order.initrd_size = 600 * PAGE_SIZE;
        child = launch_build(&report);
        toolstack_unmap(report);
        toolstack_start(child);
        wait_ns(random_below(random, 30000) * 1000ull);
        while (code < 0 && clock_ns() < until) {
            uint64_t pfn = random_below(random, 2046);

            update.val = pte_make(
                toolstack_mfn(child, (char *)VIRT_BASE + pfn * PAGE_SIZE), RO);
            mapped += mmu_update(&update, 1, NULL, child) == 0;
            update.val = 0;
            mmu_update(&update, 1, NULL, DOMID_SELF);
            if (toolstack_flags(child) & XEN_DOMINF_shutdown) {
                code = toolstack_wait(child);
            }
        }
        launched += code == TINY_REASON;
        ended += code == SHUTDOWN_crash;
        toolstack_destroy(child);
        launch_order = (struct launch_order){0};
    }
    tap_is(launched + ended, 40, "%u launch, %u are ended, %u mappings",
           launched, ended, mapped);
}

static long release(uint64_t *mfn)
{
    struct xen_memory_reservation reservation = {
        .extent_start.p = mfn, .nr_extents = 1, .domid = child};

    return memory_op(XENMEM_decrease_reservation, &reservation);
}

/* Its console's frame, released before or in the middle of its launch: either it
 * cannot be, or the launch says nothing about it, as it is not the guest's. */
static void test_ring_released(struct random *random)
{
    volatile const uint64_t *m2p = (const uint64_t *)HV_START;
    unsigned int released = 0, written = 0;

    for (unsigned int i = 0; i < 40; i++) {
        uint64_t until = clock_ns() + 10000000000ull, mfn;
        bool is_released = false;

        launch_order.initrd_size = 600 * PAGE_SIZE;
        child = launch_build(&report);
        mfn = toolstack_mfn(child, (void *)(VIRT_BASE + launch_order.console_pfn *
                                                            PAGE_SIZE));
        toolstack_unmap(report);
        toolstack_start(child);
        wait_ns(random_below(random, 5000) * 1000ull);
        while (!is_released && clock_ns() < until &&
               !(toolstack_flags(child) & XEN_DOMINF_shutdown)) {
            is_released = release(&mfn) == 1;
        }
        (void)toolstack_wait(child);
        released += is_released;
        written += is_released && m2p[mfn] != ~0ull;
        toolstack_destroy(child);
        launch_order = (struct launch_order){0};
    }
    tap_is(written, 0, "of %u rings that were released nothing is said",
           released);
}

void test_main(void)
{
    struct random random = random_from(cmdline_number("seed=", 7));
    uint64_t before;

    child = launch_build(&report); /* makes what is kept for all launches */
    toolstack_unmap(report);
    toolstack_start(child);
    tap_is(toolstack_wait(child), TINY_REASON, "a launch that is left alone");
    toolstack_destroy(child);
    before = toolstack_free_pages();
    test_destroyed(&random);
    test_paused(&random);
    test_mapped(&random);
    test_ring_released(&random);
    toolstack_memory_is(before, "no frame is lost");
}
