/* SPDX-License-Identifier: MIT */
/*
 * XENMEM_acquire_resource: the frames of another domain's grant table, which
 * its toolstack maps to put the first entries into it.
 */
#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/grant/grant.h"
#include "hv/mem/guest_copy.h"

long do_memory_op_acquire_resource(const struct permit *permit,
                                   struct call *call,
                                   struct xen_mem_acquire_resource *arg)
{
    uint64_t va = (uint64_t)arg->frame_list.p;

    if (arg->pad != 0) {
        return -EINVAL;
    }
    if (arg->type != XENMEM_resource_grant_table ||
        arg->id != XENMEM_resource_grant_table_id_shared) {
        return -EOPNOTSUPP;
    }
    if (va == 0 && arg->nr_frames == 0) {
        arg->nr_frames = grant_frames_max(call->target);
        return 0;
    }
    if (arg->nr_frames > GRANT_FRAMES_MAX) {
        return -E2BIG;
    }
    for (uint64_t i = 0; i < arg->nr_frames; i++) {
        mfn_t mfn;
        int rc = grant_shared_frame(call->target, arg->frame + i, &mfn);

        if (rc != 0) {
            return rc;
        }
        if (!guest_write_u64(GVA(va + i * sizeof(mfn.n)), mfn.n)) {
            return -EFAULT;
        }
    }
    return 0;
}
