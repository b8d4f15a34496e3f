/* SPDX-License-Identifier: MIT */
/* Between the files of this folder: making and ending channels. */
#pragma once

#include "hv/evtchn/evtchn.h"

/*
 * A free port of domain for a channel that notifies vCPU 0; -ENOSPC, -ESRCH
 * (the domain is dying).  event_lock held; nothing is reserved until the
 * caller sets the channel's state.
 */
int evtchn_find_free(struct domain *domain, uint32_t *port) NODISCARD;
/* Gives the free port its source.  event_lock held. */
struct evtchn *evtchn_open(struct domain *domain, uint32_t port,
                           enum evtchn_state state, uint32_t number);

/* Closes any bound port; nothing if it is free.  No event_lock held. */
void evtchn_close_port(struct domain *domain, uint32_t port);

/*
 * Closes up to a bounded number of ports below end.  Whether all of them are
 * closed.
 */
bool evtchn_close_some(struct domain *domain, uint32_t end);

/* Both event_locks, in order; the two may be the same domain. */
void evtchn_lock_both(struct domain *a, struct domain *b);
void evtchn_unlock_both(struct domain *a, struct domain *b);

/* The port just became pending: tells whoever wants to know. */
void evtchn_announce(struct domain *domain, uint32_t port);
/* Makes the vCPU see that events are pending. */
void evtchn_raise_upcall(struct vcpu *vcpu);

/* A channel of state EVTCHN_VIRQ is closed.  event_lock held. */
void virq_unbind(struct domain *domain, uint32_t virq, uint32_t vcpu_id);

/*
 * Events of a pirq go to port of the hardware domain from now on, and the
 * interrupt is let in.  -EINVAL: not mapped; -EEXIST: bound already; -EBUSY:
 * the hypervisor's own.  event_lock held.
 */
int pirq_bind(struct domain *domain, uint32_t pirq, uint32_t port) NODISCARD;
/* The reverse: masks it.  event_lock held. */
void pirq_unbind(struct domain *domain, uint32_t pirq);
