/* SPDX-License-Identifier: MIT */
/*
 * The life of other domains: made, run, stopped, destroyed, and nothing left
 * of them.
 */
#include "lib/tap.h"
#include "lib/toolstack.h"

#define CYCLES 200u

static volatile uint64_t said;

static void child_says(void)
{
    said = 0x600d;
}

static void test_run(void)
{
    domid_t id = toolstack_build(child_says, 0, 1);
    volatile uint64_t *mapped = toolstack_map(id, (void *)&said);
    struct xen_domctl op = {0};

    tap_is(*mapped, 0, "a child begins with variables of its own");
    tap_is(toolstack_flags(id) & XEN_DOMINF_paused, XEN_DOMINF_paused,
           "it is paused");
    tap_is((uint64_t)domctl(XEN_DOMCTL_unpausedomain, id, &op), 0, "started");
    tap_is((uint64_t)toolstack_wait(id), SHUTDOWN_poweroff, "it ends by itself");
    tap_is(*mapped, 0x600d, "and has run");
    tap_is(said, 0, "on memory of its own");
    toolstack_unmap((void *)((uint64_t)mapped & ~(PAGE_SIZE - 1)));
    tap_is((uint64_t)toolstack_destroy(id), 0, "it is destroyed");
    tap_is(toolstack_flags(id), 0, "and gone");
}

static uint64_t free_pages(void)
{
    struct xen_sysctl op = {.cmd = XEN_SYSCTL_physinfo,
                            .interface_version = XEN_SYSCTL_INTERFACE_VERSION};

    if (hypercall(__HYPERVISOR_sysctl, &op) != 0) {
        guest_fail("physinfo");
    }
    return op.u.physinfo.free_pages;
}

static void test_leaks(void)
{
    uint64_t before = free_pages();
    unsigned int ends = 0;

    for (unsigned int i = 0; i < CYCLES; i++) {
        domid_t id = toolstack_create(child_says, 0, 1 + i % 4);

        if (i % 2 == 0) { /* the others are destroyed while they run */
            ends += toolstack_wait(id) == SHUTDOWN_poweroff;
        }
        if (toolstack_destroy(id) != 0) {
            break;
        }
    }
    tap_is(ends, CYCLES / 2, "every child that was let run came to its end");
    tap_is(free_pages(), before, "%u domains leave all memory as it was",
           CYCLES);
}

void test_main(void)
{
    test_run();
    test_leaks();
}
