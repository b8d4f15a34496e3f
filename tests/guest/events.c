/* SPDX-License-Identifier: MIT */
/*
 * Event channels and the upcall: what a send does under each combination of
 * the port's mask, the vCPU's mask and what is already pending; every
 * operation's rules and refusals; the bounds of the port table.
 */
#include "lib/clock.h"
#include "lib/event.h"
#include "lib/paging.h"
#include "lib/tap.h"

#define PORTS_MAX 4096

static unsigned int port[2];

static uint32_t status_of(unsigned int which, struct evtchn_status *status)
{
    *status = (struct evtchn_status){.dom = DOMID_SELF, .port = which};
    if (evtchn_op(EVTCHNOP_status, status) != 0) {
        return ~0u;
    }
    return status->status;
}

static void test_send(void)
{
    volatile struct vcpu_info *vcpu = vcpu_info_self();

    event_loopback(port);
    event_clear(port[0]);
    event_clear(port[1]);
    vcpu->evtchn_upcall_pending = 0;
    vcpu->evtchn_pending_sel = 0;

    tap_is(event_send(port[0]), 0, "send to a masked port");
    tap_ok(event_pending(port[1]), "its pending bit is set");
    tap_ok(!event_pending(port[0]), "the sender's is not");
    tap_is(vcpu->evtchn_upcall_pending, 0, "but no upcall is pending");
    event_clear(port[1]);

    event_unmask(port[1]);
    event_reset();
    tap_is(event_send(port[0]), 0, "send with the vCPU masked");
    tap_is(vcpu->evtchn_upcall_pending, 1, "an upcall is pending");
    tap_is(vcpu->evtchn_pending_sel >> port[1] / 64 & 1, 1, "so is its word");
    tap_is(event_last.upcalls, 0, "none was made");
    events_on();
    tap_is(event_last.upcalls, 1, "unmasking and a hypercall make it");
    tap_is(event_count[port[1]], 1, "for that port");
    tap_is(event_last.handler_mask, 1, "the handler runs masked");
    tap_is(event_last.frame.cs >> 32 & 0xff, 0, "the frame's old mask is 0");
    tap_is(event_last.frame.rflags & EFLAGS_IF, EFLAGS_IF, "its IF is 1");

    tap_is(event_send(port[0]), 0, "send with everything unmasked");
    tap_is(event_last.upcalls, 2, "delivered before the hypercall returns");
    tap_is(event_send(port[1]), 0, "send the other way");
    tap_ok(event_pending(port[0]), "pends at the other end");
    event_clear(port[0]);

    event_mask(port[1]);
    event_reset();
    event_send(port[0]);
    vcpu->evtchn_upcall_pending = 0;
    event_unmask(port[1]);
    event_send(port[0]);
    tap_is(event_last.upcalls, 0, "already pending: nothing more happens");
    event_mask(port[1]);
    events_off();
}

static void test_unmask(void)
{
    struct evtchn_unmask unmask = {.port = port[1]};

    event_reset();
    event_clear(port[1]);
    event_send(port[0]);
    events_on();
    tap_is(evtchn_op(EVTCHNOP_unmask, &unmask), 0, "EVTCHNOP_unmask");
    tap_is(event_last.upcalls, 1, "delivers what was pending");
    tap_is(shared_info->evtchn_mask[port[1] / 64] >> port[1] % 64 & 1, 0,
           "and clears the mask bit");
    tap_is(evtchn_op(EVTCHNOP_unmask, &unmask), 0, "unmask again");
    tap_is(event_last.upcalls, 1, "delivers nothing");
    unmask.port = PORTS_MAX;
    tap_is(evtchn_op(EVTCHNOP_unmask, &unmask), -XEN_EINVAL,
           "unmask beyond the table");
    events_off();
    event_mask(port[1]);
}

