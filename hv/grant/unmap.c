/* SPDX-License-Identifier: MIT */
/*
 * Unmapping.  A mapping for the CPU is an entry like others: the mapper may
 * have overwritten it, or dropped its table, and then the references went with
 * it.  So an unmap looks at the entry that was written, not at where an
 * address leads by now, and drops references only if the mapping is still
 * there.  The granter is told after the flush.
 */
#include "hv/abi/handlers.h"
#include "hv/base/atomic.h"
#include "hv/cpu/cpu.h"
#include "hv/domain/mmuext.h"
#include "hv/grant/internal.h"

/* False: the entry is not this mapping any more; then nothing changes. */
static bool host_unmap(struct memory *memory, const struct mapping *mapping)
{
    const struct page *table = page_of(hva_to_mfn(mapping->slot));
    uint64_t rights = mapping->flags & MAPPING_READ_ONLY ? 0 : PTE_RW;
    bool is_there;

    spin_lock(&memory->lock);
    is_there = false;
    if (likely(is_l1_table(memory, table))) {
        uint64_t pte = READ_ONCE(*mapping->slot);

        is_there = (pte & PTE_P) && pte_mfn(pte).n == mapping->mfn &&
                   (pte & PTE_RW) == rights;
    }
    if (likely(is_there)) {
        entry_put(PAGE_L1, atomic_xchg(mapping->slot, 0));
    }
    spin_unlock(&memory->lock);
    return is_there;
}

struct domain *grant_handle_granter(struct domain *mapper, uint32_t handle)
{
    struct grant_table *table = mapper->grants;
    struct domain *granter = NULL;
    const struct mapping *mapping;

    spin_lock(&table->maps_lock);
    mapping = mapping_of(table, handle);
    if (likely(mapping != NULL && atomic_read(&mapping->flags) != 0)) {
        granter = mapping->granter;
        atomic_add(&granter->refs, 1);
    }
    spin_unlock(&table->maps_lock);
    return granter;
}

/* Which parts an unmap means; not GNTST_okay if it names one wrongly. */
static int16_t parts_named(const struct mapping *mapping,
                           const struct gnttab_unmap_grant_ref *op,
                           uint8_t *parts)
{
    *parts = 0;
    if (op->host_addr != 0 && (mapping->flags & MAPPING_HOST)) {
        if (op->host_addr != mapping->host_addr) {
            return GNTST_bad_virt_addr;
        }
        *parts |= MAPPING_HOST;
    }
    if (op->dev_bus_addr != 0 && (mapping->flags & MAPPING_DEVICE)) {
        if (op->dev_bus_addr != mfn_to_maddr(MFN(mapping->mfn)).a) {
            return GNTST_bad_dev_addr;
        }
        *parts |= MAPPING_DEVICE;
    }
    return GNTST_okay;
}

/*
 * Takes what is to be unmapped for the caller alone, until the finish; NULL if
 * there is nothing to do, and *status says why.
 */
static struct mapping *unmap_claim(struct call *call,
                                   const struct gnttab_unmap_grant_ref *op,
                                   int16_t *status)
{
    struct grant_table *table = call->caller->domain->grants;
    struct mapping *mapping;
    uint8_t parts = 0;

    *status = GNTST_bad_handle;
    spin_lock(&table->maps_lock);
    mapping = mapping_of(table, op->handle);
    /* It may have been unmapped, and made anew, since permission was asked. */
    if (likely(mapping != NULL && atomic_read(&mapping->flags) != 0 &&
               mapping->granter == call->target && mapping->dropping == 0)) {
        *status = parts_named(mapping, op, &parts);
        mapping->dropping = parts;
    }
    spin_unlock(&table->maps_lock);
    return parts != 0 ? mapping : NULL;
}

/* The references that a mapping's parts stand for; false as host_unmap(). */
static bool parts_unmap(struct memory *memory, const struct mapping *mapping,
                        uint8_t parts)
{
    bool was_there = true;

    if (parts & MAPPING_HOST) {
        was_there = host_unmap(memory, mapping);
    }
    if (parts & MAPPING_DEVICE) {
        frame_put(page_of(MFN(mapping->mfn)), access_of(mapping->flags));
    }
    return was_there;
}

long do_grant_table_op_unmap(const struct permit *permit, struct call *call,
                             struct grant_unmap *element)
{
    struct gnttab_unmap_grant_ref *op = &element->op;
    struct mapping *mapping = unmap_claim(call, op, &op->status);

    if (unlikely(mapping == NULL)) {
        return 0;
    }
    if (unlikely(!parts_unmap(&call->caller->domain->memory, mapping,
                              mapping->dropping))) {
        op->status = GNTST_general_error;
    }
    mapping->next = element->waiting;
    element->waiting = op->handle;
    return 0;
}

/* Returns what waits behind this one. */
static uint32_t mapping_finish(struct grant_table *table, uint32_t handle)
{
    struct mapping *mapping = mapping_of(table, handle);
    struct domain *granter = mapping->granter;
    uint32_t next = mapping->next;
    uint8_t left = mapping->flags & (uint8_t)~mapping->dropping;

    if (likely(!(left & MAPPING_PARTS))) {
        use_put(granter, mapping->ref, access_of(mapping->flags));
    }
    spin_lock(&table->maps_lock);
    mapping->dropping = 0;
    mapping->flags = left;
    if (likely(!(left & MAPPING_PARTS))) {
        mapping_free(table, handle);
    }
    spin_unlock(&table->maps_lock);
    if (likely(!(left & MAPPING_PARTS))) {
        domain_put(granter);
    }
    return next;
}

void grant_unmap_finish(struct domain *mapper, uint32_t waiting)
{
    if (waiting == GRANT_NONE) {
        return;
    }
    domain_flush(mapper);
    while (waiting != GRANT_NONE) {
        waiting = mapping_finish(mapper->grants, waiting);
    }
}

void mapping_drop(struct domain *mapper, struct mapping *mapping)
{
    if (mapping->flags == 0) {
        return;
    }
    this_cpu()->budget -= WORK_GRANT;
    (void)parts_unmap(&mapper->memory, mapping, mapping->flags);
    use_put(mapping->granter, mapping->ref, access_of(mapping->flags));
    domain_put(mapping->granter);
    mapping->flags = 0;
}
