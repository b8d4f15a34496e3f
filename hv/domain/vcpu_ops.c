/* SPDX-License-Identifier: MIT */
/*
 * vcpu_op: where a vCPU's vcpu_info lies.  initialise is in vcpu_context.c, the
 * others are the scheduler's (hv/sched).
 */
#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/domain/clock.h"
#include "hv/domain/domain.h"
#include "hv/mem/page.h"

/* Once: of two that want one for a vCPU at once, the first has it. */
static int info_page_take(struct vcpu *vcpu, uint64_t mfn)
{
    struct memory *memory = &vcpu->domain->memory;
    struct page *page = page_of(MFN(mfn));
    int rc = -EINVAL;

    if (page == NULL) {
        return -EINVAL;
    }
    spin_lock(&memory->lock);
    if (vcpu->info_page == NULL) {
        rc = page_get_and_type(page, memory, PAGE_WRITABLE);
    }
    if (rc == 0) {
        vcpu->info_page = page;
    }
    spin_unlock(&memory->lock);
    return rc;
}

long do_vcpu_op_register_vcpu_info(const struct permit *permit,
                                   struct call *call,
                                   struct vcpu_register_vcpu_info *arg)
{
    struct vcpu *vcpu = call->vcpu;
    struct vcpu_info *info;
    int rc;

    if (arg->offset > PAGE_SIZE - sizeof(*info) || arg->offset % 8 != 0) {
        return -ENXIO;
    }
    if (vcpu != call->caller && !vcpu->is_down) {
        return -EINVAL;
    }
    rc = info_page_take(vcpu, arg->mfn);
    if (rc != 0) {
        return rc;
    }
    info = (struct vcpu_info *)((uint8_t *)mfn_to_hva(MFN(arg->mfn)) +
                                arg->offset);
    memcpy(info, vcpu->info, sizeof(*info));
    WRITE_ONCE(vcpu->info, info);
    clock_update_vcpu(vcpu);
    atomic_set(&info->evtchn_pending_sel, ~0ul);
    WRITE_ONCE(info->evtchn_upcall_pending, 1);
    return 0;
}
