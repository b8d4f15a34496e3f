/* SPDX-License-Identifier: MIT */
/*
 * The ends of a channel are objects of the policy.  Under a policy that lets
 * dom0 make ends but not send on them, each send asks about the label of the
 * end, is refused and changes nothing, while IPI ports go on working; a port
 * that was an end and is reopened as something else is asked about anew.
 *
 * Runner: -s 2 -p build/policy/ends
 * Only: vouch
 */
#include "lib/clock.h"
#include "lib/event.h"
#include "lib/tap.h"
#include "lib/vcpu.h"

#define ROUNDS 20000
#define MOST   10000000 /* where the other CPU seldom runs */

static unsigned int port[2];
static volatile unsigned int reopened, stop;

static void test_send(void)
{
    event_loopback(port);
    event_clear(port[0]);
    event_clear(port[1]);
    tap_is(event_send(port[0]), -XEN_EPERM, "send on an end");
    tap_ok(!event_pending(port[1]), "the other end hears nothing");
    tap_is(event_close(port[1]), 0, "close the other end");
    tap_is(event_send(port[0]), -XEN_EPERM, "send on an unbound end");
    event_close(port[0]);
    tap_is(event_send(port[0]), -XEN_EINVAL, "a closed port is no end");
}

static void test_ipi(void)
{
    unsigned int ipi = event_bind_ipi(0);

    tap_is(event_send(ipi), 0, "send on an IPI port");
    tap_ok(event_pending(ipi), "arrives");
    event_clear(ipi);
    event_close(ipi);
}

/* vCPU 1 makes one port an IPI port and an end by turns. */
static void reopen(void)
{
    while (!stop) {
        struct evtchn_alloc_unbound alloc = {.dom = DOMID_SELF,
                                             .remote_dom = DOMID_SELF};

        evtchn_op(EVTCHNOP_alloc_unbound, &alloc);
        event_close(alloc.port);
        event_close(event_bind_ipi(0));
        reopened++;
    }
    vcpu_op(VCPUOP_down, 1, NULL);
}

/* No answer but these three, whatever the port was when it was looked at. */
static void test_race(void)
{
    unsigned int odd = 0, refused = 0, sent = 0, target = event_bind_ipi(0);

    event_close(target); /* the first that is free */
    if (vcpu_run(1, reopen) != 0) {
        tap_ok(false, "vCPU 1 starts");
        return;
    }
    while (reopened < 10) {
        sched_op(SCHEDOP_yield, NULL);
    }
    for (; sent < ROUNDS || (refused == 0 && sent < MOST); sent++) {
        long error = event_send(target);

        refused += error == -XEN_EPERM;
        odd += error != -XEN_EPERM && error != -XEN_EINVAL && error != 0;
    }
    stop = 1;
    tap_is(odd, 0, "%u sends while the port was reopened %u times", sent,
           reopened);
    tap_ok(refused != 0, "%u of them found an end", refused);
}

void test_main(void)
{
    test_send();
    test_ipi();
    test_race();
}
