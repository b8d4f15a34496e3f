/* SPDX-License-Identifier: MIT */
/*
 * Event channels, 2-level ABI: a domain's ports, each free or bound to one
 * source.  A port's entry changes under its domain's event_lock; an
 * interdomain pair changes under both domains' locks, taken in order of
 * domid, so holding either keeps both ends as they are.
 */
#pragma once

#include "hv/domain/domain.h"

enum evtchn_state { /* as EVTCHNSTAT_* */
    EVTCHN_FREE,
    EVTCHN_UNBOUND,     /* remote_id may bind to it */
    EVTCHN_INTERDOMAIN, /* remote, number: the port there */
    EVTCHN_PIRQ,        /* number: the pirq */
    EVTCHN_VIRQ,        /* number: the VIRQ */
    EVTCHN_IPI,
};
_Static_assert(EVTCHN_IPI == EVTCHNSTAT_ipi, "they are numbered alike");

struct evtchn {
    uint8_t state; /* enum evtchn_state */
    uint8_t vcpu;  /* whom it notifies */
    label_t label; /* of this end, if UNBOUND or INTERDOMAIN; else 0 */
    uint32_t number;
    union {
        struct domain *remote; /* EVTCHN_INTERDOMAIN: its channel keeps it */
        domid_t remote_id;     /* EVTCHN_UNBOUND */
    };
};
_Static_assert(sizeof(struct evtchn) == 16, "4096 of them in 64 KiB");

/*
 * Makes domain->port_limit ports (0: EVTCHN_PORTS), all free.  -ENOMEM.
 * domain->vcpus and domain->shared must be there before a port is used.
 */
int evtchn_domain_init(struct domain *domain) NODISCARD;
/*
 * Closes the ports of a domain that no longer runs, whose timers are stopped
 * and whose vCPUs still exist; none can be opened again.  0 when done,
 * -ERESTART after a bounded number: call again.
 */
int evtchn_domain_destroy(struct domain *domain) NODISCARD;
/*
 * Closes all ports but those of keep, which notify vCPU 0 from then on; nobody
 * of the domain opens one meanwhile.  0 or -ERESTART.
 */
int evtchn_domain_reset(struct domain *domain, const uint32_t *keep,
                        uint32_t count) NODISCARD;
/* Whether a port is one that others send on, or may bind to. */
bool evtchn_is_open_to_others(struct domain *domain, uint32_t port);
/* Tells vCPU 0 of the port again, if it is pending. */
void evtchn_tell_again(struct domain *domain, uint32_t port);
/* Frees the table, with the domain: others may look into it until then. */
void evtchn_domain_free(struct domain *domain);

/*
 * Makes port pending and, where the guest wants to know, wakes or interrupts
 * the vCPU it notifies; pollers wake even if it is masked.  The caller makes
 * sure that port is below the limit (it is bound, or its lock is held).
 */
void evtchn_set_pending(struct domain *domain, uint32_t port);

/* Raises a VIRQ for the vCPU that bound it; nothing if it has none. */
void send_virq(struct vcpu *vcpu, uint32_t virq);
/* The same for the one domain that bound a global VIRQ. */
void send_global_virq(uint32_t virq);
/*
 * VIRQ_CON_RING if there are new lines in the console's ring.  Lines are
 * written under any lock; this is called with none.
 */
void virq_console_ring(void);
/* Whether VIRQ is for one domain at a time (the row bind_virq_global). */
bool virq_is_global(uint32_t virq);

/*
 * The channel behind a port a guest named, or NULL.  Without the event_lock
 * what it says may have changed by the time it is read.
 */
static inline struct evtchn *evtchn_of(const struct domain *domain,
                                       uint32_t port)
{
    uint32_t limit = domain->port_limit;

    if (unlikely(port >= limit)) {
        return NULL;
    }
    return &domain->ports[index_nospec(port, limit)];
}

/* Whether it is (still) the end with this label.  event_lock held. */
static inline bool evtchn_has_label(const struct evtchn *channel, label_t label)
{
    return channel != NULL && channel->label.index == label.index;
}
