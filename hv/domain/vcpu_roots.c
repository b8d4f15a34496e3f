/* SPDX-License-Identifier: MIT */
/*
 * A vCPU's roots.  Invariant: root_kernel and root_user each hold a type
 * reference (L4) and a general one; what CR3 holds is one of them or the idle
 * root.
 */
#include "hv/domain/vcpu_roots.h"

#include "hv/base/errno.h"
#include "hv/base/log.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/paging.h"
#include "hv/cpu/tlb.h"
#include "hv/domain/domain.h"
#include "hv/domain/vcpu_descriptors.h"
#include "hv/mem/table.h"

static int root_get(struct domain *domain, mfn_t mfn)
{
    struct page *page = page_of(mfn);

    if (page == NULL) {
        return -EINVAL;
    }
    return page_get_and_type(page, &domain->memory, PAGE_L4);
}

static void root_put(uint64_t root)
{
    if (root != 0) {
        page_put_and_type(page_of(maddr_to_mfn(MADDR(root))));
    }
}

int vcpu_set_kernel_root(struct vcpu *vcpu, mfn_t mfn)
{
    uint64_t old = vcpu->root_kernel;
    uint64_t *l4;
    int rc;

    if (old == 0 || mfn_to_maddr(mfn).a != old) {
        rc = root_get(vcpu->domain, mfn);
        if (rc != 0) {
            return rc;
        }
    }
    l4 = mfn_to_hva(mfn);
    l4[HV_SLOT_FIRST] = m2p_l4_entry;
    if (vcpu->ldt_mapped != 0) {
        ldt_unmap(vcpu);
    }
    vcpu->root_kernel = mfn_to_maddr(mfn).a;
    if (vcpu == current_vcpu()) {
        tlb_load_root(mfn_to_maddr(mfn));
    }
    if (old != vcpu->root_kernel) {
        root_put(old);
    }
    return 0;
}

int vcpu_set_user_root(struct vcpu *vcpu, mfn_t mfn)
{
    uint64_t old = vcpu->root_user;
    int rc;

    if (mfn_to_maddr(mfn).a == old) {
        return 0;
    }
    if (mfn.n != 0) {
        rc = root_get(vcpu->domain, mfn);
        if (rc != 0) {
            return rc;
        }
        if (mfn_to_maddr(mfn).a != vcpu->root_kernel) {
            ((uint64_t *)mfn_to_hva(mfn))[HV_SLOT_FIRST] = 0;
        }
    }
    vcpu->root_user = mfn_to_maddr(mfn).a;
    root_put(old);
    return 0;
}

int vcpu_change_root(struct vcpu *vcpu, mfn_t mfn,
                     int (*set)(struct vcpu *, mfn_t))
{
    struct memory *memory = &vcpu->domain->memory;
    int rc;

    spin_lock(&memory->lock);
    rc = set(vcpu, mfn);
    if (rc != -ERESTART) {
        retained_finish(memory);
    }
    spin_unlock(&memory->lock);
    return rc;
}

void vcpu_drop_tables(struct vcpu *vcpu)
{
    CHECK(vcpu_set_gdt(vcpu, NULL, 0) == 0);
    CHECK(vcpu_set_ldt(vcpu, 0, 0) == 0);
    root_put(vcpu->root_user);
    root_put(vcpu->root_kernel);
    vcpu->root_user = 0;
    vcpu->root_kernel = 0;
}
