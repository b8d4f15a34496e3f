/* SPDX-License-Identifier: MIT */
/*
 * What a launch leaves of the guest before it: nothing but the two rings and
 * their ports.  The launcher sets all it can, in the machine and in its vCPUs,
 * and the launched kernel looks.
 *
 * Runner: -s 2
 * Only: vouch
 */
#include "lib/clock.h"
#include "lib/event.h"
#include "lib/grant.h"
#include "lib/launch.h"
#include "lib/paging.h"
#include "lib/tap.h"
#include "lib/vcpu.h"

#define PATTERN 0x5a5a5a5a12345678ull
#define GIVEN   9u /* a grant that is not a ring's */

enum {
    PORTS,
    PORT_STATES,
    GRANT_CONSOLE,
    GRANT_STORE,
    GRANTS,
    DR0,
    DR7,
    FS,
    XMM,
    TICKS,
    INFO,
    COUNTED,
    COUNTED_LATER,
    SECOND_UP,
    MASK,
    PENDING,
    MAPPED,
    ASKED,
    DONE,
    ARMED
};

static struct vcpu_info info __attribute__((aligned(64), section(".data")));

static long register_info(void)
{
    struct vcpu_register_vcpu_info registered = {
        .mfn = virt_to_mfn(&info),
        .offset = (uint32_t)((uint64_t)&info & (PAGE_SIZE - 1))};

    return vcpu_op(VCPUOP_register_vcpu_info, 0, &registered);
}

/* --- The launcher: all vCPUs, timers, channels, grants, registers --- */

static void count_for_ever(void)
{
    for (;;) {
        launch_report()->words[COUNTED]++;
    }
}

static void before(void)
{
    struct vcpu_set_periodic_timer periodic = {.period_ns = 2000000};
    struct evtchn_bind_ipi ipi = {.vcpu = 0};
    struct evtchn_bind_virq virq = {.virq = VIRQ_TIMER};
    struct evtchn_alloc_unbound unbound = {.dom = DOMID_SELF, .remote_dom = 0};

    grants_init(2);
    grant_give(0, 0, pfn_to_mfn(launch_order.console_pfn), 0);
    grant_give(1, 0, virt_to_mfn(&info), 0); /* not the store's ring */
    grant_give(GIVEN, 0, pfn_to_mfn(launch_order.console_pfn), 0);
    grant_give(700, 0, pfn_to_mfn(launch_order.console_pfn), 0);
    if (evtchn_op(EVTCHNOP_bind_ipi, &ipi) != 0 ||
        evtchn_op(EVTCHNOP_bind_virq, &virq) != 0 ||
        evtchn_op(EVTCHNOP_alloc_unbound, &unbound) != 0 ||
        vcpu_op(VCPUOP_set_periodic_timer, 0, &periodic) != 0 ||
        hypercall(__HYPERVISOR_vm_assist, VMASST_CMD_enable,
                  VMASST_TYPE_runstate_update_flag) != 0 ||
        hypercall(__HYPERVISOR_set_debugreg, 0, 0x1000) != 0 ||
        hypercall(__HYPERVISOR_set_debugreg, 7, 0x401) != 0 ||
        hypercall(__HYPERVISOR_set_segment_base, SEGBASE_FS,
                  PATTERN & 0xffff) != 0 ||
        register_info() != 0) {
        guest_fail("the launcher's own state");
    }
    __asm__ volatile("movq %0, %%xmm0" ::"r"(PATTERN));
    if (launch_order.vcpus > 1 && vcpu_run(1, count_for_ever) != 0) {
        guest_fail("the second vCPU");
    }
    launch_report()->words[ARMED] = 1;
    while (launch_order.vcpus > 1 && launch_report()->words[COUNTED] < 1000) {
        sched_op(SCHEDOP_yield, NULL);
    }
}

/* --- The launched kernel --- */

static void wait_ns(uint64_t ns)
{
    uint64_t until = clock_ns() + ns;

    while (clock_ns() < until) {
    }
}

static void ports_look(struct launch_report *report)
{
    for (uint32_t port = 1; port < 1024; port++) {
        struct evtchn_status status = {.dom = DOMID_SELF, .port = port};

        if (evtchn_op(EVTCHNOP_status, &status) == 0 &&
            status.status != EVTCHNSTAT_closed) {
            report->words[PORTS]++;
            report->words[PORT_STATES] += status.status;
        }
    }
}

static void grants_look(struct launch_report *report)
{
    grants_init(2);
    report->words[GRANT_CONSOLE] = grants[0].flags;
    report->words[GRANT_STORE] = grants[1].flags;
    for (unsigned int i = 2; i < grants_count; i++) {
        report->words[GRANTS] += grants[i].flags;
    }
}

