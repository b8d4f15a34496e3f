/* SPDX-License-Identifier: MIT */
/*
 * Rows: a second domain, made, asked about, answering events, destroyed.  On
 * one CPU an answer is two switches between domains.
 */
#include "measure.h"
#include "tests/guest/lib/event.h"
#include "tests/guest/lib/toolstack.h"

#define TSC_NATIVE 2 /* or the other domain's RDTSC might be emulated */
#define LIVES      3

/* The child's copies: where it listens, when it last woke. */
static volatile unsigned int child_port;
static volatile uint64_t child_woke;

static void wait_for(unsigned int port)
{
    evtchn_port_t ports[1] = {port};
    struct sched_poll poll = {.nr_ports = 1};

    set_xen_guest_handle(poll.ports, ports);
    sched_op(SCHEDOP_poll, &poll);
    event_clear(port);
}

static void echo(void)
{
    struct evtchn_send send = {.port = child_port};

    for (;;) {
        wait_for(child_port);
        child_woke = rdtsc();
        evtchn_op(EVTCHNOP_send, &send);
    }
}

static void domain_start(domid_t domid)
{
    struct xen_domctl op = {.u.tsc_info.tsc_mode = TSC_NATIVE};

    if (domctl(XEN_DOMCTL_settscinfo, domid, &op) != 0 ||
        domctl(XEN_DOMCTL_unpausedomain, domid, &op) != 0) {
        guest_fail("a child that does not start");
    }
}

/* Ours of a channel between the child and us. */
static unsigned int channel_make(domid_t domid)
{
    struct evtchn_alloc_unbound alloc = {.dom = domid, .remote_dom = 0};
    struct evtchn_bind_interdomain bind = {.remote_dom = domid};
    volatile unsigned int *port;

    if (evtchn_op(EVTCHNOP_alloc_unbound, &alloc) != 0) {
        guest_fail("a port of the child's");
    }
    bind.remote_port = alloc.port;
    if (evtchn_op(EVTCHNOP_bind_interdomain, &bind) != 0) {
        guest_fail("a channel to the child");
    }
    port = toolstack_map(domid, (const void *)&child_port);
    *port = alloc.port;
    return bind.local_port;
}

static void rows_questions(domid_t domid)
{
    struct xen_domctl domain = {0};
    struct xen_sysctl sched = {.cmd = XEN_SYSCTL_sched_id,
                               .interface_version =
                                   XEN_SYSCTL_INTERFACE_VERSION};

    MEASURE("sysctl.sched_id", NOTHING,
            hypercall(__HYPERVISOR_sysctl, &sched));
    MEASURE("domctl.getdomaininfo", NOTHING,
            domctl(XEN_DOMCTL_getdomaininfo, domid, &domain));
}

static void rows_interdomain(void)
{
    domid_t domid = toolstack_build(echo, 0, 1);
    struct evtchn_send send = {.port = channel_make(domid)};
    const volatile uint64_t *woke =
        toolstack_map(domid, (const void *)&child_woke);

    rows_questions(domid);
    domain_start(domid);
    event_clear(send.port); /* by being bound */
    MEASURE("interdomain.round_trip", NOTHING, {
        evtchn_op(EVTCHNOP_send, &send);
        wait_for(send.port);
    });
    for (unsigned int i = 0; i < WARM_UPS + SAMPLES; i++) {
        uint64_t start = rdtsc();

        evtchn_op(EVTCHNOP_send, &send);
        wait_for(send.port);
        if (i >= WARM_UPS) {
            samples[i - WARM_UPS] = *woke - start;
        }
    }
    report("interdomain.to_other");
    toolstack_unmap(woke);
}

static void nothing(void)
{
}

static void rows_life(void)
{
    uint64_t to_first = 0, to_end = 0;

    for (unsigned int i = 0; i < LIVES; i++) {
        const volatile uint64_t *first;
        uint64_t start = rdtsc();
        domid_t domid = toolstack_build(nothing, 0, 1);

        domain_start(domid);
        toolstack_wait(domid);
        first = toolstack_map(domid, &first_tsc);
        to_first = *first - start;
        toolstack_unmap(first);
        start = rdtsc();
        toolstack_destroy(domid);
        to_end = rdtsc() - start;
    }
    report_value("domain.create_to_first", to_first);
    report_value("domain.destroy", to_end);
}

void rows_domains(void)
{
    rows_interdomain();
    rows_life();
}
