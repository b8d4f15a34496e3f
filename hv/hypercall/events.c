/* SPDX-License-Identifier: MIT */
/*
 * The ends of event channels are objects of the policy beside the domains.  An
 * end is labelled when it is made, by the type_transition of its domain towards
 * the other, and keeps the label until it is closed.  Asked is, beside what the
 * rows say: to make an end, `create` on it and from it `bind` on the other
 * domain; to bind to an end that waits, `bind` from that to the caller; to
 * send, `send` on the caller's own end.
 *
 * Ends are looked at without a lock to decide.  The handler takes the lock, and
 * has the call repeated if an end has not the label that was decided about.
 */
#include "hv/base/errno.h"
#include "hv/evtchn/evtchn.h"
#include "hv/hypercall/rows.h"
#include "hv/mem/guest_copy.h"
#include "hv/security/security.h"

static noinline bool refused(const struct row *row, struct xsm_perm perm,
                             label_t source, label_t target,
                             const struct call *call, domid_t target_id)
{
    struct security_question question = {
        .source = source,
        .target = target,
        .permission = perm,
        .source_id = call->caller->domain->id,
        .target_id = target_id,
        .operation = row_name(row),
    };

    return !security_refused(&question);
}

static inline bool may(const struct row *row, struct xsm_perm perm,
                       label_t source, label_t target, const struct call *call,
                       const struct domain *behind)
{
    return likely(xsm_allowed(&security_policy, source, target, perm)) ||
           !refused(row, perm, source, target, call, behind->id);
}

static inline label_t label_of_port(const struct domain *domain, uint32_t port)
{
    const struct evtchn *channel = evtchn_of(domain, port);

    return channel == NULL ? (label_t){0} : READ_ONCE(channel->label);
}

/* A port without a label is no end of a channel between domains. */
static noinline long send_on_other(struct call *call, struct evtchn_send *arg)
{
    const struct row *row = &rows[row_event_channel_op_send_ipi];
    const struct permit *permit = row_permit(row, call);

    return permit == NULL ? -EPERM : row->handler(permit, call, arg);
}

no_stack_protector long run_event_send(const struct row *row, struct call *call,
                                       uint64_t va)
{
    const struct domain *self = call->target;
    struct evtchn_send arg;

    if (unlikely(!guest_read_u32(&arg.port, GVA(va)))) {
        return -EFAULT;
    }
    call->channel = evtchn_of(self, arg.port);
    if (unlikely(call->channel == NULL)) {
        return send_on_other(call, &arg);
    }
    call->end = READ_ONCE(call->channel->label);
    if (unlikely(call->end.index == 0)) {
        return send_on_other(call, &arg);
    }
    if (unlikely(!may(row, XSM_PERM(event, send), self->label, call->end, call,
                      self))) {
        return -EPERM;
    }
    return row->handler(&the_permit, call, &arg);
}

/* How a domain is named as the object of what comes from an end of peer's. */
static label_t label_towards(const struct domain *domain,
                             const struct domain *peer)
{
    return domain == peer ? domain->self_label : domain->label;
}

static bool may_make(const struct row *row, const struct call *call)
{
    const struct domain *owner = call->target, *other = call->second;

    return may(row, XSM_PERM(event, create), call->caller->domain->label,
               call->end, call, owner) &&
           may(row, XSM_PERM(event, bind), call->end,
               label_towards(other, owner), call, other);
}

bool event_ends_permitted(const struct row *row, struct call *call,
                          const void *arg)
{
    const struct evtchn_bind_interdomain *bind = arg;
    const struct domain *owner = call->target, *other = call->second;

    if (!security_end_label(call->target, other, &call->end) ||
        !may_make(row, call)) {
        return false;
    }
    if (row != &rows[row_event_channel_op_bind_interdomain]) {
        return true;
    }
    call->peer_end = label_of_port(other, bind->remote_port);
    return call->peer_end.index == 0 || /* no end: the handler refuses */
           may(row, XSM_PERM(event, bind), call->peer_end,
               label_towards(owner, other), call, owner);
}
