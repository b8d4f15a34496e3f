/* SPDX-License-Identifier: MIT */
/*
 * A guest that storms: events towards dom0, vCPUs up and down and initialised
 * again and again, polls, timers that have passed, and watchdogs, all at once
 * and for as long as it lives.  dom0 goes on, others hear their events in time,
 * and the guest can be destroyed at any moment of it.
 *
 * Runner: -s 2
 */
#include "lib/clock.h"
#include "lib/event.h"
#include "lib/random.h"
#include "lib/tap.h"
#include "lib/toolstack.h"
#include "lib/vcpu.h"

#define MS     1000000ull
#define SECOND 1000000000ull
#define VCPUS  4

static struct {
    volatile uint32_t port;
    volatile uint64_t calls[VCPUS], odd;
    volatile long odd_error;
} shared;

typedef typeof(shared) shared_t;

static shared_t *shared_map(domid_t id)
{
    return toolstack_map(id, &shared);
}

static uint32_t connect(domid_t id)
{
    struct evtchn_alloc_unbound alloc = {.dom = id, .remote_dom = DOMID_SELF};
    struct evtchn_bind_interdomain bind = {.remote_dom = id};
    shared_t *child = shared_map(id);

    if (evtchn_op(EVTCHNOP_alloc_unbound, &alloc) != 0) {
        guest_fail("no port of the child's");
    }
    bind.remote_port = alloc.port;
    if (evtchn_op(EVTCHNOP_bind_interdomain, &bind) != 0) {
        guest_fail("no channel to the child");
    }
    child->port = alloc.port;
    toolstack_unmap(child);
    return bind.local_port;
}

/* Work that dom0 gets done in this time, in rounds of a hypercall each. */
static uint64_t progress(uint64_t ns)
{
    uint64_t end = clock_ns() + ns, rounds = 0;

    while (clock_ns() < end) {
        xen_version(XENVER_version, NULL);
        rounds++;
    }
    return rounds;
}

/* --- Events --- */

static void send_for_ever(void)
{
    unsigned int self = vcpu_self();

    for (;;) {
        event_send(shared.port);
        shared.calls[self]++;
    }
}

static void child_sends(void)
{
    vcpu_run(1, send_for_ever);
    send_for_ever();
}

static void test_events(void)
{
    uint64_t alone = progress(200 * MS), stormed, upcalls;
    domid_t id = toolstack_build(child_sends, 0, 2);
    uint32_t port = connect(id);
    shared_t *child = shared_map(id);

    event_clear(port);
    event_unmask(port);
    toolstack_start(id);
    while (child->calls[0] < 100) {
        sched_op(SCHEDOP_yield, NULL);
    }
    event_reset();
    events_on();
    stormed = progress(500 * MS) * 2 / 5;
    events_off();
    upcalls = event_count[port];
    tap_ok(upcalls > 0, "%lu upcalls of %lu sends", upcalls,
           child->calls[0] + child->calls[1]);
    tap_ok(stormed > alone / 20, "dom0 does %lu of %lu rounds meanwhile",
           stormed, alone);

    /* Masked, they cost dom0 nothing but the CPU it shares. */
    event_mask(port);
    event_reset();
    events_on();
    progress(50 * MS);
    events_off();
    tap_is(event_count[port], 0, "a masked port stays silent");
    toolstack_unmap(child);
    tap_is((uint64_t)toolstack_destroy(id), 0, "destroyed in the storm");
    event_close(port);
}

/* --- vCPUs, polls, timers --- */

static void expect(long error, unsigned int nr)
{
    if (error != 0 && error != -XEN_EINVAL && error != -XEN_EEXIST &&
        error != -XEN_ENOENT && error != -XEN_ETIME && error != 1 &&
        error != -XEN_EBUSY) {
        shared.odd = nr;
        shared.odd_error = error;
    }
    shared.calls[vcpu_self()]++;
}

