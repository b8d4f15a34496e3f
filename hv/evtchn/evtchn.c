/* SPDX-License-Identifier: MIT */
/*
 * The table of ports: finding, opening and closing channels, and making them
 * pending.  An interdomain channel's two ends always name each other; closing
 * one leaves the other unbound, waiting for the same domain.
 */
#include "hv/evtchn/evtchn.h"

#include "hv/base/atomic.h"
#include "hv/base/errno.h"
#include "hv/evtchn/internal.h"
#include "hv/mem/heap.h"
#include "hv/sched/sched.h"

#define CLOSE_BUDGET 512 /* ports closed before we look at the time again */

int evtchn_domain_init(struct domain *domain)
{
    uint32_t count = domain->port_limit;

    if (count == 0 || count > EVTCHN_PORTS) {
        count = EVTCHN_PORTS;
    }
    domain->ports = heap_alloc(count * sizeof(*domain->ports));
    if (domain->ports == NULL) {
        return -ENOMEM;
    }
    domain->port_count = count;
    domain->port_limit = count;
    domain->port_hint = 1;
    return 0;
}

int evtchn_domain_destroy(struct domain *domain)
{
    if (domain->ports == NULL) {
        return 0; /* it was never finished */
    }
    /* No port can be opened from here on; those open are still closed. */
    spin_lock(&domain->event_lock);
    domain->port_limit = 0;
    spin_unlock(&domain->event_lock);

    if (!evtchn_close_some(domain, domain->port_count)) {
        return -ERESTART;
    }
    return 0;
}

void evtchn_domain_free(struct domain *domain)
{
    if (domain->ports != NULL) {
        heap_free(domain->ports, domain->port_count * sizeof(*domain->ports));
        domain->ports = NULL;
    }
}

int evtchn_find_free(struct domain *domain, uint32_t *port)
{
    if (domain->is_dying) {
        return -ESRCH;
    }
    for (uint32_t p = domain->port_hint; p < domain->port_limit; p++) {
        if (domain->ports[p].state == EVTCHN_FREE) {
            domain->port_hint = p;
            *port = p;
            return 0;
        }
    }
    return -ENOSPC;
}

struct evtchn *evtchn_open(struct domain *domain, uint32_t port,
                           enum evtchn_state state, uint32_t number)
{
    struct evtchn *channel = &domain->ports[port];

    channel->vcpu = 0;
    channel->number = number;
    channel->state = state;
    return channel;
}

void evtchn_lock_both(struct domain *a, struct domain *b)
{
    if (a == b) {
        spin_lock(&a->event_lock);
    } else if (a->id < b->id) {
        spin_lock(&a->event_lock);
        spin_lock(&b->event_lock);
    } else {
        spin_lock(&b->event_lock);
        spin_lock(&a->event_lock);
    }
}

void evtchn_unlock_both(struct domain *a, struct domain *b)
{
    spin_unlock(&a->event_lock);
    if (a != b) {
        spin_unlock(&b->event_lock);
    }
}

static bool leads_to(const struct evtchn *channel, const struct domain *remote)
{
    return READ_ONCE(channel->state) == EVTCHN_INTERDOMAIN &&
           READ_ONCE(channel->remote) == remote;
}

/*
 * Takes the event_lock of domain and, if the channel is interdomain, that of
 * the other end, which it returns (otherwise domain).  While a channel names
 * the other domain that one cannot be freed, but as soon as our lock is let go
 * for the sake of order only a reference keeps it.
 */
static struct domain *lock_channel(struct domain *domain,
                                   const struct evtchn *channel)
{
    for (;;) {
        struct domain *remote = NULL;

        spin_lock(&domain->event_lock);
        if (channel->state != EVTCHN_INTERDOMAIN || channel->remote == domain) {
            return domain;
        }
        remote = channel->remote;
        if (domain->id < remote->id) {
            spin_lock(&remote->event_lock);
            return remote;
        }
        atomic_add(&remote->refs, 1);
        spin_unlock(&domain->event_lock);
        evtchn_lock_both(domain, remote);
        if (leads_to(channel, remote)) {
            domain_put(remote); /* the channel still keeps it */
            return remote;
        }
        evtchn_unlock_both(domain, remote);
        domain_put(remote);
    }
}

