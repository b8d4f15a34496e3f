/* SPDX-License-Identifier: MIT */
/*
 * grant_table_op's questions about a table, and making it larger.  There is
 * one version of tables, so that setting it changes nothing.
 */
#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/grant/internal.h"
#include "hv/mem/guest_copy.h"

/* Where the first count frames of the table are, for the caller's list. */
static bool frames_write(const struct grant_table *table, uint64_t list,
                         uint32_t count)
{
    uint64_t frames[GRANT_FRAMES_MAX];

    for (uint32_t i = 0; i < count; i++) {
        frames[i] = hva_to_mfn(table->entries[i]).n;
    }
    return guest_write(GVA(list), frames, count * sizeof(frames[0]));
}

long do_grant_table_op_setup_table(const struct permit *permit,
                                   struct call *call,
                                   struct gnttab_setup_table *op)
{
    int rc = table_grow(call->target, op->nr_frames);

    op->status = rc == 0        ? GNTST_okay
                 : rc == -ESRCH ? GNTST_bad_domain
                                : GNTST_general_error;
    if (rc == 0 && !frames_write(call->target->grants,
                                 (uint64_t)op->frame_list.p, op->nr_frames)) {
        return -EFAULT;
    }
    return 0;
}

long do_grant_table_op_query_size(const struct permit *permit,
                                  struct call *call,
                                  struct gnttab_query_size *op)
{
    const struct grant_table *table = call->target->grants;

    op->nr_frames = READ_ONCE(table->frame_count);
    op->max_nr_frames = READ_ONCE(table->max_frames);
    op->status = GNTST_okay;
    return 0;
}

long do_grant_table_op_set_version(const struct permit *permit,
                                   struct call *call,
                                   struct gnttab_set_version *op)
{
    if (op->version != 1) {
        return op->version == 2 ? -ENOSYS : -EINVAL;
    }
    return 0;
}

long do_grant_table_op_get_version(const struct permit *permit,
                                   struct call *call,
                                   struct gnttab_get_version *op)
{
    op->version = 1;
    return 0;
}
