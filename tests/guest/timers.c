/* SPDX-License-Identifier: MIT */
/*
 * Time: the paravirtual clock never goes back and agrees with itself, timers
 * fire once, not early and not after they were stopped, a blocked vCPU wakes,
 * and the wallclock is plausible.
 */
#include "lib/clock.h"
#include "lib/event.h"
#include "lib/paging.h"
#include "lib/tap.h"

#define MS 1000000ull

static unsigned int timer_port;

static void test_clock(void)
{
    const volatile struct vcpu_time_info *time = &vcpu_info_self()->time;
    uint64_t last = clock_ns(), now, start = last;
    unsigned int backwards = 0;

    tap_is(time->version & 1, 0, "the clock's version is even");
    tap_ok(time->tsc_to_system_mul >= 1u << 31, "its multiplier is normalised");
    for (unsigned int i = 0; i < 20000; i++) {
        now = clock_ns();
        backwards += now < last ? 1 : 0;
        last = now;
        if (i % 64 == 0) {
            event_deliver();
        }
    }
    tap_is(backwards, 0, "20000 readings never go back");
    tap_ok(last > start, "and go forward");
}

static void test_wallclock(void)
{
    uint64_t seconds =
        (uint64_t)shared_info->wc_sec | (uint64_t)shared_info->wc_sec_hi << 32;

    tap_is(shared_info->wc_version & 1, 0, "the wallclock's version is even");
    /* 2020 to 2200: a wrong clock, not a wrong guess, falls outside. */
    tap_ok(seconds > 1577836800 && seconds < 7258118400,
           "the wallclock is plausible (%lu)", seconds);
    tap_ok(shared_info->wc_nsec < 1000000000, "its nanoseconds are");
}

static bool timer_fires(uint64_t within_ns)
{
    bool fired = event_wait(timer_port, within_ns);

    event_clear(timer_port);
    return fired;
}

static void test_singleshot(void)
{
    struct vcpu_set_singleshot_timer timer = {.timeout_abs_ns = 1};
    uint64_t deadline = clock_ns() + 3 * MS;
    long error;

    tap_is(timer_set(deadline), 0, "a single-shot timer in 3 ms");
    tap_ok(!event_pending(timer_port) || clock_ns() >= deadline,
           "is not pending at once");
    tap_ok(event_wait(timer_port, 500 * MS), "fires");
    tap_ok(clock_ns() >= deadline, "not before its time");
    event_clear(timer_port);
    tap_ok(!timer_fires(20 * MS), "and only once");

    tap_is(timer_set(1), 0, "a timer in the past");
    tap_ok(timer_fires(20 * MS), "fires");
    timer.flags = VCPU_SSHOTTMR_future;
    /* vcpu.h: -ETIME, or the flag is ignored; nothing in between. */
    error = vcpu_op(VCPUOP_set_singleshot_timer, 0, &timer);
    tap_ok(error == 0 || error == -XEN_ETIME,
           "with the future flag it is -ETIME or 0 (%ld)", error);
    tap_ok(timer_fires(2 * MS) == (error == 0), "and fires only for 0");

    /* On a busy host the time may be up before it is stopped: again. */
    do {
        event_clear(timer_port);
        deadline = clock_ns() + 20 * MS;
        timer_set(deadline);
        error = timer_stop();
    } while (clock_ns() >= deadline);
    tap_is(error, 0, "a timer can be stopped");
    tap_ok(!timer_fires(40 * MS), "and then does not fire");
    timer_set(clock_ns() + 1000000 * MS);
    timer_set(clock_ns() + 2 * MS);
    tap_ok(timer_fires(500 * MS), "a nearer time replaces a farther one");
    tap_is(vcpu_op(VCPUOP_set_singleshot_timer, 7, &timer), -XEN_ENOENT,
           "another vCPU's timer cannot be set");
    tap_is(vcpu_op(VCPUOP_set_singleshot_timer, 0, HV_PRIVATE), -XEN_EFAULT,
           "arguments in the hypervisor");
}

