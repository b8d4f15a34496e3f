/* SPDX-License-Identifier: MIT */
/*
 * How another domain may end, by its own hand or its watchdog's: its toolstack
 * is told the right reason, its last breath harms nobody, its memory comes
 * back, and dom0 goes on.
 *
 * Runner: -s 3
 */
#include "lib/death.h"
#include "lib/event.h"
#include "lib/tap.h"
#include "lib/toolstack.h"
#include "lib/vcpu.h"

static uint64_t how __attribute__((section(".data"))); /* the child's case */

static void child_dies(void)
{
    death(how);
}

static void child_stops(void)
{
    guest_stop((unsigned int)how);
}

static void child_says_why_first(void)
{
    struct sched_shutdown code = {.reason = SHUTDOWN_reboot};

    sched_op(SCHEDOP_shutdown_code, &code);
    death(1);
}

static void child_hangs(void)
{
    struct sched_watchdog dog = {.timeout = 1};

    sched_op(SCHEDOP_watchdog, &dog);
    for (;;) {
    }
}

static void child_feeds_no_vcpu(void)
{
    vcpu_op(VCPUOP_down, 0, NULL);
}

static volatile bool is_dying;

/* An event that nobody can be told of, while the console says how vCPU 0 ended:
 * this one may not stay in the hypervisor until that is over. */
static void dies_as_well(void)
{
    while (!is_dying) {
    }
    for (volatile uint64_t i = 0; i < how * 100; i++) {
    }
    vcpu_info_of(1)->evtchn_upcall_mask = 0;
    vcpu_info_of(1)->evtchn_upcall_pending = 1;
    for (;;) {
        sched_op(SCHEDOP_yield, NULL);
    }
}

static void child_dies_twice(void)
{
    static struct vcpu_guest_context context;

    vcpu_context(&context, dies_as_well);
    context.event_callback_eip = 0;
    if (vcpu_initialise(1, &context) == 0 && vcpu_op(VCPUOP_up, 1, NULL) == 0) {
        is_dying = true;
        death(5);
    }
}

static void ends(void (*entry)(void), int code, const char *what)
{
    unsigned int port = event_bind_virq(VIRQ_DOM_EXC, 0);
    domid_t id = toolstack_create(entry, 0, entry == child_dies_twice ? 2 : 1);

    tap_is((uint64_t)toolstack_wait(id), (uint64_t)code, "%s (%lu)", what, how);
    tap_ok(event_wait(port, 10000000000), "and the toolstack is told");
    event_close(port);
    if (entry == child_dies) {
        struct xen_domctl op = {0};

        tap_refused_hv(domctl(XEN_DOMCTL_resumedomain, id, &op), 0,
                       "it cannot be resumed");
    }
    if (toolstack_destroy(id) != 0) {
        guest_fail("destroydomain");
    }
}

void test_main(void)
{
    uint64_t before;

    ends(child_stops, SHUTDOWN_poweroff, "it stops");
    before = toolstack_free_pages();
    for (how = 1; how <= DEATHS; how++) {
        ends(child_dies, SHUTDOWN_crash, "it is killed");
    }
    for (how = SHUTDOWN_poweroff; how <= SHUTDOWN_MAX; how++) {
        ends(child_stops, (int)how, "it stops for a reason");
    }
    for (how = 0; how < 20; how++) {
        ends(child_dies_twice, SHUTDOWN_crash, "both its vCPUs are killed");
    }
    how = 0;
    ends(child_says_why_first, SHUTDOWN_reboot, "it said why before");
    ends(child_hangs, SHUTDOWN_watchdog, "its watchdog barks");
    ends(child_feeds_no_vcpu, SHUTDOWN_poweroff, "its only vCPU goes down");
    toolstack_memory_is(before, "all memory is as it was");
}
