/* SPDX-License-Identifier: MIT */
/*
 * Event channels between two domains: opened by the toolstack on the other's
 * behalf, used both ways, and revoked when an end dies or is closed under a
 * racing send; what a hostile end may try with ports that are not its own
 * (the class of XSA-317, 338 and 343), and that its ports run out for it alone.
 *
 * Runner: -s 2
 */
#include "lib/clock.h"
#include "lib/event.h"
#include "lib/tap.h"
#include "lib/toolstack.h"
#include "lib/vcpu.h"

#define SECOND 1000000000ull
#define ROUNDS 200u

/* What the child is told and says; each domain has its own copy. */
static struct {
    volatile uint32_t port, foreign, peer_domid;
    volatile long result[16];
    volatile uint64_t rounds, ready, stop;
} shared;

typedef typeof(shared) shared_t;

static void close_port(uint32_t port)
{
    if (port != 0) {
        event_close(port);
    }
}

static shared_t *shared_map(domid_t id)
{
    return toolstack_map(id, &shared);
}

/* As xl does it for console and store: a port of the child's, for us. */
static uint32_t alloc_for(domid_t id)
{
    struct evtchn_alloc_unbound alloc = {.dom = id, .remote_dom = DOMID_SELF};

    tap_is((uint64_t)evtchn_op(EVTCHNOP_alloc_unbound, &alloc), 0,
           "a port of d%u's for us", id);
    return alloc.port;
}

static uint32_t bind_to(domid_t id, uint32_t port)
{
    struct evtchn_bind_interdomain bind = {.remote_dom = id,
                                           .remote_port = port};

    tap_is((uint64_t)evtchn_op(EVTCHNOP_bind_interdomain, &bind), 0,
           "bind to it");
    return bind.local_port;
}

static uint32_t status_of(domid_t id, uint32_t port,
                          struct evtchn_status *status)
{
    *status = (struct evtchn_status){.dom = id, .port = port};
    return evtchn_op(EVTCHNOP_status, status) == 0 ? status->status : ~0u;
}

static bool wait_until(volatile uint64_t *value, uint64_t least)
{
    uint64_t end = clock_ns() + 5 * SECOND;

    while (*value < least && clock_ns() < end) {
        sched_op(SCHEDOP_yield, NULL);
    }
    return *value >= least;
}

/* --- Both ways --- */

static void child_answers(void)
{
    for (shared.rounds = 0; shared.rounds < ROUNDS; shared.rounds++) {
        while (!event_wait(shared.port, SECOND)) {
        }
        event_clear(shared.port);
        event_send(shared.port);
    }
}

static void test_round_trips(void)
{
    domid_t id = toolstack_build(child_answers, 0, 1);
    shared_t *child = shared_map(id);
    struct evtchn_status status;
    unsigned int answers = 0;
    uint32_t port;

    child->port = alloc_for(id);
    tap_is(status_of(id, child->port, &status), EVTCHNSTAT_unbound,
           "status of another domain's port");
    tap_is(status.u.unbound.dom, 0, "it is for us");
    port = bind_to(id, child->port);
    event_clear(port);
    tap_is(status_of(id, child->port, &status), EVTCHNSTAT_interdomain,
           "now it is bound");
    tap_is(status.u.interdomain.port, port, "to our port");
    toolstack_start(id);
    for (unsigned int i = 0; i < ROUNDS; i++) {
        event_send(port);
        answers += event_wait(port, SECOND) ? 1 : 0;
        event_clear(port);
    }
    tap_is(answers, ROUNDS, "%u events there are answered by as many", ROUNDS);
    tap_is((uint64_t)toolstack_wait(id), SHUTDOWN_poweroff, "it ends");
    toolstack_unmap(child);

    tap_is((uint64_t)toolstack_destroy(id), 0, "it is destroyed");
    tap_is(status_of(DOMID_SELF, port, &status), EVTCHNSTAT_unbound,
           "our end is unbound");
    tap_is((uint64_t)event_send(port), 0, "and sends to nobody");
    close_port(port);
}

/* --- Death --- */