static void test_ipi(void)
{
    unsigned int ipi = event_bind_ipi(0);
    struct evtchn_bind_ipi bind = {.vcpu = 77};
    struct evtchn_bind_vcpu move = {.port = ipi, .vcpu = 0};
    struct evtchn_status status;

    event_unmask(ipi);
    event_reset();
    events_on();
    tap_is(event_send(ipi), 0, "send on an IPI port");
    tap_is(event_count[ipi], 1, "comes back to this vCPU");
    events_off();
    tap_is(status_of(ipi, &status), EVTCHNSTAT_ipi, "status: ipi");
    tap_is(status.vcpu, 0, "status: its vCPU");
    tap_is(evtchn_op(EVTCHNOP_bind_vcpu, &move), -XEN_EINVAL,
           "an IPI port cannot be moved");
    tap_is(evtchn_op(EVTCHNOP_bind_ipi, &bind), -XEN_ENOENT,
           "bind_ipi to an absent vCPU");
    tap_is(event_close(ipi), 0, "close");
    tap_is(status_of(ipi, &status), EVTCHNSTAT_closed, "status: closed");
    tap_is(event_send(ipi), -XEN_EINVAL, "send on a closed port");
    tap_is(event_close(ipi), -XEN_EINVAL, "close it twice");
}

static void test_virq(void)
{
    unsigned int timer = event_bind_virq(VIRQ_TIMER, 0);
    struct evtchn_bind_virq bind = {.virq = VIRQ_TIMER, .vcpu = 0};
    struct evtchn_bind_vcpu move = {.port = timer, .vcpu = 0};
    struct evtchn_status status;

    tap_is(evtchn_op(EVTCHNOP_bind_virq, &bind), -XEN_EEXIST,
           "a VIRQ has one port");
    bind.virq = 24;
    tap_is(evtchn_op(EVTCHNOP_bind_virq, &bind), -XEN_EINVAL, "no such VIRQ");
    bind.virq = 0xffffffff;
    tap_is(evtchn_op(EVTCHNOP_bind_virq, &bind), -XEN_EINVAL, "nor this one");
    bind = (struct evtchn_bind_virq){.virq = VIRQ_DEBUG, .vcpu = 99};
    tap_is(evtchn_op(EVTCHNOP_bind_virq, &bind), -XEN_ENOENT,
           "no such vCPU for a VIRQ");
    tap_is(event_send(timer), -XEN_EINVAL, "a VIRQ port cannot be sent on");
    tap_is(evtchn_op(EVTCHNOP_bind_vcpu, &move), -XEN_EINVAL,
           "a per-vCPU VIRQ cannot be moved");
    tap_is(status_of(timer, &status), EVTCHNSTAT_virq, "status: virq");
    tap_is(status.u.virq, VIRQ_TIMER, "status: which");
    tap_is(event_close(timer), 0, "close it");
    tap_is(event_close(event_bind_virq(VIRQ_TIMER, 0)), 0, "it can be rebound");
}

static void test_status(void)
{
    struct evtchn_status status;
    struct evtchn_alloc_unbound alloc = {.dom = DOMID_SELF, .remote_dom = 5};
    struct evtchn_bind_interdomain bind = {.remote_dom = DOMID_SELF};

    tap_is(status_of(port[0], &status), EVTCHNSTAT_interdomain,
           "status: interdomain");
    tap_is(status.u.interdomain.port, port[1], "status: its peer");
    tap_is(status_of(PORTS_MAX, &status), ~0u, "status beyond the table");
    tap_is(event_send(0), -XEN_EINVAL, "port 0 is never valid");
    tap_is(event_send(PORTS_MAX), -XEN_EINVAL, "send beyond the table");
    tap_is(event_send(0xffffffff), -XEN_EINVAL, "send on port -1");

    /* Who decides by labels cannot do so for a domain there is not. */
    tap_is_hv(evtchn_op(EVTCHNOP_alloc_unbound, &alloc), -XEN_ESRCH, 0,
              "alloc_unbound for an absent domain");
    alloc.remote_dom = DOMID_SELF;
    tap_is(evtchn_op(EVTCHNOP_alloc_unbound, &alloc), 0, "for ourselves");
    tap_is(status_of(alloc.port, &status), EVTCHNSTAT_unbound,
           "status: unbound");
    tap_is(status.u.unbound.dom, 0, "status: for whom");
    tap_is(event_send(alloc.port), 0, "send on an unbound port is silent");
    bind.remote_port = port[0];
    tap_is(evtchn_op(EVTCHNOP_bind_interdomain, &bind), -XEN_EINVAL,
           "a bound port cannot be bound again");
    bind.remote_dom = 77;
    tap_refused(evtchn_op(EVTCHNOP_bind_interdomain, &bind),
                "bind to an absent domain");
    tap_is(event_close(alloc.port), 0, "close the unbound port");

    tap_is(event_close(port[0]), 0, "close one end");
    tap_is(status_of(port[1], &status), EVTCHNSTAT_unbound,
           "the other becomes unbound");
    tap_is(event_send(port[1]), 0, "and sends silently");
    tap_is(event_close(port[1]), 0, "close the other end");
}

