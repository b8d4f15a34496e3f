/* SPDX-License-Identifier: MIT */
/*
 * A vCPU's roots.  Invariant: root_kernel and root_user each hold a type
 * reference (L4) and a general one; what CR3 holds is one of them or the idle
 * root.
 */
#include "hv/mem/roots.h"

#include "hv/base/errno.h"
#include "hv/cpu/paging.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/tlb.h"
#include "hv/mem/descriptors.h"
#include "hv/mem/page.h"
#include "hv/mem/table.h"

void root_install_hypervisor(uint64_t *l4)
{
    const uint64_t *ours = maddr_to_hva(idle_root);

    for (unsigned int i = HV_SLOT_FIRST; i < HV_SLOT_END; i++) {
        l4[i] = ours[i];
    }
    l4[HV_SLOT_FIRST] = 0;
}

static int root_get(struct domain *domain, mfn_t mfn)
{
    struct page *page = page_of(mfn);

    if (page == NULL) {
        return -EINVAL;
    }
    return page_get_and_type(page, domain, PAGE_L4);
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

    if (mfn_to_maddr(mfn).a != old) {
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

void vcpu_drop_roots(struct vcpu *vcpu)
{
    root_put(vcpu->root_kernel);
    root_put(vcpu->root_user);
    vcpu->root_kernel = 0;
    vcpu->root_user = 0;
}

static uint64_t *next_table(uint64_t entry)
{
    return (entry & PTE_P) ? mfn_to_hva(pte_mfn(entry)) : NULL;
}

uint64_t *root_find_l1(const struct vcpu *vcpu, uint64_t va,
                       struct page **l1_page)
{
    uint64_t *table = maddr_to_hva(MADDR(vcpu->root_kernel));

    if (unlikely(!is_guest_range(va, 1) || !is_canonical(va))) {
        return NULL;
    }
    for (unsigned int shift = 39; shift > 12; shift -= 9) {
        uint64_t entry = table[va >> shift & (ENTRIES - 1)];

        if (shift == 21 && (entry & PTE_P)) {
            *l1_page = &frame_table[pte_mfn(entry).n];
        }
        table = next_table(entry);
        if (unlikely(table == NULL)) {
            return NULL;
        }
    }
    return &table[va >> 12 & (ENTRIES - 1)];
}
