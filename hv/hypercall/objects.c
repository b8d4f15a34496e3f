/* SPDX-License-Identifier: MIT */
/*
 * What a row acts on, and whether the policy lets the caller: the only place
 * that makes a permit.  Objects are referenced from before the question until
 * after the handler.  What is absent and what is forbidden look alike.
 */
#include "hv/base/errno.h"
#include "hv/domain/domain.h"
#include "hv/hypercall/rows.h"
#include "hv/security/security.h"

struct permit {
    char unused;
};

const struct permit the_permit;

static noinline bool refused(const struct row *row, struct xsm_perm perm,
                             const struct domain *source, label_t target,
                             domid_t target_id)
{
    struct security_question question = {
        .source = source->label,
        .target = target,
        .permission = perm,
        .source_id = source->id,
        .target_id = target_id,
        .operation = row_name(row),
    };

    return !security_refused(&question);
}

static inline bool may(const struct row *row, struct xsm_perm perm,
                       const struct domain *source, const struct domain *target)
{
    if (likely(source == target)) {
        return likely(domain_may_itself(source, perm)) ||
               !refused(row, perm, source, source->self_label, source->id);
    }
    return xsm_allowed(&security_policy, source->label, target->label, perm) ||
           !refused(row, perm, source, target->label, target->id);
}

const struct permit *row_permit(const struct row *row,
                                const struct call *call)
{
    const struct domain *self = call->caller->domain;

    if (unlikely(!may(row, row->perm, self, call->target))) {
        return NULL;
    }
    if (unlikely(row->has_second) &&
        !may(row, row->perm2, self, call->second)) {
        return NULL;
    }
    return &the_permit;
}

/* Those that it may not see leave no record, as they would by the hundred. */
struct domain *row_next_domain(const struct row *row,
                               const struct call *call, domid_t id)
{
    const struct domain *self = call->caller->domain;
    struct domain *domain;

    while ((domain = domain_get_next(id)) != NULL) {
        label_t target = domain == self ? self->self_label : domain->label;

        if (xsm_decide(&security_policy, self->label, target, row->perm)
                .allowed) {
            return domain;
        }
        id = domain->id + 1;
        domain_put(domain);
    }
    return NULL;
}

static struct domain *object_find(const struct row *row, const struct call *call,
                                  enum object object, const void *arg,
                                  unsigned int field)
{
    domid_t id;

    if (object == OBJECT_XEN) {
        return &hv_domain;
    }
    id = *(const domid_t *)((const uint8_t *)arg + field);
    if (object == OBJECT_FIRST) { /* who may not see itself sees nobody */
        return may(row, row->perm, call->caller->domain, call->caller->domain)
                   ? row_next_domain(row, call, id)
                   : NULL;
    }
    return domain_get(id == DOMID_SELF ? call->caller->domain->id : id);
}

static void object_put(struct domain *domain)
{
    if (domain != NULL && domain != &hv_domain) {
        domain_put(domain);
    }
}

static long run_if_permitted(const struct row *row, struct call *call,
                             void *arg, long refusal)
{
    const struct permit *permit =
        row->object == OBJECT_FIRST ? &the_permit /* found by asking */
                                    : row_permit(row, call);

    if (permit == NULL || (row->perm2.class == XSM_CLASS_event &&
                           !event_ends_permitted(row, call, arg))) {
        return refusal;
    }
    return row->handler(permit, call, arg);
}

static long run_on_domains(const struct row *row, struct call *call, void *arg)
{
    struct domain *self = call->caller->domain, *first = NULL, *second = NULL;
    long refusal = row->object <= OBJECT_XEN ? -EPERM : -ESRCH;
    long rc = refusal;

    if (row->object > OBJECT_VCPU) {
        first = object_find(row, call, row->object, arg, row->field);
        call->target = first;
    }
    if (row->has_second) {
        second = object_find(row, call, row->object2, arg, row->field2);
        call->second = second;
    }
    if (call->target != NULL && (!row->has_second || second != NULL)) {
        rc = run_if_permitted(row, call, arg, refusal);
    }
    object_put(first);
    object_put(second);
    call->target = self;
    return rc;
}

static long run_on_label(const struct row *row, struct call *call, void *arg)
{
    const struct domain *self = call->caller->domain;
    bool is_new = row->object == OBJECT_NEW;
    bool is_held = is_new &&
                   security_label_get(*(uint32_t *)((uint8_t *)arg + row->field),
                                      &call->label);
    long rc = -EPERM;

    if (!is_held) { /* which SIDs there are is not told by another error */
        call->label = is_new ? XSM_LABEL(unlabeled) : XSM_LABEL(security);
    }
    if (xsm_allowed(&security_policy, self->label, call->label, row->perm) ||
        !refused(row, row->perm, self, call->label, XSM_NO_DOMAIN)) {
        rc = row->handler(&the_permit, call, arg);
    }
    if (is_held) {
        security_label_put(call->label);
    }
    return rc;
}

long row_run_on_objects(const struct row *row, struct call *call, void *arg)
{
    return row->object == OBJECT_NEW || row->object == OBJECT_SECURITY
               ? run_on_label(row, call, arg)
               : run_on_domains(row, call, arg);
}
