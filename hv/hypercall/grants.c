/* SPDX-License-Identifier: MIT */
/*
 * grant_table_op: arrays of structures, each mediated by itself and each with
 * a status of its own.  A structure is copied in once; its words from the
 * status on are copied out.  Who is not there and who may not be reached look
 * alike.  A long array continues with its rest.
 */
#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/cpu/cpu.h"
#include "hv/grant/grant.h"
#include "hv/hypercall/rows.h"
#include "hv/mem/guest_copy.h"

/* Any of the structures, in whole words. */
union element {
    uint64_t words[5];
    struct gnttab_map_grant_ref map;
    struct grant_unmap unmap;
    struct gnttab_setup_table setup;
    struct gnttab_copy copy;
    struct gnttab_query_size query;
};

static inline struct domain *granter_get(const struct call *call, domid_t id)
{
    struct domain *self = call->caller->domain, *domain = self;

    if (id != DOMID_SELF && id != self->id) {
        domain = domain_get(id);
    }
    if (unlikely(domain != NULL && domain->grants == NULL)) {
        if (domain != self) {
            domain_put(domain);
        }
        return NULL; /* not made yet */
    }
    return domain;
}

static void granter_put(const struct call *call, struct domain *domain)
{
    if (domain != NULL && domain != call->caller->domain) {
        domain_put(domain);
    }
}

/*
 * Asks for a row on call->target, and call->second if it has two, then runs
 * its handler.  status is what a refusal is told by.
 */
static inline long row_run(const struct row *row, struct call *call,
                           void *element, int16_t *status)
{
    const struct domain *self = call->caller->domain;
    const struct permit *permit = &the_permit;

    *status = GNTST_bad_domain;
    if (unlikely(call->target == NULL ||
                 (row->has_second && call->second == NULL))) {
        return 0;
    }
    if (call->target != self || row->has_second ||
        unlikely(!domain_may_itself(self, row->perm))) {
        permit = row_permit(row, call);
    }
    return likely(permit != NULL) ? row->handler(permit, call, element) : 0;
}

/* The same for a row on one domain. */
static inline long row_run_on(const struct row *row, struct call *call,
                              domid_t id, void *element, int16_t *status)
{
    struct domain *target = granter_get(call, id);
    long rc;

    call->target = target;
    call->second = target;
    rc = row_run(row, call, element, status);
    granter_put(call, target);
    return rc;
}

static long map_run(struct call *call, union element *element)
{
    struct gnttab_map_grant_ref *op = &element->map;
    const struct row *row = &rows[row_grant_table_op_map_write];

    if (op->flags & GNTMAP_device_map) {
        row = &rows[row_grant_table_op_map_device];
    } else if (op->flags & GNTMAP_readonly) {
        row = &rows[row_grant_table_op_map_read];
    }
    return row_run_on(row, call, op->dom, op, &op->status);
}

/* Whom it acts on is known by the handle. */
static long unmap_run(struct call *call, union element *element)
{
    struct grant_unmap *unmap = &element->unmap;
    struct domain *granter =
        grant_handle_granter(call->caller->domain, unmap->op.handle);
    long rc;

    if (unlikely(granter == NULL)) {
        unmap->op.status = GNTST_bad_handle;
        return 0;
    }
    call->target = granter;
    rc = row_run(&rows[row_grant_table_op_unmap], call, unmap,
                 &unmap->op.status);
    domain_put(granter);
    return rc;
}

static long copy_run(struct call *call, union element *element)
{
    struct gnttab_copy *op = &element->copy;
    struct domain *source = granter_get(call, op->source.domid);
    struct domain *dest = granter_get(call, op->dest.domid);
    long rc;

    call->target = source;
    call->second = dest;
    rc = row_run(&rows[row_grant_table_op_copy], call, op, &op->status);
    granter_put(call, source);
    granter_put(call, dest);
    return rc;
}

static long setup_run(struct call *call, union element *element)
{
    struct gnttab_setup_table *op = &element->setup;

    return row_run_on(&rows[row_grant_table_op_setup_table], call, op->dom, op,
                      &op->status);
}

static long query_run(struct call *call, union element *element)
{
    struct gnttab_query_size *op = &element->query;

    return row_run_on(&rows[row_grant_table_op_query_size], call, op->dom, op,
                      &op->status);
}

/*
 * Each of count structures of so many words at args[1]; those from the word
 * out on are copied out.  What is left when the budget is used up is told by
 * the registers.
 */
static always_inline long
elements_run(struct call *call, union element *element, size_t words,
             size_t out, long (*run)(struct call *, union element *))
{
    int64_t *budget = &this_cpu()->budget;
    uint32_t count = (uint32_t)call->args[2];
    uint64_t va = call->args[1];

    if (unlikely(!is_guest_range(va, (uint64_t)count * words * 8))) {
        return -EFAULT;
    }
    for (; count != 0; count--, va += words * 8) {
        long rc;

        if (unlikely((*budget -= WORK_GRANT) <= 0)) {
            call->args[1] = va;
            call->args[2] = count;
            return hypercall_continue(call);
        }
        if (unlikely(!guest_load_words(element->words, GVA(va), words))) {
            return -EFAULT;
        }
        rc = run(call, element);
        if (unlikely(rc != 0)) {
            return rc;
        }
        for (size_t i = out; i < words; i++) {
            if (unlikely(
                    !guest_store_word(GVA(va + i * 8), element->words[i]))) {
                return -EFAULT;
            }
        }
    }
    return 0;
}

#define ELEMENTS(type, field, run)                                             \
    elements_run(call, &element, sizeof(type) / 8, offsetof(type, field) / 8,  \
                 run)

static long unmap_all(struct call *call)
{
    union element element = {.unmap.waiting = GRANT_NONE};
    long rc = ELEMENTS(struct gnttab_unmap_grant_ref, status, unmap_run);

    grant_unmap_finish(call->caller->domain, element.unmap.waiting);
    return rc;
}

static long table_run(struct call *call)
{
    union element element;

    if (call->args[2] != 1) {
        return -EINVAL;
    }
    return call->args[0] == GNTTABOP_setup_table
               ? ELEMENTS(struct gnttab_setup_table, status, setup_run)
               : ELEMENTS(struct gnttab_query_size, nr_frames, query_run);
}

static inline long operation_run(struct call *call)
{
    union element element;

    switch (call->args[0]) {
    case GNTTABOP_map_grant_ref:
        return ELEMENTS(struct gnttab_map_grant_ref, status, map_run);
    case GNTTABOP_unmap_grant_ref:
        return unmap_all(call);
    case GNTTABOP_copy:
        return ELEMENTS(struct gnttab_copy, status, copy_run);
    case GNTTABOP_setup_table:
    case GNTTABOP_query_size:
        return table_run(call);
    default:
        return -ENOSYS;
    }
}

long grants_dispatch(struct call *call)
{
    long rc = operation_run(call);

    call->target = call->caller->domain;
    return rc;
}
