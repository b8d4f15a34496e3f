/* SPDX-License-Identifier: MIT */
/*
 * Time in a second domain: its clock is the machine's, its wall clock is set
 * before it runs, its timers come on each of its vCPUs and not early, and its
 * runstate tells of the time that somebody else took from it.
 *
 * Runner: -s 2
 */
#include "lib/clock.h"
#include "lib/event.h"
#include "lib/tap.h"
#include "lib/toolstack.h"
#include "lib/vcpu.h"

#define MS     1000000ull
#define SECOND 1000000000ull
#define VCPUS  2
#define FIRES  10u

static struct {
    volatile uint64_t now, ready[VCPUS], fired[VCPUS], early[VCPUS];
    volatile uint64_t go, told;
    volatile struct vcpu_runstate_info before, after;
    volatile uint32_t wallclock, wallclock_version;
} shared;

typedef typeof(shared) shared_t;

static shared_t *shared_map(domid_t id)
{
    return toolstack_map(id, &shared);
}

static long simple(uint32_t cmd, domid_t id)
{
    struct xen_domctl op = {0};

    return domctl(cmd, id, &op);
}

static bool is_running(domid_t id)
{
    struct xen_domctl op = {0};

    return domctl(XEN_DOMCTL_getvcpuinfo, id, &op) == 0 &&
           op.u.getvcpuinfo.running;
}

/* --- The child --- */

static void timers(void)
{
    evtchn_port_t port = event_bind_virq(VIRQ_TIMER, vcpu_self());
    struct sched_poll poll = {.nr_ports = 1};
    unsigned int self = vcpu_self();

    set_xen_guest_handle(poll.ports, &port);
    for (unsigned int i = 0; i < FIRES; i++) {
        uint64_t due = clock_ns() + 2 * MS;
        struct vcpu_set_singleshot_timer timer = {.timeout_abs_ns = due};

        event_clear(port);
        vcpu_op(VCPUOP_set_singleshot_timer, self, &timer);
        sched_op(SCHEDOP_poll, &poll);
        if (event_pending(port)) {
            shared.fired[self]++;
            shared.early[self] += clock_ns() < due;
        }
    }
    shared.ready[self] = 1;
}

static void second(void)
{
    timers();
    vcpu_op(VCPUOP_down, 1, NULL);
}

static void child_tells(void)
{
    struct vcpu_runstate_info info;

    shared.wallclock_version = shared_info->wc_version;
    shared.wallclock = shared_info->wc_sec;
    shared.now = clock_ns();
    vcpu_run(1, second);
    timers();
    while (!shared.ready[1]) {
        sched_op(SCHEDOP_yield, NULL);
    }
    vcpu_op(VCPUOP_get_runstate_info, 0, &info);
    shared.before = info;
    shared.told = 1;
    while (!shared.go) {
    }
    vcpu_op(VCPUOP_get_runstate_info, 0, &info);
    shared.after = info;
}

/* --- The parent --- */

static bool wait_for(volatile uint64_t *value)
{
    uint64_t end = clock_ns() + 20 * SECOND;

    while (*value == 0 && clock_ns() < end) {
        sched_op(SCHEDOP_yield, NULL);
    }
    return *value != 0;
}

static void wait_ns(uint64_t ns)
{
    struct sched_poll poll = {.timeout = clock_ns() + ns};

    sched_op(SCHEDOP_poll, &poll);
}

static uint64_t sum_of(const volatile struct vcpu_runstate_info *info)
{
    return info->time[0] + info->time[1] + info->time[2] + info->time[3];
}

static void test_clock(const shared_t *child, uint64_t begin, uint64_t end)
{
    tap_ok(child->now >= begin && child->now <= end,
           "its clock is between ours before and after");
    tap_ok(child->wallclock != 0 && (child->wallclock_version & 1) == 0,
           "its wall clock was set before it ran");
    tap_is(child->wallclock, shared_info->wc_sec, "to what ours says");
}

static void test_timers(const shared_t *child)
{
    for (unsigned int v = 0; v < VCPUS; v++) {
        tap_is(child->fired[v], FIRES, "vCPU %u: each timer came", v);
        tap_is(child->early[v], 0, "vCPU %u: and none early", v);
    }
}

static void test_runstate(const shared_t *child, uint64_t paused_ns)
{
    uint64_t offline = child->after.time[RUNSTATE_offline] -
                       child->before.time[RUNSTATE_offline];
    uint64_t sum = sum_of(&child->after) - sum_of(&child->before);

    tap_is((uint64_t)child->after.state, RUNSTATE_running,
           "who asks is running");
    tap_ok(offline >= paused_ns, "the pause is seen: %lu of %lu us",
           (unsigned long)(offline / 1000), (unsigned long)(paused_ns / 1000));
    tap_ok(sum >= paused_ns && sum < 60 * SECOND,
           "the states add up to the time that passed");
    tap_ok(child->before.time[RUNSTATE_blocked] > FIRES * MS,
           "it was blocked while it waited for its timers");
}

void test_main(void)
{
    domid_t id = toolstack_build(child_tells, 0, VCPUS);
    shared_t *child = shared_map(id);
    uint64_t begin = clock_ns(), paused;

    simple(XEN_DOMCTL_unpausedomain, id);
    tap_ok(wait_for(&child->told), "the child comes so far");
    test_clock(child, begin, clock_ns());
    test_timers(child);

    simple(XEN_DOMCTL_pausedomain, id);
    while (is_running(id)) {
        wait_ns(MS);
    }
    paused = clock_ns();
    wait_ns(50 * MS);
    child->go = 1;
    paused = clock_ns() - paused;
    simple(XEN_DOMCTL_unpausedomain, id);
    tap_is((uint64_t)toolstack_wait(id), SHUTDOWN_poweroff, "it ends");
    test_runstate(child, paused);
    toolstack_unmap(child);
    toolstack_destroy(id);
}
