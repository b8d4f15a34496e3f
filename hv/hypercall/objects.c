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

static noinline bool refused(unsigned int row, struct xsm_perm perm,
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

static inline bool may(unsigned int row, struct xsm_perm perm,
                       const struct domain *source, const struct domain *target)
{
    if (likely(source == target)) {
        return likely(domain_may_itself(source, perm)) ||
               !refused(row, perm, source, source->self_label, source->id);
    }
    return xsm_allowed(&security_policy, source->label, target->label, perm) ||
           !refused(row, perm, source, target->label, target->id);
}

static noinline const struct permit *permit_ask(unsigned int index,
                                                const struct call *call)
{
    const struct row *row = &rows[index];
    const struct domain *self = call->caller->domain;

    if (unlikely(!may(index, row->perm, self, call->target))) {
        return NULL;
    }
    if (unlikely(row->has_second) &&
        !may(index, row->perm2, self, call->second)) {
        return NULL;
    }
    return &the_permit;
}

const struct permit *row_permit(unsigned int index, const struct call *call)
{
    const struct row *row = &rows[index];

    if (likely(call->target == call->caller->domain && !row->has_second &&
               domain_may_itself(call->target, row->perm))) {
        return &the_permit;
    }
    return permit_ask(index, call);
}

struct domain *row_next_domain(unsigned int index, const struct call *call,
                               domid_t id)
{
    struct domain *domain;

    while ((domain = domain_get_next(id)) != NULL) {
        if (may(index, rows[index].perm, call->caller->domain, domain)) {
            return domain;
        }
        id = domain->id + 1;
        domain_put(domain);
    }
    return NULL;
}

static struct domain *object_find(unsigned int index, const struct call *call,
                                  enum object object, const void *arg,
                                  unsigned int field)
{
    domid_t id;

    if (object == OBJECT_XEN) {
        return &hv_domain;
    }
    id = *(const domid_t *)((const uint8_t *)arg + field);
    if (object == OBJECT_FIRST) {
        return row_next_domain(index, call, id);
    }
    return domain_get(id == DOMID_SELF ? call->caller->domain->id : id);
}

static void object_put(struct domain *domain)
{
    if (domain != NULL && domain != &hv_domain) {
        domain_put(domain);
    }
}

static long run_if_permitted(unsigned int index, struct call *call, void *arg,
                             long refusal)
{
    const struct row *row = &rows[index];
    const struct permit *permit = row_permit(index, call);

    if (permit == NULL || (row->perm2.class == XSM_CLASS_event &&
                           !event_ends_permitted(index, call, arg))) {
        return refusal;
    }
    return row->handler(permit, call, arg);
}

static long run_on_domains(unsigned int index, struct call *call, void *arg)
{
    const struct row *row = &rows[index];
    struct domain *self = call->caller->domain, *first = NULL, *second = NULL;
    long refusal = row->object <= OBJECT_XEN ? -EPERM : -ESRCH;
    long rc = refusal;

    if (row->object != OBJECT_SELF) {
        first = object_find(index, call, row->object, arg, row->field);
        call->target = first;
    }
    if (row->has_second) {
        second = object_find(index, call, row->object2, arg, row->field2);
        call->second = second;
    }
    if (call->target != NULL && (!row->has_second || second != NULL)) {
        rc = run_if_permitted(index, call, arg, refusal);
    }
    object_put(first);
    object_put(second);
    call->target = self;
    return rc;
}

static long run_on_label(unsigned int index, struct call *call, void *arg)
{
    const struct row *row = &rows[index];
    const struct domain *self = call->caller->domain;
    long rc = -EPERM;

    call->label = XSM_LABEL(security);
    if (row->object == OBJECT_NEW &&
        !security_label_get(*(uint32_t *)((uint8_t *)arg + row->field),
                            &call->label)) {
        return -EINVAL;
    }
    if (xsm_allowed(&security_policy, self->label, call->label, row->perm) ||
        !refused(index, row->perm, self, call->label, XSM_NO_DOMAIN)) {
        rc = row->handler(&the_permit, call, arg);
    }
    if (row->object == OBJECT_NEW) {
        security_label_put(call->label);
    }
    return rc;
}

static long run_on_vcpu(unsigned int index, struct call *call, void *arg)
{
    call->vcpu = domain_vcpu(call->caller->domain, (uint32_t)call->args[1]);
    if (call->args[1] > UINT32_MAX || call->vcpu == NULL) {
        return -ENOENT;
    }
    return run_if_permitted(index, call, arg, -EPERM);
}

long row_run_on_objects(unsigned int index, struct call *call, void *arg)
{
    switch ((enum object)rows[index].object) {
    case OBJECT_VCPU:
        return run_on_vcpu(index, call, arg);
    case OBJECT_NEW:
    case OBJECT_SECURITY:
        return run_on_label(index, call, arg);
    case OBJECT_SELF:
    case OBJECT_XEN:
    case OBJECT_DOMAIN:
    case OBJECT_DOMAIN_GIVEN:
    case OBJECT_FIRST:
    case OBJECT_END:
        break;
    }
    return run_on_domains(index, call, arg);
}
