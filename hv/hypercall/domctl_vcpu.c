/* SPDX-License-Identifier: MIT */
/* domctl: the state of one vCPU of another domain. */
#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/domain/vcpu_context.h"
#include "hv/mem/guest_copy.h"
#include "hv/mem/heap.h"
#include "hv/sched/sched.h"

long do_domctl_setvcpucontext(const struct permit *permit, struct call *call,
                              struct xen_domctl *arg)
{
    struct xen_domctl_vcpucontext *op = &arg->u.vcpucontext;
    struct vcpu *vcpu = domain_vcpu(call->target, op->vcpu);
    uint64_t flags;
    long rc;

    if (vcpu == NULL) {
        return -ESRCH;
    }
    rc = vcpu_initialise(vcpu, (uint64_t)op->ctxt.p, &flags);
    if (rc == 0 && (flags & VGCF_online) != 0) {
        vcpu_up(vcpu);
    }
    return rc == -ERESTART ? hypercall_continue(call) : rc;
}

long do_domctl_getvcpucontext(const struct permit *permit, struct call *call,
                              struct xen_domctl *arg)
{
    struct xen_domctl_vcpucontext *op = &arg->u.vcpucontext;
    const struct vcpu *vcpu = domain_vcpu(call->target, op->vcpu);
    struct vcpu_guest_context *context;
    long rc = 0;

    if (vcpu == NULL) {
        return -ESRCH;
    }
    if (!vcpu->is_initialised) {
        return -ENODATA;
    }
    if (!vcpu_is_stopped(vcpu)) { /* pause it first */
        return -EBUSY;
    }
    context = heap_alloc(sizeof(*context));
    if (context == NULL) {
        return -ENOMEM;
    }
    vcpu_context_get(vcpu, context);
    if (!guest_write(GVA(op->ctxt.p), context, sizeof(*context))) {
        rc = -EFAULT;
    }
    heap_free(context, sizeof(*context));
    return rc;
}
