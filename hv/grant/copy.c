/* SPDX-License-Identifier: MIT */
/*
 * Copying between two frames, each granted to the caller or the caller's own.
 * The entries are in use for as long as it takes.
 */
#include "hv/abi/handlers.h"
#include "hv/grant/internal.h"
#include "lib/string.h"

/* One of the two ends while it is held. */
struct end {
    struct domain *owner;
    const struct gnttab_copy_ptr *at;
    struct page *frame;
    enum grant_access access;
    bool is_granted;
};

static int16_t end_get(struct end *end, const struct domain *caller)
{
    if (end->is_granted) {
        return use_get(end->owner, end->at->u.ref, caller->id, end->access,
                       &end->frame);
    }
    if (unlikely(end->at->domid != DOMID_SELF)) {
        return GNTST_permission_denied; /* others' frames by reference only */
    }
    end->frame = page_of(MFN(end->at->u.gmfn));
    return frame_get(end->frame, &caller->memory, end->access)
               ? GNTST_okay
               : GNTST_general_error;
}

static void end_put(const struct end *end)
{
    frame_put(end->frame, end->access);
    if (end->is_granted) {
        use_put(end->owner, end->at->u.ref, end->access);
    }
}

static void *end_bytes(const struct end *end)
{
    return (uint8_t *)mfn_to_hva(page_mfn(end->frame)) + end->at->offset;
}

static int16_t copy(const struct domain *caller, struct end *source,
                    struct end *dest, uint16_t size)
{
    int16_t status;

    if (unlikely(source->at->offset + size > PAGE_SIZE ||
                 dest->at->offset + size > PAGE_SIZE)) {
        return GNTST_bad_copy_arg;
    }
    status = end_get(source, caller);
    if (unlikely(status != GNTST_okay)) {
        return status;
    }
    status = end_get(dest, caller);
    if (likely(status == GNTST_okay)) {
        memmove(end_bytes(dest), end_bytes(source), size);
        end_put(dest);
    }
    end_put(source);
    return status;
}

long do_grant_table_op_copy(const struct permit *permit, struct call *call,
                            struct gnttab_copy *op)
{
    struct end source = {
        .owner = call->target,
        .at = &op->source,
        .access = GRANT_READ,
        .is_granted = (op->flags & GNTCOPY_source_gref) != 0,
    };
    struct end dest = {
        .owner = call->second,
        .at = &op->dest,
        .access = GRANT_WRITE,
        .is_granted = (op->flags & GNTCOPY_dest_gref) != 0,
    };

    op->status = copy(call->caller->domain, &source, &dest, op->len);
    return 0;
}