static void test_death(void)
{
    struct evtchn_bind_virq bind = {.virq = VIRQ_DOM_EXC};
    uint32_t ports[8];
    domid_t id;
    struct evtchn_status status;
    unsigned int unbound = 0;

    tap_is((uint64_t)evtchn_op(EVTCHNOP_bind_virq, &bind), 0,
           "the VIRQ that tells of ends");
    id = toolstack_build(child_answers, 0, 1);
    for (unsigned int i = 0; i < ARRAY_SIZE(ports); i++) {
        ports[i] = bind_to(id, alloc_for(id));
    }
    event_clear(bind.port);
    tap_is((uint64_t)toolstack_destroy(id), 0, "destroyed with channels open");
    tap_ok(event_wait(bind.port, SECOND), "VIRQ_DOM_EXC");
    for (unsigned int i = 0; i < ARRAY_SIZE(ports); i++) {
        unbound +=
            status_of(DOMID_SELF, ports[i], &status) == EVTCHNSTAT_unbound &&
            status.u.unbound.dom == id && event_send(ports[i]) == 0;
        close_port(ports[i]);
    }
    tap_is(unbound, ARRAY_SIZE(ports), "all our ends are unbound");
    close_port(bind.port);
}

/* --- Ports of others --- */

static void child_tries(void)
{
    struct evtchn_bind_interdomain bind = {.remote_dom = 0};
    struct evtchn_alloc_unbound alloc = {.dom = 0, .remote_dom = DOMID_SELF};
    struct evtchn_status status = {.dom = 0, .port = shared.foreign};
    struct evtchn_bind_virq virq = {.virq = VIRQ_DOM_EXC};
    struct evtchn_reset reset = {.dom = 0};
    struct evtchn_close close = {.port = shared.foreign};

    bind.remote_port = shared.foreign;
    shared.result[0] = evtchn_op(EVTCHNOP_bind_interdomain, &bind);
    shared.result[1] = evtchn_op(EVTCHNOP_alloc_unbound, &alloc);
    alloc = (struct evtchn_alloc_unbound){.dom = shared.peer_domid,
                                          .remote_dom = DOMID_SELF};
    shared.result[2] = evtchn_op(EVTCHNOP_alloc_unbound, &alloc);
    shared.result[3] = evtchn_op(EVTCHNOP_status, &status);
    shared.result[4] = evtchn_op(EVTCHNOP_bind_virq, &virq);
    shared.result[5] = evtchn_op(EVTCHNOP_reset, &reset);
    shared.result[6] = evtchn_op(EVTCHNOP_close, &close);
    shared.result[7] = event_send(shared.foreign);
    bind = (struct evtchn_bind_interdomain){.remote_dom = 0,
                                            .remote_port = 0xffffffff};
    shared.result[8] = evtchn_op(EVTCHNOP_bind_interdomain, &bind);
    bind.remote_port = 0;
    shared.result[9] = evtchn_op(EVTCHNOP_bind_interdomain, &bind);
    bind = (struct evtchn_bind_interdomain){.remote_dom = shared.peer_domid,
                                            .remote_port = 1};
    shared.result[10] = evtchn_op(EVTCHNOP_bind_interdomain, &bind);
    bind.remote_dom = 0x7123; /* absent */
    shared.result[11] = evtchn_op(EVTCHNOP_bind_interdomain, &bind);
    shared.ready = 1;
}

