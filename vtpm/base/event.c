/* SPDX-License-Identifier: MIT */
/*
 * See event.h. Upcalls stay masked for as long as the domain lives, so the two
 * upper levels (pending_sel, upcall_pending) are of no use: the bits of the
 * ports that have handlers are looked at themselves.
 */
#include "vtpm/base/event.h"

#include "vtpm/base/clock.h"
#include "vtpm/base/errno.h"
#include "vtpm/base/hypercall.h"

#define PORT_COUNT 4096 /* the two-level ABI's */

struct source {
    uint32_t port; /* 0: none, as no domain has it */
    event_handler *handler;
    void *context;
};

static struct source sources[EVENT_PORTS_MAX];

void event_init(void)
{
    for (size_t i = 0; i < PORT_COUNT / 64; i++) {
        WRITE_ONCE(shared_info->evtchn_mask[i], ~0ul);
    }
}

/* Was the port pending? It is not any more. */
static bool take_pending(uint32_t port)
{
    uint64_t bit = 1ul << port % 64;
    uint64_t *word = &shared_info->evtchn_pending[port / 64];

    if ((READ_ONCE(*word) & bit) == 0) {
        return false;
    }
    __atomic_fetch_and(word, ~bit, __ATOMIC_SEQ_CST);
    return true;
}

int event_adopt(uint32_t port, event_handler *handler, void *context)
{
    if (port == 0 || port >= PORT_COUNT) {
        return -EINVAL;
    }
    for (size_t i = 0; i < EVENT_PORTS_MAX; i++) {
        if (sources[i].port == 0) {
            sources[i] = (struct source){port, handler, context};
            return 0;
        }
    }
    return -ENOSPC;
}

static int adopt_new(uint32_t port, event_handler *handler, void *context)
{
    int result = event_adopt(port, handler, context);

    if (result != 0) {
        event_close(port);
    }
    return result;
}

int event_alloc_unbound(uint16_t domid, event_handler *handler, void *context,
                        uint32_t *port)
{
    struct evtchn_alloc_unbound alloc = {
        .dom = DOMID_SELF,
        .remote_dom = domid,
    };
    long result = evtchn_op(EVTCHNOP_alloc_unbound, &alloc);

    if (result != 0) {
        return (int)result;
    }
    *port = alloc.port;
    return adopt_new(alloc.port, handler, context);
}

int event_bind(uint16_t domid, uint32_t remote_port, event_handler *handler,
               void *context, uint32_t *port)
{
    struct evtchn_bind_interdomain bind = {
        .remote_dom = domid,
        .remote_port = remote_port,
    };
    long result = evtchn_op(EVTCHNOP_bind_interdomain, &bind);

    if (result != 0) {
        return (int)result;
    }
    *port = bind.local_port;
    return adopt_new(bind.local_port, handler, context);
}

void event_send(uint32_t port)
{
    struct evtchn_send send = {.port = port};

    /* Fails when the other end is gone, which its owner hears of otherwise. */
    (void)evtchn_op(EVTCHNOP_send, &send);
}

void event_close(uint32_t port)
{
    struct evtchn_close close = {.port = port};

    for (size_t i = 0; i < EVENT_PORTS_MAX; i++) {
        if (sources[i].port == port) {
            sources[i] = (struct source){0};
        }
    }
    (void)evtchn_op(EVTCHNOP_close, &close);
    (void)take_pending(port);
}

bool event_run(void)
{
    bool has_run = false;

    for (size_t i = 0; i < EVENT_PORTS_MAX; i++) {
        struct source source = sources[i]; /* a handler may close it */

        if (source.port != 0 && take_pending(source.port)) {
            source.handler(source.context);
            has_run = true;
        }
    }
    return has_run;
}

/* Until one of the ports is pending or the time has come; may return early.
 * False: one of them is no port of ours. */
static bool poll(evtchn_port_t *ports, unsigned int count, uint64_t deadline_ns)
{
    struct sched_poll poll = {
        .nr_ports = count,
        .timeout = deadline_ns == CLOCK_FOREVER ? 0 : deadline_ns,
    };

    set_xen_guest_handle(poll.ports, ports);
    return sched_op(SCHEDOP_poll, &poll) == 0;
}

bool event_wait(uint64_t deadline_ns)
{
    evtchn_port_t ports[EVENT_PORTS_MAX];

    for (;;) {
        unsigned int count = 0;

        if (event_run()) {
            return true;
        }
        if (clock_ns() >= deadline_ns) {
            return false;
        }
        for (size_t i = 0; i < EVENT_PORTS_MAX; i++) {
            if (sources[i].port != 0) {
                ports[count++] = sources[i].port;
            }
        }
        if (!poll(ports, count, deadline_ns)) {
            kernel_panic("the hypervisor refuses to wait for events");
        }
    }
}

bool event_wait_port(uint32_t port, uint64_t deadline_ns)
{
    evtchn_port_t ports[1] = {port};

    if (port == 0 || port >= PORT_COUNT) {
        return false;
    }
    while (!take_pending(port)) {
        if (clock_ns() >= deadline_ns || !poll(ports, 1, deadline_ns)) {
            return false;
        }
    }
    return true;
}
