/* SPDX-License-Identifier: MIT */
/*
 * SCHEDOP_poll: the vCPU waits for one of a few ports, masked or not, or for a
 * time.  While it does, its bit in domain->polling makes evtchn_set_pending
 * look at its list.
 */
#include "hv/abi/handlers.h"
#include "hv/base/atomic.h"
#include "hv/base/errno.h"
#include "hv/evtchn/evtchn.h"
#include "hv/mem/guest_copy.h"
#include "hv/sched/internal.h"
#include "hv/sched/timer.h"

#define POLL_PORTS_MAX ARRAY_SIZE(((struct vcpu *)NULL)->poll_port)

void poll_end(struct vcpu *vcpu)
{
    vcpu->poll_count = 0;
    (void)atomic_and(&vcpu->domain->polling, ~(1ull << vcpu->id));
    timer_stop(&vcpu->poll_timer);
}

static bool is_port_pending(const struct vcpu *vcpu)
{
    const struct shared_info *shared = vcpu->domain->shared;

    for (uint32_t i = 0; i < vcpu->poll_count; i++) {
        if (test_bit(shared->evtchn_pending, vcpu->poll_port[i])) {
            return true;
        }
    }
    return false;
}

/* Copies the list in; every port must be one of the domain's. */
static int read_ports(struct vcpu *vcpu, const struct sched_poll *arg)
{
    evtchn_port_t ports[POLL_PORTS_MAX];

    if (arg->nr_ports > POLL_PORTS_MAX) {
        return -EINVAL;
    }
    if (!guest_read(ports, GVA(arg->ports.p), arg->nr_ports * sizeof(*ports))) {
        return -EFAULT;
    }
    for (uint32_t i = 0; i < arg->nr_ports; i++) {
        if (evtchn_of(vcpu->domain, ports[i]) == NULL) {
            return -EINVAL;
        }
        vcpu->poll_port[i] = (uint16_t)ports[i];
    }
    return 0;
}

long do_sched_op_poll(const struct permit *permit, struct call *call,
                      struct sched_poll *arg)
{
    struct vcpu *vcpu = call->caller;
    int status = read_ports(vcpu, arg);

    if (status != 0) {
        return status;
    }
    vcpu->poll_count = (uint16_t)arg->nr_ports;
    (void)atomic_or(&vcpu->domain->polling, 1ull << vcpu->id);
    if (arg->timeout != 0) {
        timer_set(&vcpu->poll_timer, arg->timeout);
    }
    if (!vcpu_block_unless(is_port_pending)) {
        poll_end(vcpu);
    }
    return 0;
}