static void registers_look(struct launch_report *report)
{
    uint64_t xmm;

    __asm__ volatile("movq %%xmm0, %0" : "=r"(xmm));
    report->words[XMM] = xmm;
    report->words[DR0] = (uint64_t)hypercall(__HYPERVISOR_get_debugreg, 0);
    report->words[DR7] = (uint64_t)hypercall(__HYPERVISOR_get_debugreg, 7);
    __asm__ volatile("rdmsr"
                     : "=a"(report->words[FS])
                     : "c"(0xc0000100)
                     : "rdx");
}

static void launched(void)
{
    struct launch_report *report = launch_report();
    struct evtchn_bind_virq virq = {.virq = VIRQ_TIMER};

    registers_look(report);
    report->words[MASK] = shared_info->vcpu_info[0].evtchn_upcall_mask;
    report->words[PENDING] = shared_info->vcpu_info[0].evtchn_upcall_pending;
    ports_look(report);
    grants_look(report);
    report->words[COUNTED_LATER] = report->words[COUNTED];
    report->words[SECOND_UP] = (uint64_t)vcpu_op(VCPUOP_is_up, 1, NULL);
    if (evtchn_op(EVTCHNOP_bind_virq, &virq) != 0) {
        guest_fail("the timer's VIRQ");
    }
    wait_ns(20000000);
    report->words[TICKS] =
        shared_info->evtchn_pending[virq.port / 64] >> (virq.port % 64) & 1;
    report->words[INFO] = (uint64_t)register_info();
    report->words[COUNTED_LATER] -= report->words[COUNTED];
    report->stage = 2;
    while (!report->words[ASKED]) {
        sched_op(SCHEDOP_yield, NULL);
    }
    report->words[DONE] = 1;
}

/* --- The parent --- */

static int map_ref(domid_t child, unsigned int ref, grant_handle_t *handle)
{
    struct gnttab_map_grant_ref op = {.host_addr = TEST_VA,
                                      .flags = GNTMAP_host_map,
                                      .ref = ref,
                                      .dom = child};

    map_prepare(TEST_VA);
    if (grant_map(&op) == 0) {
        *handle = op.handle;
    }
    return op.status;
}

/* The launch is over, or the child. */
static void wait_stage(const struct launch_report *report, uint64_t stage)
{
    uint64_t until = clock_ns() + 20000000000ull;

    while (report->stage < stage && clock_ns() < until) {
        sched_op(SCHEDOP_yield, NULL);
    }
    tap_is(report->stage, stage, "the launched kernel looked");
}

static void verdicts(const struct launch_report *report)
{
    tap_is(report->words[PORTS], 2, "two ports are open");
    tap_is(report->words[PORT_STATES], 2 * EVTCHNSTAT_interdomain,
           "both to another domain");
    tap_is(report->words[GRANT_CONSOLE] & GTF_type_mask, GTF_permit_access,
           "the console's ring is granted");
    tap_is(report->words[GRANT_STORE], 0,
           "what the launcher gave for the store's is not");
    tap_is(report->words[GRANTS], 0, "nothing else is");
    tap_is(report->words[DR0], 0, "no breakpoint");
    tap_is(report->words[DR7], 0x400, "none enabled");
    tap_is(report->words[FS], 0, "no segment base");
    tap_is(report->words[XMM], 0, "no FPU register");
    tap_is(report->words[TICKS], 0, "no timer ticks");
    tap_is(report->words[INFO], 0, "a vcpu_info may be registered again");
    tap_is(report->words[MASK], 1, "events begin masked");
    tap_is(report->words[PENDING], 1, "one of before is pending");
}

static void test_rest(unsigned int vcpus)
{
    struct launch_report *report;
    struct evtchn_send send;
    grant_handle_t handle = 0;
    domid_t child;

    launch_order = (struct launch_order){
        .vcpus = vcpus, .before = before, .entry = launched};
    child = launch_build(&report);
    send.port = launch_console_end;
    tap_is(evtchn_op(EVTCHNOP_send, &send), 0, "an event before the launch");
    toolstack_start(child);
    wait_stage(report, 2);
    verdicts(report);
    if (vcpus > 1) {
        tap_ok(report->words[COUNTED] >= 1000, "the second vCPU ran");
        tap_is(report->words[COUNTED_LATER], 0, "it does not any more");
        tap_is(report->words[SECOND_UP], 0, "it is down");
    }
    tap_is(evtchn_op(EVTCHNOP_send, &send), 0, "an event after it");
    tap_is(map_ref(child, 0, &handle), GNTST_okay, "we map the console's ring");
    tap_is(*(volatile uint64_t *)TEST_VA, 2, "and read it");
    tap_is(grant_unmap(TEST_VA, 0, handle), 0, "unmapped");
    tap_is(map_ref(child, GIVEN, &handle), GNTST_general_error,
           "an older grant is not there");
    report->words[ASKED] = 1;
    tap_is(toolstack_wait(child), SHUTDOWN_poweroff, "it ends");
    toolstack_unmap(report);
    tap_is(toolstack_destroy(child), 0, "and is gone");
}

void test_main(void)
{
    test_rest(1);
    test_rest(2);
}
