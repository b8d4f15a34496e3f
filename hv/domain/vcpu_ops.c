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

static int info_page_get(struct domain *domain, uint64_t mfn,
                         struct page **out)
{
    struct page *page = page_of(MFN(mfn));
    int rc;

    if (page == NULL) {
        return -EINVAL;
    }
    spin_lock(&domain->memory.lock);
    rc = page_get_and_type(page, &domain->memory, PAGE_WRITABLE);
    spin_unlock(&domain->memory.lock);
    *out = page;
    return rc;
}

long do_vcpu_op_register_vcpu_info(const struct permit *permit,
                                   struct call *call,
                                   struct vcpu_register_vcpu_info *arg)
{
    struct vcpu *vcpu = call->vcpu;
    struct vcpu_info *info;
    struct page *page;
    int rc;

    if (arg->offset > PAGE_SIZE - sizeof(*info) || arg->offset % 8 != 0) {
        return -ENXIO;
    }
    if (vcpu->info_page != NULL ||
        (vcpu != call->caller && !vcpu->is_down)) {
        return -EINVAL;
    }
    rc = info_page_get(vcpu->domain, arg->mfn, &page);
    if (rc != 0) {
        return rc;
    }
    info = (struct vcpu_info *)((uint8_t *)mfn_to_hva(MFN(arg->mfn)) +
                                arg->offset);
    memcpy(info, vcpu->info, sizeof(*info));
    vcpu->info_page = page;
    WRITE_ONCE(vcpu->info, info);
    clock_update_vcpu(vcpu);
    atomic_set(&info->evtchn_pending_sel, ~0ul);
    WRITE_ONCE(info->evtchn_upcall_pending, 1);
    return 0;
}
