/* SPDX-License-Identifier: MIT */
/*
 * event_channel_op (public/event_channel.h), save the VIRQs (virq.c).  FIFO
 * channels do not exist here, so guests use the 2-level ABI.
 */
#include "hv/abi/handlers.h"
#include "hv/base/atomic.h"
#include "hv/base/errno.h"
#include "hv/evtchn/evtchn.h"
#include "hv/evtchn/internal.h"

static noinline long announce_and_unlock(struct domain *local,
                                         const struct evtchn *channel)
{
    evtchn_announce(channel->remote, channel->number);
    spin_unlock(&local->event_lock);
    return 0;
}

long do_event_channel_op_send(const struct permit *permit, struct call *call,
                              struct evtchn_send *arg)
{
    struct domain *local = call->target;
    const struct evtchn *channel = call->channel;

    spin_lock(&local->event_lock);
    if (unlikely(!evtchn_has_label(channel, call->end))) {
        spin_unlock(&local->event_lock);
        return hypercall_continue(call); /* reopened: it is asked again */
    }
    if (likely(channel->state == EVTCHN_INTERDOMAIN) &&
        !atomic_test_and_set_bit(channel->remote->shared->evtchn_pending,
                                 channel->number)) {
        return announce_and_unlock(local, channel);
    }
    spin_unlock(&local->event_lock);
    return 0;
}

long do_event_channel_op_send_ipi(const struct permit *permit,
                                  struct call *call, struct evtchn_send *arg)
{
    struct domain *domain = call->caller->domain;
    const struct evtchn *channel = NULL;
    long status = -EINVAL;

    spin_lock(&domain->event_lock);
    channel = evtchn_of(domain, arg->port);
    if (channel != NULL && channel->state == EVTCHN_IPI) {
        evtchn_set_pending(domain, arg->port);
        status = 0;
    }
    spin_unlock(&domain->event_lock);
    return status;
}

long do_event_channel_op_alloc_unbound(const struct permit *permit,
                                       struct call *call,
                                       struct evtchn_alloc_unbound *arg)
{
    struct domain *domain = call->target;
    struct evtchn *channel = NULL;
    uint32_t port = 0;
    int status = 0;

    spin_lock(&domain->event_lock);
    status = evtchn_find_free(domain, &port);
    if (status == 0) {
        channel = evtchn_open(domain, port, EVTCHN_UNBOUND, 0);
        channel->remote_id = call->second->id;
        channel->label = call->end;
        arg->port = port;
    }
    spin_unlock(&domain->event_lock);
    return status;
}

/* Both event_locks held. */
static long bind_interdomain(struct call *call,
                             struct evtchn_bind_interdomain *arg)
{
    struct domain *local = call->target, *remote = call->second;
    struct evtchn *peer = evtchn_of(remote, arg->remote_port);
    struct evtchn *channel = NULL;
    uint32_t port = 0;
    int status = 0;

    if (peer == NULL || peer->state != EVTCHN_UNBOUND ||
        peer->remote_id != local->id) {
        return -EINVAL;
    }
    if (!evtchn_has_label(peer, call->peer_end)) {
        return hypercall_continue(call); /* reopened: it is asked again */
    }
    status = evtchn_find_free(local, &port);
    if (status != 0) {
        return status;
    }
    channel = evtchn_open(local, port, EVTCHN_INTERDOMAIN, arg->remote_port);
    channel->remote = remote;
    channel->label = call->end;
    peer->state = EVTCHN_INTERDOMAIN;
    peer->number = port;
    peer->remote = local;
    arg->local_port = port;
    /* What was sent before we were bound would otherwise be lost. */
    evtchn_set_pending(local, port);
    return 0;
}

long do_event_channel_op_bind_interdomain(const struct permit *permit,
                                          struct call *call,
                                          struct evtchn_bind_interdomain *arg)
{
    long status = 0;

    evtchn_lock_both(call->target, call->second);
    status = bind_interdomain(call, arg);
    evtchn_unlock_both(call->target, call->second);
    return status;
}

long do_event_channel_op_bind_ipi(const struct permit *permit,
                                  struct call *call,
                                  struct evtchn_bind_ipi *arg)
{
    struct domain *domain = call->caller->domain;
    struct vcpu *vcpu = domain_vcpu(domain, arg->vcpu);
    uint32_t port = 0;
    int status = 0;

    if (vcpu == NULL) {
        return -ENOENT;
    }
    spin_lock(&domain->event_lock);
    status = evtchn_find_free(domain, &port);
    if (status == 0) {
        evtchn_open(domain, port, EVTCHN_IPI, 0)->vcpu = (uint8_t)vcpu->id;
        arg->port = port;
    }
    spin_unlock(&domain->event_lock);
    return status;
}