static void test_bounds(void)
{
    struct evtchn_alloc_unbound alloc = {.dom = DOMID_SELF,
                                         .remote_dom = DOMID_SELF};
    struct evtchn_init_control control = {.vcpu = 99};
    struct evtchn_send send = {.port = 1};
    static uint32_t ports[PORTS_MAX];
    unsigned int count = 0;
    long error;

    while ((error = evtchn_op(EVTCHNOP_alloc_unbound, &alloc)) == 0 &&
           count < PORTS_MAX) {
        ports[count++] = alloc.port;
    }
    tap_is(error, -XEN_ENOSPC, "ports run out with -ENOSPC");
    tap_ok(count > 900 && count < PORTS_MAX, "after %u of them", count);
    error = 0;
    for (unsigned int i = 0; i < count; i++) {
        error |= event_close(ports[i]);
    }
    tap_is(error, 0, "all of them can be closed");

    tap_is(evtchn_op(EVTCHNOP_send, HV_PRIVATE), -XEN_EFAULT,
           "arguments in the hypervisor");
    tap_is(evtchn_op(EVTCHNOP_send, TEST_VA + 0x77000), -XEN_EFAULT,
           "arguments nowhere");
    tap_is(evtchn_op(99, &send), -XEN_ENOSYS, "an operation there is not");
    tap_is(evtchn_op(0x7fffffff, &send), -XEN_ENOSYS, "nor this one");
    /* The FIFO ABI: 4 of 13 advisories about event channels need it. */
    tap_is_hv(evtchn_op(EVTCHNOP_init_control, &control), -XEN_ENOSYS,
              -XEN_ENOENT, "FIFO event channels are not offered");
}

static void test_poll_and_block(void)
{
    struct sched_poll poll = {.nr_ports = 1};
    evtchn_port_t list[129] = {0};
    unsigned int ipi = event_bind_ipi(0);
    uint64_t before;

    set_xen_guest_handle(poll.ports, list);
    list[0] = ipi;
    event_send(ipi);
    tap_is(sched_op(SCHEDOP_poll, &poll), 0, "poll of a pending, masked port");
    event_clear(ipi);
    before = clock_ns();
    poll.timeout = before + 2000000;
    tap_is(sched_op(SCHEDOP_poll, &poll), 0, "poll with a timeout");
    tap_ok(clock_ns() >= poll.timeout, "waits for it");
    poll.timeout = 1;
    tap_is(sched_op(SCHEDOP_poll, &poll), 0, "poll with a past timeout");
    list[0] = PORTS_MAX;
    poll.timeout = clock_ns() + 1000000;
    tap_is(sched_op(SCHEDOP_poll, &poll), -XEN_EINVAL, "poll of no such port");
    poll.nr_ports = 129;
    tap_is(sched_op(SCHEDOP_poll, &poll), -XEN_EINVAL, "poll of 129 ports");

    event_unmask(ipi);
    event_reset();
    event_send(ipi);
    tap_is(event_last.upcalls, 0, "an event waits behind the mask");
    tap_is(sched_op(SCHEDOP_block, NULL), 0, "block with it pending returns");
    tap_is(vcpu_info_self()->evtchn_upcall_mask, 0, "block clears the mask");
    tap_is(event_last.upcalls, 1, "and delivers the event");
    events_off();
    tap_is(sched_op(SCHEDOP_yield, NULL), 0, "yield");
    tap_is(sched_op(99, NULL), -XEN_ENOSYS, "a sched_op there is not");
    event_close(ipi);
}

void test_main(void)
{
    test_send();
    test_unmask();
    test_ipi();
    test_virq();
    test_status();
    test_bounds();
    test_poll_and_block();
}
