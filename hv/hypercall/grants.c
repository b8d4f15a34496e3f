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

struct batch {
    size_t words;     /* in a structure of the guest's */
    size_t first_out; /* the word from which on it is copied out */
    long (*run)(struct call *call, union element *element);
};

static struct domain *granter_get(const struct call *call, domid_t id)
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
static long row_run(const struct row *row, struct call *call, void *element,
                    int16_t *status)
{
    const struct permit *permit;

    *status = GNTST_bad_domain;
    if (unlikely(call->target == NULL ||
                 (row->has_second && call->second == NULL))) {
        return 0;
    }
    permit = row_permit(row, call);
    return likely(permit != NULL) ? row->handler(permit, call, element)
                                  : 0;
}

/* The same for a row on one domain. */
static long row_run_on(const struct row *row, struct call *call, domid_t id,
                       void *element, int16_t *status)
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
    rc = row_run(&rows[row_grant_table_op_unmap], call, unmap, &unmap->op.status);
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

#define BATCH(type, field, function)                                           \
    {                                                                          \
        .words = sizeof(type) / 8, .first_out = offsetof(type, field) / 8,     \
        .run = function,                                                       \
    }

static const struct batch batches[] = {
    [GNTTABOP_map_grant_ref] =
        BATCH(struct gnttab_map_grant_ref, status, map_run),
    [GNTTABOP_unmap_grant_ref] =
        BATCH(struct gnttab_unmap_grant_ref, status, unmap_run),
    [GNTTABOP_setup_table] =
        BATCH(struct gnttab_setup_table, status, setup_run),
    [GNTTABOP_copy] = BATCH(struct gnttab_copy, status, copy_run),
    [GNTTABOP_query_size] =
        BATCH(struct gnttab_query_size, nr_frames, query_run),
};

static const struct batch *batch_find(uint64_t operation)
{
    if (operation >= ARRAY_SIZE(batches)) {
        return NULL;
    }
    operation = index_nospec(operation, ARRAY_SIZE(batches));
    return batches[operation].run != NULL ? &batches[operation] : NULL;
}

static inline long element_run(struct call *call, const struct batch *batch,
                               uint64_t va, union element *element)
{
    size_t first = batch->first_out;
    long rc;

    if (unlikely(!guest_load_words(element->words, GVA(va), batch->words))) {
        return -EFAULT;
    }
    rc = batch->run(call, element);
    if (unlikely(rc != 0)) {
        return rc;
    }
    return guest_write(GVA(va + first * 8), &element->words[first],
                       (batch->words - first) * 8)
               ? 0
               : -EFAULT;
}

/* How many structures were dealt with is *done. */
static long elements_run(struct call *call, const struct batch *batch,
                         uint32_t *done)
{
    uint32_t count = (uint32_t)call->args[2];
    int64_t *budget = &this_cpu()->budget;
    uint64_t va = call->args[1];
    union element element;
    long rc = 0;

    element.unmap.waiting = GRANT_NONE;
    for (*done = 0; *done < count; ++*done, va += batch->words * 8) {
        if (unlikely((*budget -= WORK_GRANT) <= 0)) {
            rc = -ERESTART;
            break;
        }
        rc = element_run(call, batch, va, &element);
        if (unlikely(rc != 0)) {
            break;
        }
    }
    if (batch->run == unmap_run) {
        grant_unmap_finish(call->caller->domain, element.unmap.waiting);
    }
    return rc;
}

long grants_dispatch(struct call *call)
{
    const struct batch *batch = batch_find(call->args[0]);
    uint32_t count = (uint32_t)call->args[2], done;
    struct domain *self = call->caller->domain;
    long rc;

    if (unlikely(batch == NULL)) {
        return -ENOSYS;
    }
    if (unlikely(count != 1 &&
                 (batch->run == setup_run || batch->run == query_run))) {
        return -EINVAL;
    }
    if (unlikely(
            !is_guest_range(call->args[1], count * batch->words * 8))) {
        return -EFAULT;
    }
    rc = elements_run(call, batch, &done);
    call->target = self;
    call->second = NULL;
    if (unlikely(rc == -ERESTART)) {
        call->args[1] += done * batch->words * 8;
        call->args[2] = count - done;
        return hypercall_continue(call);
    }
    return rc;
}