long do_event_channel_op_bind_pirq(const struct permit *permit,
                                   struct call *call,
                                   struct evtchn_bind_pirq *arg)
{
    struct domain *domain = call->caller->domain;
    uint32_t port = 0;
    int status = 0;

    spin_lock(&domain->event_lock);
    status = evtchn_find_free(domain, &port);
    if (status == 0) {
        /* Open before the interrupt is let in. */
        evtchn_open(domain, port, EVTCHN_PIRQ, arg->pirq);
        status = pirq_bind(domain, arg->pirq, port);
        if (status != 0) {
            domain->ports[port] = (struct evtchn){.state = EVTCHN_FREE};
        }
        arg->port = port;
    }
    spin_unlock(&domain->event_lock);
    return status;
}

long do_event_channel_op_close(const struct permit *permit, struct call *call,
                               struct evtchn_close *arg)
{
    struct domain *domain = call->caller->domain;
    const struct evtchn *channel = evtchn_of(domain, arg->port);

    if (channel == NULL || READ_ONCE(channel->state) == EVTCHN_FREE) {
        return -EINVAL;
    }
    evtchn_close_port(domain, (uint32_t)(channel - domain->ports));
    return 0;
}

/* event_lock held. */
static void describe(const struct evtchn *channel, struct evtchn_status *arg)
{
    arg->status = channel->state;
    arg->vcpu = channel->vcpu;
    if (channel->state == EVTCHN_INTERDOMAIN) {
        arg->u.interdomain.dom = channel->remote->id;
        arg->u.interdomain.port = channel->number;
    } else if (channel->state == EVTCHN_UNBOUND) {
        arg->u.unbound.dom = channel->remote_id;
    } else {
        arg->u.virq = channel->number; /* or the pirq */
    }
}

long do_event_channel_op_status(const struct permit *permit, struct call *call,
                                struct evtchn_status *arg)
{
    struct domain *domain = call->target;
    const struct evtchn *channel = NULL;
    long status = 0;

    spin_lock(&domain->event_lock);
    channel = evtchn_of(domain, arg->port);
    if (channel == NULL) {
        status = -EINVAL;
    } else {
        describe(channel, arg);
    }
    spin_unlock(&domain->event_lock);
    return status;
}

/* Whether a channel may be moved to another vCPU than it was bound to. */
static bool is_movable(const struct evtchn *channel)
{
    switch ((enum evtchn_state)channel->state) {
    case EVTCHN_UNBOUND:
    case EVTCHN_INTERDOMAIN:
    case EVTCHN_PIRQ:
        return true;
    case EVTCHN_VIRQ:
        return virq_is_global(channel->number);
    case EVTCHN_FREE:
    case EVTCHN_IPI:
        break;
    }
    return false;
}

long do_event_channel_op_bind_vcpu(const struct permit *permit,
                                   struct call *call,
                                   struct evtchn_bind_vcpu *arg)
{
    struct domain *domain = call->caller->domain;
    const struct vcpu *vcpu = domain_vcpu(domain, arg->vcpu);
    struct evtchn *channel = NULL;
    long status = -EINVAL;

    if (vcpu == NULL) {
        return -ENOENT;
    }
    spin_lock(&domain->event_lock);
    channel = evtchn_of(domain, arg->port);
    if (channel != NULL && is_movable(channel)) {
        WRITE_ONCE(channel->vcpu, (uint8_t)vcpu->id);
        status = 0;
    }
    spin_unlock(&domain->event_lock);
    return status;
}

/* event_lock held: the notified vCPU cannot change between the two steps. */
static void unmask(struct domain *domain, uint32_t port)
{
    struct shared_info *shared = domain->shared;
    struct vcpu *vcpu = domain->vcpus[domain->ports[port].vcpu];

    if (atomic_test_and_clear_bit(shared->evtchn_mask, port) &&
        test_bit(shared->evtchn_pending, port) && vcpu != NULL &&
        !atomic_test_and_set_bit(&vcpu->info->evtchn_pending_sel, port / 64)) {
        evtchn_raise_upcall(vcpu);
    }
}

long do_event_channel_op_unmask(const struct permit *permit, struct call *call,
                                struct evtchn_unmask *arg)
{
    struct domain *domain = call->caller->domain;
    const struct evtchn *channel = NULL;
    long status = -EINVAL;

    spin_lock(&domain->event_lock);
    channel = evtchn_of(domain, arg->port);
    if (channel != NULL && channel->state != EVTCHN_FREE) {
        unmask(domain, (uint32_t)(channel - domain->ports));
        status = 0;
    }
    spin_unlock(&domain->event_lock);
    return status;
}

long do_event_channel_op_reset(const struct permit *permit, struct call *call,
                               struct evtchn_reset *arg)
{
    struct domain *domain = call->target;

    if (!evtchn_close_some(domain, domain->port_limit)) {
        return hypercall_continue(call);
    }
    return 0;
}
