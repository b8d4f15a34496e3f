/* SPDX-License-Identifier: MIT */
/*
 * Public Xen advisories about event channels, re-created from their text alone,
 * as far as no other guest does it (events: the bounds of XSA-342; channels:
 * two domains).  FIFO channels are not offered, so XSA-107, 358 and 359 have
 * nothing to act on.  Each ends with the guest alive and every port as it was.
 *
 * Runner: -s 2
 */
#include "lib/event.h"
#include "lib/random.h"
#include "lib/tap.h"
#include "lib/vcpu.h"

#define PORTS_MAX 4096
#define ROUNDS    3000u

static volatile unsigned int phase, turns;

static long alloc_own(uint32_t *port)
{
    struct evtchn_alloc_unbound alloc = {.dom = DOMID_SELF,
                                         .remote_dom = DOMID_SELF};
    long error = evtchn_op(EVTCHNOP_alloc_unbound, &alloc);

    *port = alloc.port;
    return error;
}

static uint32_t status_of(uint32_t port)
{
    struct evtchn_status status = {.dom = DOMID_SELF, .port = port};

    return evtchn_op(EVTCHNOP_status, &status) == 0 ? status.status : ~0u;
}

static long poll_of(evtchn_port_t port)
{
    struct sched_poll poll = {.nr_ports = 1, .timeout = 1};

    set_xen_guest_handle(poll.ports, &port);
    return sched_op(SCHEDOP_poll, &poll);
}

/* XSA-221: a poll of a port behind which there is no table yet. */
static void test_poll(void)
{
    static const uint32_t ports[] = {0,    1,    127,        128,       1023,
                                     4095, 4096, 0x7fffffff, 0xffffffff};
    unsigned int odd = 0;

    for (unsigned int i = 0; i < ARRAY_SIZE(ports); i++) {
        long error = poll_of(ports[i]);

        odd += error != 0 && error != -XEN_EINVAL;
        if (ports[i] >= PORTS_MAX) {
            tap_is((uint64_t)error, (uint64_t)-XEN_EINVAL,
                   "XSA-221: a poll of port %u", ports[i]);
        }
    }
    tap_is(odd, 0, "XSA-221: polls of ports that nobody opened");
}

/* XSA-317: with no port left, each way to get one failed differently. */
static void test_no_port_left(void)
{
    static uint32_t ports[PORTS_MAX];
    struct evtchn_bind_virq virq = {.virq = VIRQ_TIMER};
    struct evtchn_bind_virq global = {.virq = VIRQ_CON_RING};
    struct evtchn_bind_ipi ipi = {.vcpu = 0};
    struct evtchn_bind_interdomain bind = {.remote_dom = DOMID_SELF};
    uint32_t count = 0, extra;

    while (count < PORTS_MAX && alloc_own(&ports[count]) == 0) {
        count++;
    }
    bind.remote_port = ports[0];
    for (unsigned int i = 0; i < 3; i++) {
        tap_ok(evtchn_op(EVTCHNOP_bind_virq, &virq) == -XEN_ENOSPC &&
                   evtchn_op(EVTCHNOP_bind_virq, &global) == -XEN_ENOSPC &&
                   evtchn_op(EVTCHNOP_bind_ipi, &ipi) == -XEN_ENOSPC &&
                   evtchn_op(EVTCHNOP_bind_interdomain, &bind) == -XEN_ENOSPC &&
                   alloc_own(&extra) == -XEN_ENOSPC,
               "XSA-317: no port left, in no way");
    }
    tap_is(status_of(ports[0]), EVTCHNSTAT_unbound,
           "XSA-317: who would have been the peer still waits");
    event_close(ports[--count]);
    tap_is((uint64_t)evtchn_op(EVTCHNOP_bind_virq, &virq), 0,
           "XSA-317: the VIRQ was not lost by that");
    event_close(virq.port);
    tap_is((uint64_t)evtchn_op(EVTCHNOP_bind_virq, &global), 0,
           "XSA-317: nor the global one");
    event_close(global.port);
    while (count > 0) {
        event_close(ports[--count]);
    }
}

/* --- With a second vCPU at work on the same ports --- */

/* Any operation on any port; what is not allowed is refused, no more. */
static void one_of_all(struct random *random)
{
    uint32_t port = 1 + random_below(random, 40), fresh = 0;
    struct evtchn_unmask unmask = {.port = port};
    struct evtchn_bind_vcpu move = {.port = port,
                                    .vcpu = random_below(random, 2)};
    struct evtchn_bind_interdomain bind = {.remote_dom = DOMID_SELF,
                                           .remote_port = port};

    switch (random_below(random, 8)) {
    case 0:
        alloc_own(&fresh);
        break;
    case 1:
        evtchn_op(EVTCHNOP_bind_interdomain, &bind);
        break;
    case 2:
        evtchn_op(EVTCHNOP_unmask, &unmask);
        break;
    case 3:
        evtchn_op(EVTCHNOP_bind_vcpu, &move);
        break;
    case 4:
        event_close(port);
        break;
    case 5:
        status_of(port);
        break;
    case 6:
        poll_of(port);
        break;
    default:
        event_send(port);
        break;
    }
}

static void second(void)
{
    struct random random = random_from(2);

    while (phase == 0) {
        one_of_all(&random);
        turns++;
    }
    vcpu_op(VCPUOP_down, 1, NULL);
}

/* XSA-338 and 343: ports that stop being valid under somebody's hands. */
static void test_reset_races(void)
{
    struct evtchn_reset reset = {.dom = DOMID_SELF};
    struct random random = random_from(1);
    unsigned int odd = 0;

    if (vcpu_run(1, second) != 0) {
        guest_fail("no second vCPU");
    }
    while (turns < 10) {
        sched_op(SCHEDOP_yield, NULL);
    }
    for (unsigned int i = 0; i < ROUNDS; i++) {
        one_of_all(&random);
        if (i % 10 == 0) {
            odd += evtchn_op(EVTCHNOP_reset, &reset) != 0;
        }
    }
    phase = 1;
    while (vcpu_op(VCPUOP_is_up, 1, NULL) == 1) {
        sched_op(SCHEDOP_yield, NULL);
    }
    tap_ok(odd == 0 || on_xen, /* it has the caller try again */
           "XSA-343: %u resets while the other vCPU did %u operations",
           ROUNDS / 10, turns);
    odd = 0;
    tap_is((uint64_t)evtchn_op(EVTCHNOP_reset, &reset), 0,
           "XSA-338: once more");
    for (uint32_t port = 1; port < PORTS_MAX; port++) {
        odd += status_of(port) != EVTCHNSTAT_closed;
    }
    tap_is(odd, 0, "XSA-338: every port is closed, and none is out of bounds");
}

/* XSA-344: a reset of all ports in one go.  That it is done in steps is what
 * the unit test of event channels shows. */
static void test_long_reset(void)
{
    struct evtchn_reset reset = {.dom = DOMID_SELF};
    uint32_t port, count = 0, open = 0;

    while (alloc_own(&port) == 0) {
        count++;
    }
    tap_is((uint64_t)evtchn_op(EVTCHNOP_reset, &reset), 0,
           "XSA-344: a reset of %u ports", count);
    for (port = 1; port < PORTS_MAX; port++) {
        open += status_of(port) != EVTCHNSTAT_closed;
    }
    tap_is(open, 0, "XSA-344: closes all of them");
}

void test_main(void)
{
    test_poll();
    test_no_port_left();
    test_reset_races();
    test_long_reset();
}
