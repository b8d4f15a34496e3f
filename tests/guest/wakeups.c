/* SPDX-License-Identifier: MIT */
/*
 * No wake-up is ever lost: two vCPUs that do nothing but block send each other
 * one event at a time, thousands of times, by upcall and by poll; and timers
 * race with blocking.
 *
 * Runner: -s 2
 */
#include "lib/clock.h"
#include "lib/event.h"
#include "lib/tap.h"
#include "lib/vcpu.h"

#define ROUNDS      3000
#define POLL_ROUNDS 1000
#define SECOND      1000000000ull

static unsigned int ping, pong, poll_ping, poll_pong;
static volatile bool polling;

/* With upcalls masked, so that nothing comes between test and block. */
static void wait_for(unsigned int port, unsigned int count)
{
    events_off();
    while (event_count[port] < count) {
        sched_op(SCHEDOP_block, NULL);
        events_off();
    }
}

static void poll_for(unsigned int port)
{
    struct sched_poll poll = {.nr_ports = 1};
    evtchn_port_t list[1] = {port};

    set_xen_guest_handle(poll.ports, list);
    while (!event_pending(port)) {
        sched_op(SCHEDOP_poll, &poll);
    }
    event_clear(port);
}

static void body(void)
{
    for (unsigned int i = 1; i <= ROUNDS; i++) {
        wait_for(ping, i);
        event_send(pong);
    }
    for (unsigned int i = 0; i < POLL_ROUNDS; i++) {
        poll_for(poll_ping);
        event_send(poll_pong);
    }
    for (;;) {
        vcpu_op(VCPUOP_down, 1, NULL);
    }
}

static void test_block(void)
{
    uint64_t start = clock_ns();

    for (unsigned int i = 1; i <= ROUNDS; i++) {
        event_send(ping);
        wait_for(pong, i);
    }
    tap_is(event_count[pong], ROUNDS, "%u events there and back by upcall",
           ROUNDS);
    tap_note("%lu ns each", (clock_ns() - start) / ROUNDS);
}

static void test_poll(void)
{
    for (unsigned int i = 0; i < POLL_ROUNDS; i++) {
        event_send(poll_ping);
        poll_for(poll_pong);
    }
    tap_ok(true, "%u events there and back by poll", POLL_ROUNDS);
}

/* The timer falls due before, while and after the vCPU blocks. */
static void test_timer(void)
{
    unsigned int timer = event_bind_virq(VIRQ_TIMER, 0), late = 0;

    vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
    event_unmask(timer);
    for (unsigned int i = 1; i <= 500; i++) {
        uint64_t deadline = clock_ns() + i * 997 % 60000;
        unsigned int before = event_count[timer];

        timer_set(deadline);
        wait_for(timer, before + 1);
        late += clock_ns() > deadline + SECOND / 2 ? 1 : 0;
    }
    tap_is(late, 0, "500 timers of 0 to 60 us wake a blocked vCPU in time");
}

void test_main(void)
{
    event_reset();
    ping = event_bind_ipi(1);
    pong = event_bind_ipi(0);
    poll_ping = event_bind_ipi(1);
    poll_pong = event_bind_ipi(0);
    event_unmask(ping);
    event_unmask(pong);
    tap_is(vcpu_run(1, body), 0, "a second vCPU");
    test_block();
    test_poll();
    test_timer();
}