static void test_ports_of_others(void)
{
    static const char *const names[] = {
        "bind to a port meant for another",
        "a port of dom0's",
        "a port of another guest's",
        "status of dom0's port",
        "VIRQ_DOM_EXC",
        "reset of dom0",
        "close of a port it has not",
        "send on a port it has not",
        "bind to port -1",
        "bind to port 0",
        "bind to another guest",
        "bind to nobody",
    };
    domid_t other = toolstack_build(child_answers, 0, 1);
    domid_t id = toolstack_build(child_tries, 0, 1);
    struct evtchn_alloc_unbound alloc = {.dom = DOMID_SELF,
                                         .remote_dom = other};
    struct evtchn_status status;
    shared_t *child = shared_map(id);

    tap_is((uint64_t)evtchn_op(EVTCHNOP_alloc_unbound, &alloc), 0,
           "our port for another guest");
    child->foreign = alloc.port;
    child->peer_domid = other;
    toolstack_start(id);
    toolstack_wait(id);
    tap_is(child->ready, 1, "the child tried all");
    for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
        /* Whoever asks first has a global VIRQ on Xen, and then that port. */
        tap_ok(child->result[i] < 0 || (on_xen && (i == 4 || i == 6)),
               "%s: refused (%ld)", names[i], child->result[i]);
    }
    tap_ok(child->result[10] == child->result[11] || on_xen,
           "a guest that may not be reached looks like none");
    tap_is(status_of(DOMID_SELF, alloc.port, &status), EVTCHNSTAT_unbound,
           "our port is as it was");
    tap_is(status.u.unbound.dom, other, "for whom it was");
    toolstack_unmap(child);
    close_port(alloc.port);
    toolstack_destroy(id);
    toolstack_destroy(other);
}

/* --- Running out --- */

static void child_exhausts(void)
{
    struct evtchn_alloc_unbound alloc;
    long error;

    do {
        alloc =
            (struct evtchn_alloc_unbound){.dom = DOMID_SELF, .remote_dom = 0};
        error = evtchn_op(EVTCHNOP_alloc_unbound, &alloc);
        shared.rounds += error == 0;
    } while (error == 0);
    shared.result[0] = error;
}

static void test_exhaustion(void)
{
    domid_t id = toolstack_build(child_exhausts, 0, 1);
    shared_t *child = shared_map(id);
    struct evtchn_alloc_unbound alloc = {.dom = id, .remote_dom = 0};

    toolstack_start(id);
    toolstack_wait(id);
    tap_is((uint64_t)child->result[0], (uint64_t)-XEN_ENOSPC,
           "its ports run out");
    tap_ok(child->rounds > 1000 && child->rounds < 1024,
           "after those that createdomain gave it (%lu)", child->rounds);
    tap_is((uint64_t)evtchn_op(EVTCHNOP_alloc_unbound, &alloc),
           (uint64_t)-XEN_ENOSPC, "for the toolstack too");
    alloc = (struct evtchn_alloc_unbound){.dom = DOMID_SELF, .remote_dom = id};
    tap_is((uint64_t)evtchn_op(EVTCHNOP_alloc_unbound, &alloc), 0,
           "not for others");
    close_port(alloc.port);
    toolstack_unmap(child);
    tap_is((uint64_t)toolstack_destroy(id), 0, "it is destroyed with them");
}

/* --- Closing while the other end sends --- */

static void child_sends(void)
{
    shared.ready = 1;
    while (!shared.stop) {
        shared.result[0] |= event_send(shared.port);
        shared.rounds++;
    }
}

static void test_close_under_send(void)
{
    domid_t id = toolstack_build(child_sends, 0, 1);
    shared_t *child = shared_map(id);
    unsigned int bound = 0, heard = 0;

    child->port = alloc_for(id);
    toolstack_start(id);
    tap_ok(wait_until(&child->ready, 1), "the child sends without end");
    for (unsigned int i = 0; i < 3000; i++) {
        struct evtchn_bind_interdomain bind = {.remote_dom = id};

        bind.remote_port = child->port;
        if (evtchn_op(EVTCHNOP_bind_interdomain, &bind) != 0) {
            continue;
        }
        bound++;
        event_clear(bind.local_port);
        if (i % 64 == 0) {
            heard += event_wait(bind.local_port, SECOND) ? 1 : 0;
        }
        event_close(bind.local_port);
    }
    tap_is(bound, 3000, "bound and closed again 3000 times meanwhile");
    tap_is(heard, 3000 / 64 + 1, "and heard whenever we waited");
    tap_is((uint64_t)child->result[0], 0, "no send failed (%lu of them)",
           child->rounds);
    tap_is((uint64_t)toolstack_destroy(id), 0, "destroyed while it sends");
    toolstack_unmap(child);
}

void test_main(void)
{
    test_round_trips();
    test_death();
    test_ports_of_others();
    test_exhaustion();
    test_close_under_send();
}
