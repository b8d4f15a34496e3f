/* SPDX-License-Identifier: MIT */
/*
 * Mapping and unmapping what others grant.  A mapping for the CPU is one entry
 * of one of the mapper's L1 tables, written in place.  Afterwards it is an
 * entry like others: the mapper may overwrite it or drop its table, and then
 * the references went with it; so the unmap looks at that entry, not at where
 * an address leads by now, and drops references only if it is still there.
 */
#include "hv/abi/handlers.h"
#include "hv/base/atomic.h"
#include "hv/base/errno.h"
#include "hv/domain/mmuext.h"
#include "hv/grant/internal.h"
#include "hv/mem/roots.h"
#include "hv/mem/table.h"

#define PTE_AVL_SHIFT 9

static enum grant_access access_of(uint32_t flags)
{
    return flags & GNTMAP_readonly ? GRANT_READ : GRANT_WRITE;
}

static uint64_t pte_make(const struct page *frame, uint32_t flags)
{
    uint64_t pte = mfn_to_maddr(page_mfn(frame)).a | PTE_P | PTE_A | PTE_D |
                   PTE_NX | PTE_US;

    if (!(flags & GNTMAP_readonly)) {
        pte |= PTE_RW;
    }
    if (!(flags & GNTMAP_application_map)) {
        pte |= PTE_KERNEL;
    }
    return pte |
           ((uint64_t)(flags >> _GNTMAP_guest_avail0) << PTE_AVL_SHIFT &
            PTE_AVL);
}

/* Whether the page is an L1 table of memory's; memory.lock held. */
static bool is_l1_table(const struct memory *memory, const struct page *page)
{
    return page != NULL && page->owner == memory->id &&
           page_type(page) == PAGE_L1 && (page->flags & PAGE_VALID);
}

/* The entry that host_addr names: by its own address, or by what it maps. */
static uint64_t *slot_find(const struct vcpu *vcpu, uint64_t host_addr,
                           uint32_t flags)
{
    const struct memory *memory = &vcpu->domain->memory;
    const struct page *page;

    if (!(flags & GNTMAP_contains_pte)) {
        return root_find_l1(MADDR(vcpu->root_kernel), host_addr);
    }
    page = page_of(maddr_to_mfn(MADDR(host_addr)));
    if ((host_addr & (sizeof(uint64_t) - 1)) != 0 || /* XSA-227 */
        !is_l1_table(memory, page)) {
        return NULL;
    }
    return maddr_to_hva(MADDR(host_addr));
}

/* The new entry takes over the caller's references on frame. */
static uint64_t *host_map(const struct vcpu *vcpu, uint64_t host_addr,
                          uint32_t flags, const struct page *frame)
{
    struct memory *memory = &vcpu->domain->memory;
    uint64_t *slot;

    spin_lock(&memory->lock);
    slot = slot_find(vcpu, host_addr, flags);
    if (likely(slot != NULL)) {
        entry_put(PAGE_L1, atomic_xchg(slot, pte_make(frame, flags)));
    }
    spin_unlock(&memory->lock);
    return slot;
}

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

/* Both kinds of mapping; what could not be done leaves no reference. */
static int16_t parts_map(struct call *call, const struct gnttab_map_grant_ref *op,
                         struct page *frame, struct mapping *mapping)
{
    enum grant_access access = access_of(op->flags);

    if ((op->flags & MAPPING_PARTS) == MAPPING_PARTS &&
        !frame_get(frame, &call->target->memory, access)) {
        frame_put(frame, access);
        return GNTST_general_error;
    }
    if (!(op->flags & GNTMAP_host_map)) {
        return GNTST_okay;
    }
    mapping->host_addr = op->host_addr;
    mapping->slot = host_map(call->caller, op->host_addr, op->flags, frame);
    if (likely(mapping->slot != NULL)) {
        return GNTST_okay;
    }
    frame_put(frame, access);
    if (op->flags & GNTMAP_device_map) {
        frame_put(frame, access);
    }
    return GNTST_general_error;
}

/* The handle is the caller's alone until its flags say that it is live. */
static int16_t handle_map(struct call *call, struct gnttab_map_grant_ref *op,
                          struct mapping *mapping)
{
    enum grant_access access = access_of(op->flags);
    struct page *frame;
    int16_t status = use_get(call->target, op->ref, call->caller->domain->id,
                             access, &frame);

    if (unlikely(status != GNTST_okay)) {
        return status;
    }
    status = parts_map(call, op, frame, mapping);
    if (unlikely(status != GNTST_okay)) {
        use_put(call->target, op->ref, access);
        return status;
    }
    op->dev_bus_addr = mfn_to_maddr(page_mfn(frame)).a;
    mapping->granter = call->target;
    mapping->mfn = (uint32_t)page_mfn(frame).n;
    mapping->ref = op->ref;
    atomic_add(&call->target->refs, 1);
    atomic_set(&mapping->flags,
               (uint8_t)(op->flags & (MAPPING_PARTS | MAPPING_READ_ONLY)));
    return GNTST_okay;
}

static long map(struct call *call, struct gnttab_map_grant_ref *op)
{
    struct grant_table *table = call->caller->domain->grants;
    uint32_t handle;

    if (unlikely(!(op->flags & MAPPING_PARTS))) {
        op->status = GNTST_bad_gntref;
        return 0;
    }
    /* An unmap's address 0 says that the mapping stays. */
    if (unlikely((op->flags & GNTMAP_host_map) && op->host_addr == 0)) {
        op->status = GNTST_bad_virt_addr;
        return 0;
    }
    if (unlikely(!mapping_alloc(table, &handle))) {
        op->status = GNTST_no_space;
        return 0;
    }
    op->handle = handle;
    op->status = handle_map(call, op, mapping_of(table, handle));
    if (unlikely(op->status != GNTST_okay)) {
        spin_lock(&table->maps_lock);
        mapping_free(table, handle);
        spin_unlock(&table->maps_lock);
    }
    return 0;
}

long do_grant_table_op_map_read(const struct permit *permit, struct call *call,
                                struct gnttab_map_grant_ref *op)
{
    return map(call, op);
}

long do_grant_table_op_map_write(const struct permit *permit,
                                 struct call *call,
                                 struct gnttab_map_grant_ref *op)
{
    return map(call, op);
}

long do_grant_table_op_map_device(const struct permit *permit,
                                  struct call *call,
                                  struct gnttab_map_grant_ref *op)
{
    return map(call, op);
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

/* Which parts an unmap means; -GNTST_* if it names one wrongly. */
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
    (void)parts_unmap(&mapper->memory, mapping, mapping->flags);
    use_put(mapping->granter, mapping->ref, access_of(mapping->flags));
    domain_put(mapping->granter);
    mapping->flags = 0;
}
