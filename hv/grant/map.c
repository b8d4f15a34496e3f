/* SPDX-License-Identifier: MIT */
/*
 * Mapping what others grant.  A mapping for the CPU is one entry of one of the
 * mapper's L1 tables, written in place; it takes over the references that the
 * use of the granter's entry brought.  A mapping for devices leaves them with
 * its handle.
 */
#include "hv/abi/handlers.h"
#include "hv/base/atomic.h"
#include "hv/grant/internal.h"
#include "hv/mem/roots.h"

#define PTE_AVL_SHIFT 9

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
    return pte | ((uint64_t)(flags >> _GNTMAP_guest_avail0) << PTE_AVL_SHIFT &
                  PTE_AVL);
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

/* Both kinds of mapping; what could not be done leaves no reference. */
static int16_t parts_map(struct call *call,
                         const struct gnttab_map_grant_ref *op,
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
    struct mapping *mapping;
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
    mapping = mapping_alloc(table, &handle);
    if (unlikely(mapping == NULL)) {
        op->status = GNTST_no_space;
        return 0;
    }
    op->handle = handle;
    op->status = handle_map(call, op, mapping);
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

long do_grant_table_op_map_write(const struct permit *permit, struct call *call,
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