static void test_set_timer_op(void)
{
    uint64_t deadline = clock_ns() + 3 * MS;
    long error;

    tap_is(hypercall(__HYPERVISOR_set_timer_op, deadline), 0, "set_timer_op");
    tap_ok(event_wait(timer_port, 500 * MS), "fires");
    tap_ok(clock_ns() >= deadline, "not before its time");
    event_clear(timer_port);
    do {
        event_clear(timer_port);
        deadline = clock_ns() + 20 * MS;
        hypercall(__HYPERVISOR_set_timer_op, deadline);
        error = hypercall(__HYPERVISOR_set_timer_op, 0);
    } while (clock_ns() >= deadline);
    tap_is(error, 0, "0 cancels");
    tap_ok(!timer_fires(40 * MS), "and it does not fire");
}

static void test_periodic(void)
{
    struct vcpu_set_periodic_timer period = {.period_ns = 2 * MS};
    unsigned int ticks = 0;
    uint64_t start;

    tap_is(vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0,
           "the periodic timer can be stopped");
    event_clear(timer_port);
    tap_ok(!timer_fires(30 * MS), "and is silent then");
    period.period_ns = 1000;
    tap_is(vcpu_op(VCPUOP_set_periodic_timer, 0, &period), -XEN_EINVAL,
           "a period of 1 us is refused");
    period.period_ns = 2 * MS;
    tap_is(vcpu_op(VCPUOP_set_periodic_timer, 0, &period), 0,
           "a period of 2 ms");
    start = clock_ns();
    while (ticks < 5 && timer_fires(1000 * MS)) {
        ticks++;
    }
    tap_is(ticks, 5, "ticks");
    tap_ok(clock_ns() - start >= 8 * MS, "and not faster than it should");
    tap_is(vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0, "stop it again");
    event_clear(timer_port);
    tap_ok(!timer_fires(20 * MS), "silent again");
}

static void test_block(void)
{
    struct sched_poll poll = {.nr_ports = 1};
    evtchn_port_t list[1] = {timer_port};
    uint64_t deadline = clock_ns() + 4 * MS;

    event_unmask(timer_port);
    event_reset();
    timer_set(deadline);
    tap_is(sched_op(SCHEDOP_block, NULL), 0, "block until a timer");
    tap_ok(clock_ns() >= deadline, "wakes when it fires");
    tap_is(event_count[timer_port], 1, "and delivers it");
    events_off();
    event_mask(timer_port);

    set_xen_guest_handle(poll.ports, list);
    deadline = clock_ns() + 4 * MS;
    timer_set(deadline);
    tap_is(sched_op(SCHEDOP_poll, &poll), 0, "poll until a masked timer port");
    tap_ok(clock_ns() >= deadline && event_pending(timer_port),
           "wakes when it fires");
    event_clear(timer_port);
}

static void test_runstate(void)
{
    static volatile struct vcpu_runstate_info area;
    struct vcpu_register_runstate_memory_area where = {
        .addr.p = (uint64_t)&area,
    };
    struct vcpu_runstate_info copy;
    uint64_t running;

    tap_is(vcpu_op(VCPUOP_register_runstate_memory_area, 0, &where), 0,
           "register a runstate area");
    tap_is((uint64_t)area.state, RUNSTATE_running, "it is filled: running");
    running = area.time[RUNSTATE_running];
    timer_set(clock_ns() + 5 * MS);
    sched_op(SCHEDOP_block, NULL);
    events_off();
    event_clear(timer_port);
    tap_ok(area.time[RUNSTATE_blocked] >= 4 * MS,
           "blocked time was counted (%lu ns)", area.time[RUNSTATE_blocked]);
    tap_ok(area.time[RUNSTATE_running] >= running, "so was running time");
    tap_is(vcpu_op(VCPUOP_get_runstate_info, 0, &copy), 0, "get_runstate_info");
    tap_is((uint64_t)copy.state, RUNSTATE_running, "says running");
    tap_is(vcpu_op(VCPUOP_get_runstate_info, 0, HV_PRIVATE), -XEN_EFAULT,
           "but not into the hypervisor");
}

void test_main(void)
{
    timer_port = event_bind_virq(VIRQ_TIMER, 0);
    test_clock();
    test_wallclock();
    vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
    event_clear(timer_port);
    test_singleshot();
    test_set_timer_op();
    test_periodic();
    test_block();
    event_unmask(timer_port);
    test_runstate();
}