static void storm_one(struct random *random)
{
    static struct vcpu_guest_context context;
    struct vcpu_set_singleshot_timer timer = {
        .timeout_abs_ns = random_below(random, 3) * clock_ns(),
        .flags = (uint32_t)random_below(random, 2)};
    struct vcpu_set_periodic_timer period = {
        .period_ns = 1000000 + random_below(random, 100000)};
    evtchn_port_t ports[4] = {1, 2, shared.port, 4000};
    struct sched_poll poll = {.nr_ports = (uint32_t)random_below(random, 5),
                              .timeout = 1 + random_below(random, 2) *
                                                 (clock_ns() + 10000)};
    uint32_t vcpu = 1 + (uint32_t)random_below(random, VCPUS);
    unsigned int what = (unsigned int)random_below(random, 32);

    set_xen_guest_handle(poll.ports, ports);
    switch (what) {
    case 0 ... 5:
        expect(vcpu_op(VCPUOP_up, vcpu, NULL), what);
        break;
    case 6 ... 8:
        expect(vcpu == vcpu_self() ? 0 : vcpu_op(VCPUOP_down, vcpu, NULL),
               what);
        break;
    case 9 ... 10:
        expect(vcpu_initialise(vcpu, &context), what);
        break;
    case 11:
        expect(sched_op(SCHEDOP_poll, &poll), what);
        break;
    case 12 ... 15:
        expect(vcpu_op(VCPUOP_set_singleshot_timer, vcpu_self(), &timer), what);
        break;
    case 16 ... 18:
        expect(vcpu_op(VCPUOP_set_periodic_timer, vcpu, &period), what);
        break;
    case 19 ... 20:
        expect(vcpu_op(VCPUOP_stop_periodic_timer, vcpu, NULL), what);
        break;
    case 21:
        expect(sched_op(SCHEDOP_yield, NULL), what);
        break;
    default:
        event_send(shared.port);
        break;
    }
}

static void storm(void)
{
    struct random random = random_from(vcpu_self());

    for (;;) {
        storm_one(&random);
    }
}

static void child_storms(void)
{
    for (unsigned int vcpu = 0; vcpu < VCPUS; vcpu++) {
        event_bind_virq(VIRQ_TIMER, vcpu);
    }
    for (unsigned int vcpu = 1; vcpu < VCPUS; vcpu++) {
        vcpu_run(vcpu, storm);
    }
    storm();
}

static uint64_t calls_of(const shared_t *child)
{
    uint64_t sum = 0;

    for (unsigned int i = 0; i < VCPUS; i++) {
        sum += child->calls[i];
    }
    return sum;
}

static void test_operations(void)
{
    uint64_t alone = progress(200 * MS), stormed;
    domid_t id = toolstack_build(child_storms, 0, VCPUS);
    uint32_t port = connect(id);
    shared_t *child = shared_map(id);

    toolstack_start(id);
    stormed = progress(1000 * MS) / 5;
    tap_ok(calls_of(child) > 50, "%lu operations of all kinds",
           calls_of(child));
    tap_is(child->odd, 0, "each is done or refused (%ld)", child->odd_error);
    tap_ok(stormed > alone / 20, "dom0 does %lu of %lu rounds meanwhile",
           stormed, alone);
    toolstack_unmap(child);
    tap_is((uint64_t)toolstack_destroy(id), 0, "destroyed in the storm");
    event_close(port);
}

/* --- Watchdogs --- */

static void child_watched(void)
{
    struct sched_watchdog watchdog = {.timeout = 1};

    shared.calls[0] =
        (uint64_t)hypercall(__HYPERVISOR_sched_op, SCHEDOP_watchdog, &watchdog);
    shared.calls[1] =
        (uint64_t)hypercall(__HYPERVISOR_sched_op, SCHEDOP_watchdog, &watchdog);
    shared.odd_error =
        hypercall(__HYPERVISOR_sched_op, SCHEDOP_watchdog, &watchdog);
    for (;;) {
        sched_op(SCHEDOP_yield, NULL);
    }
}

static void test_watchdog(void)
{
    domid_t id = toolstack_build(child_watched, 0, 1);
    shared_t *child = shared_map(id);
    uint64_t end = clock_ns() + 8 * SECOND;

    toolstack_start(id);
    while ((toolstack_flags(id) & XEN_DOMINF_shutdown) == 0 &&
           clock_ns() < end) {
        sched_op(SCHEDOP_yield, NULL);
    }
    tap_is(toolstack_flags(id) >> XEN_DOMINF_shutdownshift &
               XEN_DOMINF_shutdownmask,
           SHUTDOWN_watchdog, "a watchdog ends a guest that forgets it");
    tap_ok(child->calls[0] == 1 && child->calls[1] == 2,
           "there are two of them");
    tap_is((uint32_t)child->odd_error, (uint32_t)-XEN_ENOSPC, "and no third");
    toolstack_unmap(child);
    tap_is((uint64_t)toolstack_destroy(id), 0, "it is destroyed");
}

void test_main(void)
{
    test_events();
    test_operations();
    test_watchdog();
}
