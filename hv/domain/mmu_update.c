/* SPDX-License-Identifier: MIT */
/*
 * One entry of one table: new references first, then the entry, then the old
 * references.  The owner's mm_lock orders all writers; hardware may still set
 * A and D, so the old value is the one exchanged out.
 */
#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/base/log.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/tlb.h"
#include "hv/domain/domain.h"
#include "hv/domain/mmu_update.h"
#include "hv/domain/mmuext.h"
#include "hv/mem/roots.h"
#include "hv/mem/table.h"

static uint64_t entry_exchange(uint64_t *slot, uint64_t new, bool keep_ad)
{
    uint64_t old;

    if (likely(!keep_ad)) {
        return atomic_xchg(slot, new);
    }
    old = READ_ONCE(*slot);
    while (!atomic_cas(slot, &old, new | (old & (PTE_A | PTE_D)))) {
    }
    return old;
}

/* The entry keeps its frame, its rights and its caching: no reference moves. */
static bool is_harmless(uint64_t old, uint64_t new)
{
    return (old & new & PTE_P) && ((old ^ new) & ~PTE_HARMLESS) == 0;
}

static int entry_replace(struct memory *memory, enum page_type type,
                         uint64_t *slot, uint64_t new, bool keep_ad,
                         struct memory *l1_owner)
{
    uint64_t old = READ_ONCE(*slot);
    int rc;

    if (is_harmless(old, new)) {
        if (type != PAGE_L1) {
            if (new & PTE_G) {
                return -EINVAL;
            }
            new |= PTE_US;
        } else {
            new = (new & PTE_US ? new : new | PTE_US | PTE_KERNEL) & ~PTE_G;
        }
        entry_exchange(slot, new, keep_ad);
        return 0;
    }
    rc = entry_get(memory, type, &new, l1_owner);
    if (unlikely(rc != 0)) {
        return rc;
    }
    old = entry_exchange(slot, new, keep_ad);
    entry_put(type, old);
    return 0;
}

static int plain_store(struct page *page, uint64_t *slot, uint64_t value)
{
    int rc = page_get_type(page, PAGE_WRITABLE);

    if (rc == 0) {
        WRITE_ONCE(*slot, value);
        page_put_type(page);
    }
    return rc;
}

static int slot_update(struct memory *memory, struct page *page,
                       uint64_t *slot, uint64_t value, bool keep_ad,
                       struct memory *l1_owner)
{
    unsigned int index = ((uint64_t)slot & ~PAGE_MASK) / sizeof(*slot);
    enum page_type type;
    int rc;

    if (unlikely(page->flags & PAGE_RETAINED)) {
        table_zap(memory, page); /* or its own new entry might, half way */
    }
    type = page_type(page);
    if (likely(type == PAGE_L1)) {
        return entry_replace(memory, type, slot, value, keep_ad, l1_owner);
    }
    if (type < PAGE_L2 || type > PAGE_L4) {
        return type == PAGE_SEGDESC ? -EINVAL
                                    : plain_store(page, slot, value);
    }
    if (l1_owner != memory || (type == PAGE_L4 && index >= HV_SLOT_FIRST &&
                               index < HV_SLOT_END)) {
        return -EINVAL;
    }
    /* One use more: the new entry may zap all others, and then this table. */
    rc = page_get_type(page, type);
    if (rc == 0) {
        rc = entry_replace(memory, type, slot, value, keep_ad, memory);
        page_put_type(page);
    }
    return rc;
}

static long element_update(struct call *call,
                           const struct mmu_element *element)
{
    struct memory *memory = &call->caller->domain->memory;
    maddr_t address = MADDR(element->address & ~7ull);
    bool keep_ad = (element->address & 7) == MMU_PT_UPDATE_PRESERVE_AD;
    struct page *page = page_of(maddr_to_mfn(address));
    int rc = -EINVAL;

    if (unlikely(page == NULL)) {
        return -EINVAL;
    }
    spin_lock(&memory->lock); /* with it held, what it owns stays its own */
    if (likely(page->owner == memory->id)) {
        rc = slot_update(memory, page, maddr_to_hva(address), element->value,
                         keep_ad, &call->target->memory);
    }
    spin_unlock(&memory->lock);
    return rc;
}

