/* SPDX-License-Identifier: MIT */
/*
 * One entry of one table: new references first, then the entry, then the old
 * references.  The owner's memory.lock orders all writers; hardware may still
 * set A and D at any time, so what is put, and what a guest is told, is the
 * value that was exchanged out.
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

enum how { EXCHANGE, KEEP_AD, COMPARE };

/* Of one entry. */
struct change {
    uint64_t *slot;
    uint64_t old; /* what was there; for COMPARE at first what must be */
    uint64_t new;
    enum page_type type; /* of the slot's table */
    enum how how;
    struct memory *l1_owner; /* of what an L1 entry maps */
};

/* False if another value is there than the one to compare with. */
static noinline bool exchange_on_condition(struct change *change)
{
    uint64_t kept;

    if (change->how == COMPARE) {
        return atomic_cas(change->slot, &change->old, change->new);
    }
    change->old = READ_ONCE(*change->slot);
    do {
        kept = change->old & (PTE_A | PTE_D);
    } while (!atomic_cas(change->slot, &change->old, change->new | kept));
    return true;
}

static always_inline bool entry_exchange(struct change *change)
{
    if (unlikely(change->how != EXCHANGE)) {
        return exchange_on_condition(change);
    }
    change->old = atomic_xchg(change->slot, change->new);
    return true;
}

/* The entry keeps its frame, its rights and its caching: no reference moves. */
static bool is_harmless(const struct change *change)
{
    uint64_t old =
        change->how == COMPARE ? change->old : READ_ONCE(*change->slot);

    return (old & change->new & PTE_P) &&
           ((old ^ change->new) & ~PTE_HARMLESS) == 0;
}

static int harmless_adjust(enum page_type type, uint64_t *new)
{
    if (type != PAGE_L1) {
        if (*new & PTE_G) {
            return -EINVAL;
        }
        *new |= PTE_US;
    } else {
        *new = (*new & PTE_US ? *new : *new | PTE_US | PTE_KERNEL) & ~PTE_G;
    }
    return 0;
}

/* 0, or why the new entry is refused; -EAGAIN: to compare, and not the same. */
static int entry_replace(struct memory *memory, struct change *change)
{
    int rc;

    if (is_harmless(change)) {
        rc = harmless_adjust(change->type, &change->new);
        if (unlikely(rc != 0)) {
            return rc;
        }
        return likely(entry_exchange(change)) ? 0 : -EAGAIN;
    }
    rc = entry_get(memory, change->type, &change->new, change->l1_owner);
    if (unlikely(rc != 0)) {
        return rc;
    }
    if (unlikely(!entry_exchange(change))) {
        entry_put(change->type, change->new);
        return -EAGAIN;
    }
    entry_put(change->type, change->old);
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
                       struct change *change)
{
    unsigned int index =
        ((uint64_t)change->slot & ~PAGE_MASK) / sizeof(*change->slot);
    enum page_type type;
    int rc;

    if (unlikely(page->flags & PAGE_RETAINED)) {
        table_zap(memory, page); /* or its own new entry might, half way */
    }
    type = change->type = page_type(page);
    if (likely(type == PAGE_L1)) {
        return entry_replace(memory, change);
    }
    if (type < PAGE_L2 || type > PAGE_L4) {
        return type == PAGE_SEGDESC
                   ? -EINVAL
                   : plain_store(page, change->slot, change->new);
    }
    if (change->l1_owner != memory ||
        (type == PAGE_L4 && index >= HV_SLOT_FIRST && index < HV_SLOT_END)) {
        return -EINVAL;
    }
    /* One use more: the new entry may zap all others, and then this table. */
    rc = page_get_type(page, type);
    if (rc == 0) {
        rc = entry_replace(memory, change);
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
    struct change change;
    int rc = -EINVAL;

    if (unlikely(page == NULL)) {
        return -EINVAL;
    }
    change.slot = maddr_to_hva(address);
    change.new = element->value;
    change.how = keep_ad ? KEEP_AD : EXCHANGE;
    change.l1_owner = &call->target->memory;
    spin_lock(&memory->lock); /* with it held, what it owns stays its own */
    if (likely(page->owner == memory->id)) {
        rc = slot_update(memory, page, &change);
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
    struct change change;
    int rc = -EINVAL;

    change.new = call->args[1];
    change.type = PAGE_L1;
    change.how = EXCHANGE;
    change.l1_owner = &call->target->memory;
    spin_lock(&memory->lock);
    change.slot = root_find_l1(MADDR(vcpu->root_kernel), va);
    if (likely(change.slot != NULL)) {
        rc = entry_replace(memory, &change);
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

/* The entry at va, if that is mapped read-only and in an L1 table. */
static uint64_t *find_in_l1(const struct vcpu *vcpu, uint64_t va)
{
    const uint64_t *slot = root_find_l1(MADDR(vcpu->root_kernel), va);
    uint64_t pte = slot == NULL ? 0 : READ_ONCE(*slot);
    const struct page *page = pte & PTE_P ? page_of(pte_mfn(pte)) : NULL;
    uint64_t *table;

    if (page == NULL || (pte & PTE_RW) ||
        page->owner != vcpu->domain->memory.id || page_type(page) != PAGE_L1 ||
        (page->flags & PAGE_RETAINED)) {
        return NULL;
    }
    table = mfn_to_hva(pte_mfn(pte));
    return table + (va & ~PAGE_MASK) / sizeof(*table);
}

static int found_write(struct memory *memory, struct change *change)
{
    uint64_t found = READ_ONCE(*change->slot);
    int rc;

    if (change->how == COMPARE && found != change->old) {
        change->old = found;
        return -EAGAIN;
    }
    rc = entry_replace(memory, change);
    return rc == 0 || rc == -EAGAIN ? rc : -EINVAL;
}

int mmu_write_pte(struct vcpu *vcpu, uint64_t va, uint64_t *old_value,
                  uint64_t new_value, bool compare)
{
    struct memory *memory = &vcpu->domain->memory;
    struct change change = {.old = *old_value,
                            .new = new_value,
                            .type = PAGE_L1,
                            .how = compare ? COMPARE : EXCHANGE,
                            .l1_owner = memory};
    int rc = -ENOENT;

    spin_lock(&memory->lock);
    change.slot = find_in_l1(vcpu, va);
    if (change.slot != NULL) {
        rc = found_write(memory, &change);
    }
    spin_unlock(&memory->lock);
    *old_value = change.old;
    return rc;
}
