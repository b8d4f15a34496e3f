/* SPDX-License-Identifier: MIT */
/*
 * mmuext_op: pinning tables, choosing roots, flushing translations.  Each
 * operation is one element of a batch; the dispatcher asked for it.
 */
#include "hv/domain/mmuext.h"

#include "hv/abi/handlers.h"
#include "hv/base/asm.h"
#include "hv/base/errno.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/tlb.h"
#include "hv/domain/domain.h"
#include "hv/domain/mmu_update.h"
#include "hv/domain/vcpu_descriptors.h"
#include "hv/domain/vcpu_roots.h"
#include "hv/mem/guest_copy.h"
#include "hv/mem/table.h"

static int pin(struct domain *domain, mfn_t mfn, enum page_type type)
{
    struct page *page = page_of(mfn);
    int rc;

    if (page == NULL) {
        return -EINVAL;
    }
    rc = page_get_and_type(page, &domain->memory, type);
    if (rc != 0) {
        return rc;
    }
    if (page->flags & PAGE_PINNED) {
        page_put_and_type(page);
        return -EINVAL;
    }
    page->flags |= PAGE_PINNED;
    return 0;
}

long do_mmuext_op_pin(const struct permit *permit, struct call *call,
                      struct mmuext_op *op)
{
    struct domain *domain = call->target;
    int rc;

    spin_lock(&domain->memory.lock);
    rc = domain->is_dying ? -ESRCH /* its pins were dropped */
                          : pin(domain, MFN(op->arg1.mfn),
                                PAGE_L1 + (op->cmd - MMUEXT_PIN_L1_TABLE));
    if (rc != -ERESTART) {
        retained_finish(&domain->memory);
    }
    spin_unlock(&domain->memory.lock);
    return rc;
}

long do_mmuext_op_unpin(const struct permit *permit, struct call *call,
                        struct mmuext_op *op)
{
    struct domain *domain = call->target;
    struct page *page = page_of(MFN(op->arg1.mfn));
    int rc = -EINVAL;

    if (page == NULL) {
        return -EINVAL;
    }
    spin_lock(&domain->memory.lock);
    if (page->owner == domain->id && (page->flags & PAGE_PINNED)) {
        page->flags &= (uint8_t)~PAGE_PINNED;
        page_put_and_type(page);
        retained_finish(&domain->memory);
        rc = 0;
    }
    spin_unlock(&domain->memory.lock);
    return rc;
}

long do_mmuext_op_new_baseptr(const struct permit *permit, struct call *call,
                              struct mmuext_op *op)
{
    return vcpu_change_root(call->caller, MFN(op->arg1.mfn),
                            vcpu_set_kernel_root);
}

long do_mmuext_op_new_user_baseptr(const struct permit *permit,
                                   struct call *call, struct mmuext_op *op)
{
    return vcpu_change_root(call->caller, MFN(op->arg1.mfn),
                            vcpu_set_user_root);
}

/*
 * The CPUs that have the tables of the vCPUs of the bitmap, which is longer than
 * they run: one that blocks goes on with its multicall.  Those that are on none
 * hold no translations: switching flushed them.
 */
static inline uint64_t vcpus_cpus(const struct domain *domain, uint8_t bitmap)
{
    uint64_t cpu_mask = 0;

    _Static_assert(MAX_VCPUS <= 8, "one byte holds a vCPU bitmap");
    for (uint32_t i = 0; i < domain->vcpu_count; i++) {
        const struct vcpu *vcpu = domain->vcpus[i];

        if ((bitmap & 1u << i) && vcpu != NULL &&
            READ_ONCE(vcpu->is_loaded)) {
            cpu_mask |= 1ull << READ_ONCE(vcpu->cpu);
        }
    }
    return cpu_mask;
}

void domain_flush(const struct domain *domain)
{
    this_cpu()->budget -= WORK_SHOOTDOWN;
    tlb_flush_cpus(vcpus_cpus(domain, 0xff));
}

int vcpus_flush(struct domain *domain, uint64_t bitmap_va)
{
    uint8_t bitmap = 0xff;

    if (bitmap_va != 0 && !guest_read_u8(&bitmap, GVA(bitmap_va))) {
        return -EFAULT;
    }
    this_cpu()->budget -= WORK_SHOOTDOWN;
    tlb_flush_cpus(vcpus_cpus(domain, bitmap));
    return 0;
}

long do_mmuext_op_flush_local(const struct permit *permit, struct call *call,
                              struct mmuext_op *op)
{
    if (op->cmd == MMUEXT_TLB_FLUSH_LOCAL) {
        tlb_flush_local();
    } else if (is_guest_range(op->arg1.linear_addr, 1)) {
        tlb_invalidate_local(op->arg1.linear_addr); /* XSA-279 */
    }
    return 0;
}

long do_mmuext_op_flush_multi(const struct permit *permit, struct call *call,
                              struct mmuext_op *op)
{
    return vcpus_flush(call->caller->domain,
                       (uint64_t)op->arg2.vcpumask.p);
}

long do_mmuext_op_flush_all(const struct permit *permit, struct call *call,
                            struct mmuext_op *op)
{
    return vcpus_flush(call->caller->domain, 0);
}

long do_mmuext_op_flush_cache(const struct permit *permit, struct call *call,
                              struct mmuext_op *op)
{
    if (!call->caller->domain->is_hardware) {
        return -EACCES;
    }
    wbinvd();
    return 0;
}

long do_mmuext_op_set_ldt(const struct permit *permit, struct call *call,
                          struct mmuext_op *op)
{
    struct domain *domain = call->caller->domain;
    int rc;

    spin_lock(&domain->memory.lock);
    rc = vcpu_set_ldt(call->caller, op->arg1.linear_addr, op->arg2.nr_ents);
    spin_unlock(&domain->memory.lock);
    return rc;
}

/* A frame of the target's that nothing but plain mappings uses. */
static struct page *plain_page_get(struct domain *domain, uint64_t mfn)
{
    struct page *page = page_of(MFN(mfn));

    if (page == NULL || page_get_and_type(page, &domain->memory, PAGE_WRITABLE) != 0) {
        return NULL;
    }
    return page;
}

long do_mmuext_op_clear_page(const struct permit *permit, struct call *call,
                             struct mmuext_op *op)
{
    struct page *page;
    long rc = -EINVAL;

    spin_lock(&call->target->memory.lock);
    page = plain_page_get(call->target, op->arg1.mfn);
    if (page != NULL) {
        memset(mfn_to_hva(page_mfn(page)), 0, PAGE_SIZE);
        page_put_and_type(page);
        rc = 0;
    }
    spin_unlock(&call->target->memory.lock);
    return rc;
}

long do_mmuext_op_copy_page(const struct permit *permit, struct call *call,
                            struct mmuext_op *op)
{
    struct page *from = page_of(MFN(op->arg2.src_mfn)), *to;
    long rc = -EINVAL;

    if (from == NULL || !page_get(from, &call->target->memory)) {
        return -EINVAL;
    }
    spin_lock(&call->target->memory.lock);
    to = plain_page_get(call->target, op->arg1.mfn);
    if (to != NULL) {
        memcpy(mfn_to_hva(page_mfn(to)), mfn_to_hva(page_mfn(from)),
               PAGE_SIZE);
        page_put_and_type(to);
        rc = 0;
    }
    spin_unlock(&call->target->memory.lock);
    page_put(from);
    return rc;
}