long do_mmu_update_unmap(const struct permit *permit, struct call *call,
                         struct mmu_element *element)
{
    return element_update(call, element);
}

long do_mmu_update_map_read(const struct permit *permit, struct call *call,
                            struct mmu_element *element)
{
    return element_update(call, element);
}

long do_mmu_update_map_write(const struct permit *permit, struct call *call,
                             struct mmu_element *element)
{
    return element_update(call, element);
}

long do_mmu_update_machphys(const struct permit *permit, struct call *call,
                            struct mmu_element *element)
{
    mfn_t mfn = maddr_to_mfn(MADDR(element->address));
    struct page *page = page_of(mfn);

    if (page == NULL || !page_get(page, &call->target->memory)) {
        return -EINVAL;
    }
    m2p[mfn.n] = element->value;
    page_put(page);
    return 0;
}

/* UVMF_*: what to flush after update_va_mapping. */
static long va_flush(struct vcpu *vcpu, uint64_t va, uint64_t flags)
{
    uint64_t what = flags & UVMF_FLUSHTYPE_MASK;
    uint64_t where = flags & ~(uint64_t)UVMF_FLUSHTYPE_MASK;

    if (likely(what == UVMF_NONE)) {
        return 0;
    }
    if (where == UVMF_LOCAL) {
        if (what == UVMF_INVLPG) {
            tlb_invalidate_local(va);
        } else {
            tlb_flush_local();
        }
        return 0;
    }
    return vcpus_flush(vcpu->domain, where == UVMF_ALL ? 0 : where);
}

static long va_update(struct call *call)
{
    struct vcpu *vcpu = call->caller;
    struct memory *memory = &vcpu->domain->memory;
    uint64_t va = call->args[0];
    uint64_t *slot;
    int rc = -EINVAL;

    spin_lock(&memory->lock);
    slot = root_find_l1(MADDR(vcpu->root_kernel), va);
    if (likely(slot != NULL)) {
        rc = entry_replace(memory, PAGE_L1, slot, call->args[1], false,
                           &call->target->memory);
    }
    spin_unlock(&memory->lock);
    return rc != 0 ? rc : va_flush(vcpu, va, call->args[2]);
}

long do_update_va_mapping_unmap(const struct permit *permit, struct call *call,
                                void *none)
{
    return va_update(call);
}

long do_update_va_mapping_map_read(const struct permit *permit,
                                   struct call *call, void *none)
{
    return va_update(call);
}

long do_update_va_mapping_map_write(const struct permit *permit,
                                    struct call *call, void *none)
{
    return va_update(call);
}

int mmu_write_pte(struct vcpu *vcpu, uint64_t va, uint64_t *old_value,
                  uint64_t new_value, bool compare)
{
    struct memory *memory = &vcpu->domain->memory;
    struct page *l1_page;
    uint64_t *slot, pte, found;
    int rc = -ENOENT;

    spin_lock(&memory->lock);
    slot = root_find_l1(MADDR(vcpu->root_kernel), va);
    pte = slot == NULL ? 0 : READ_ONCE(*slot);
    l1_page = pte & PTE_P ? page_of(pte_mfn(pte)) : NULL;
    if (l1_page == NULL || (pte & PTE_RW) || l1_page->owner != memory->id ||
        page_type(l1_page) != PAGE_L1 || (l1_page->flags & PAGE_RETAINED)) {
        goto out;
    }
    slot = mfn_to_hva(pte_mfn(pte));
    slot += (va & ~PAGE_MASK) / sizeof(*slot);
    found = READ_ONCE(*slot);
    if (compare && found != *old_value) {
        *old_value = found;
        rc = -EAGAIN;
        goto out;
    }
    *old_value = found;
    rc = entry_replace(memory, PAGE_L1, slot, new_value, false, memory) == 0
             ? 0
             : -EINVAL;
out:
    spin_unlock(&memory->lock);
    return rc;
}
