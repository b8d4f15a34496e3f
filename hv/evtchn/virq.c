/* SPDX-License-Identifier: MIT */
/*
 * Virtual interrupts.  Those of a vCPU (timer, debug, profiling) are bound
 * once per vCPU; all others are global: one domain at a time has each.
 */
#include "hv/abi/handlers.h"
#include "hv/base/console.h"
#include "hv/base/errno.h"
#include "hv/evtchn/evtchn.h"
#include "hv/evtchn/internal.h"

#define PER_VCPU_VIRQS                                                         \
    (1u << VIRQ_TIMER | 1u << VIRQ_DEBUG | 1u << VIRQ_XENOPROF |               \
     1u << VIRQ_XENPMU)

_Static_assert(ARRAY_SIZE(((struct vcpu *)NULL)->virq_port) == NR_VIRQS,
               "one port per VIRQ");

struct virq_holder {
    struct domain *domain; /* NULL: nobody; its channel keeps it */
    uint32_t port;
};

static spinlock_t virq_lock; /* guards virq_holders; after event_lock */
static struct virq_holder virq_holders[NR_VIRQS];

bool virq_is_global(uint32_t virq)
{
    return virq < NR_VIRQS && (PER_VCPU_VIRQS >> virq & 1) == 0;
}

void send_virq(struct vcpu *vcpu, uint32_t virq)
{
    /* A port closed meanwhile costs its own domain one spurious event. */
    uint32_t port = READ_ONCE(vcpu->virq_port[virq]);

    if (port != 0) {
        evtchn_set_pending(vcpu->domain, port);
    }
}

void send_global_virq(uint32_t virq)
{
    struct virq_holder *holder = &virq_holders[virq];

    spin_lock(&virq_lock);
    if (holder->domain != NULL) {
        evtchn_set_pending(holder->domain, holder->port);
    }
    spin_unlock(&virq_lock);
}

void virq_console_ring(void)
{
    static uint64_t announced; /* two CPUs may both announce: no harm */
    uint64_t end = console_ring_end();

    if (end != READ_ONCE(announced)) {
        WRITE_ONCE(announced, end);
        send_global_virq(VIRQ_CON_RING);
    }
}

void virq_unbind(struct domain *domain, uint32_t virq, uint32_t vcpu_id)
{
    if (!virq_is_global(virq)) {
        WRITE_ONCE(domain->vcpus[vcpu_id]->virq_port[virq], 0);
        return;
    }
    spin_lock(&virq_lock);
    virq_holders[virq] = (struct virq_holder){NULL, 0};
    spin_unlock(&virq_lock);
}

static int claim_global(struct domain *domain, uint32_t virq, uint32_t port)
{
    int status = 0;

    spin_lock(&virq_lock);
    if (virq_holders[virq].domain == NULL) {
        virq_holders[virq] = (struct virq_holder){domain, port};
    } else {
        status = virq_holders[virq].domain == domain ? -EEXIST : -EBUSY;
    }
    spin_unlock(&virq_lock);
    return status;
}

static int claim_of_vcpu(struct vcpu *vcpu, uint32_t virq, uint32_t port)
{
    if (vcpu->virq_port[virq] != 0) {
        return -EEXIST;
    }
    WRITE_ONCE(vcpu->virq_port[virq], (uint16_t)port);
    return 0;
}

/* Finds a port and claims the VIRQ for it.  event_lock held. */
static int bind_locked(struct vcpu *vcpu, struct evtchn_bind_virq *arg)
{
    struct domain *domain = vcpu->domain;
    uint32_t virq = (uint32_t)index_nospec(arg->virq, NR_VIRQS);
    uint32_t port = 0;
    int status = evtchn_find_free(domain, &port);

    if (status != 0) {
        return status;
    }
    /* The port must be open before the VIRQ may arrive. */
    evtchn_open(domain, port, EVTCHN_VIRQ, virq)->vcpu = (uint8_t)vcpu->id;
    status = virq_is_global(virq) ? claim_global(domain, virq, port)
                                  : claim_of_vcpu(vcpu, virq, port);
    if (status != 0) {
        domain->ports[port] = (struct evtchn){.state = EVTCHN_FREE};
        return status;
    }
    arg->port = port;
    return 0;
}

static int bind(struct domain *domain, struct evtchn_bind_virq *arg)
{
    struct vcpu *vcpu = domain_vcpu(domain, arg->vcpu);
    int status = 0;

    if (vcpu == NULL) {
        return -ENOENT;
    }
    spin_lock(&domain->event_lock);
    status = bind_locked(vcpu, arg);
    spin_unlock(&domain->event_lock);
    return status;
}

long do_event_channel_op_bind_virq(const struct permit *permit,
                                   struct call *call,
                                   struct evtchn_bind_virq *arg)
{
    if (arg->virq >= NR_VIRQS || virq_is_global(arg->virq)) {
        return -EINVAL;
    }
    return bind(call->caller->domain, arg);
}

long do_event_channel_op_bind_virq_global(const struct permit *permit,
                                          struct call *call,
                                          struct evtchn_bind_virq *arg)
{
    if (!virq_is_global(arg->virq) || arg->vcpu != 0) {
        return -EINVAL;
    }
    return bind(call->caller->domain, arg);
}