/* Undoes what the channel was bound to.  The locks of both ends held. */
static void release_source(struct domain *domain, struct evtchn *channel)
{
    struct evtchn *peer = NULL;

    switch ((enum evtchn_state)channel->state) {
    case EVTCHN_INTERDOMAIN:
        peer = &channel->remote->ports[channel->number];
        peer->state = EVTCHN_UNBOUND;
        peer->remote = NULL;
        peer->remote_id = domain->id;
        break;
    case EVTCHN_VIRQ:
        virq_unbind(domain, channel->number, channel->vcpu);
        break;
    case EVTCHN_PIRQ:
        pirq_unbind(domain, channel->number);
        break;
    case EVTCHN_FREE:
    case EVTCHN_UNBOUND:
    case EVTCHN_IPI:
        break;
    }
}

void evtchn_close_port(struct domain *domain, uint32_t port)
{
    struct evtchn *channel = &domain->ports[port];
    struct domain *remote = lock_channel(domain, channel);

    if (channel->state != EVTCHN_FREE) {
        release_source(domain, channel);
        *channel = (struct evtchn){.state = EVTCHN_FREE};
        (void)atomic_test_and_clear_bit(domain->shared->evtchn_pending, port);
        domain->port_hint = MIN(domain->port_hint, port);
    }
    evtchn_unlock_both(domain, remote);
}

bool evtchn_close_some(struct domain *domain, uint32_t end)
{
    uint32_t closed = 0;

    for (uint32_t port = 1; port < end; port++) {
        if (READ_ONCE(domain->ports[port].state) == EVTCHN_FREE) {
            continue;
        }
        if (closed == CLOSE_BUDGET) {
            return false;
        }
        evtchn_close_port(domain, port);
        closed++;
    }
    return true;
}

static bool is_kept(uint32_t port, const uint32_t *keep, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (keep[i] == port) {
            return true;
        }
    }
    return false;
}

bool evtchn_is_open_to_others(struct domain *domain, uint32_t port)
{
    const struct evtchn *channel = evtchn_of(domain, port);
    uint8_t state =
        channel == NULL ? (uint8_t)EVTCHN_FREE : READ_ONCE(channel->state);

    return state == EVTCHN_INTERDOMAIN || state == EVTCHN_UNBOUND;
}

int evtchn_domain_reset(struct domain *domain, const uint32_t *keep,
                        uint32_t count)
{
    uint32_t closed = 0;

    for (uint32_t port = 1; port < domain->port_count; port++) {
        if (is_kept(port, keep, count) &&
            evtchn_is_open_to_others(domain, port)) {
            WRITE_ONCE(domain->ports[port].vcpu, 0);
        } else if (READ_ONCE(domain->ports[port].state) != EVTCHN_FREE) {
            if (closed++ == CLOSE_BUDGET) {
                return -ERESTART;
            }
            evtchn_close_port(domain, port);
        }
    }
    domain->port_hint = 1;
    return 0;
}

/* Wakes those vCPUs in SCHEDOP_poll that wait for port, masked or not. */
static void wake_pollers(struct domain *domain, uint32_t port)
{
    for (uint32_t id = 0; id < domain->vcpu_count; id++) {
        struct vcpu *vcpu = domain->vcpus[id];

        for (uint32_t i = 0; vcpu != NULL && i < vcpu->poll_count; i++) {
            if (vcpu->poll_port[i] == port) {
                vcpu_wake(vcpu);
                break;
            }
        }
    }
}

void evtchn_raise_upcall(struct vcpu *vcpu)
{
    /* Locked, so that the vCPU's state is read after the guest can see it. */
    if (atomic_xchg(&vcpu->info->evtchn_upcall_pending, 1) == 0) {
        vcpu_notify(vcpu);
    }
}

/* The port just became pending: tells its vCPU, unless the guest masked it. */
static inline void announce(struct domain *domain, uint32_t port)
{
    struct vcpu *vcpu = domain->vcpus[domain->ports[port].vcpu];

    if (!test_bit(domain->shared->evtchn_mask, port) && likely(vcpu != NULL) &&
        !atomic_test_and_set_bit(&vcpu->info->evtchn_pending_sel, port / 64)) {
        evtchn_raise_upcall(vcpu);
    }
}

static noinline void announce_to_pollers(struct domain *domain, uint32_t port)
{
    announce(domain, port);
    wake_pollers(domain, port);
}

void evtchn_announce(struct domain *domain, uint32_t port)
{
    if (unlikely(atomic_read(&domain->polling) != 0)) {
        announce_to_pollers(domain, port);
    } else {
        announce(domain, port);
    }
}

void evtchn_tell_again(struct domain *domain, uint32_t port)
{
    if (test_bit(domain->shared->evtchn_pending, port)) {
        announce(domain, port);
    }
}

void evtchn_set_pending(struct domain *domain, uint32_t port)
{
    if (!atomic_test_and_set_bit(domain->shared->evtchn_pending, port)) {
        evtchn_announce(domain, port);
    }
}
