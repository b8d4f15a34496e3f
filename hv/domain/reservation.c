/* SPDX-License-Identifier: MIT */
/*
 * memory_op: frames come and go, in extents of 2^order.  What was done stays
 * done: these return how many extents are through, and a long list continues
 * with the count so far in the bits above the operation.
 */
#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/cpu/cpu.h"
#include "hv/domain/domain.h"
#include "hv/mem/guest_copy.h"
#include "hv/mem/heap.h"
#include "hv/mem/memory.h"
#include "hv/mem/table.h"

#define ORDER_MAX 9u
#define MAX_PFN   (1ull << (52 - PAGE_SHIFT))

static uint64_t extent_start(const struct call *call)
{
    return call->args[0] >> MEMOP_EXTENT_SHIFT;
}

static long continue_at(struct call *call, uint64_t extent)
{
    uint64_t op = call->args[0] & ((1u << MEMOP_EXTENT_SHIFT) - 1);

    call->args[0] = extent << MEMOP_EXTENT_SHIFT | op;
    return hypercall_continue(call);
}

static bool has_work(void)
{
    return this_cpu()->budget > 0;
}

static void charge(unsigned int order)
{
    this_cpu()->budget -= (int64_t)WORK_FRAME << order;
}

/* All frames of an extent, or none.  As below; its lock is held. */
static int extent_freeze(struct memory *memory, uint64_t mfn, uint64_t count)
{
    uint32_t dropped = 0;
    uint64_t done = 0;
    int rc = 0;

    while (done < count && rc == 0) {
        rc = memory_freeze_unused(memory, MFN(mfn + done), &dropped);
        done += rc == 0;
    }
    while (rc != 0 && done > 0) {
        memory_thaw_page(MFN(mfn + --done));
    }
    return rc;
}

/*
 * -EBUSY: in use; -ERESTART: retained tables may be all that refers to it, and
 * nothing is released yet.
 */
static int extent_release(struct memory *memory, uint64_t mfn, uint64_t count)
{
    int rc;

    spin_lock(&memory->lock);
    rc = extent_freeze(memory, mfn, count);
    for (uint64_t i = 0; rc == 0 && i < count; i++) {
        memory_free_frame(page_of(MFN(mfn + i)));
    }
    spin_unlock(&memory->lock);
    return rc;
}

static bool extent_read(const struct xen_memory_reservation *arg,
                        uint64_t extent, uint64_t *value)
{
    return guest_read_u64(value, GVA((uint64_t)arg->extent_start.p +
                                     extent * sizeof(*value)));
}

static bool extent_write(const struct xen_memory_reservation *arg,
                         uint64_t extent, uint64_t value)
{
    return guest_write_u64(GVA((uint64_t)arg->extent_start.p +
                               extent * sizeof(value)),
                           value);
}

long do_memory_op_decrease_reservation(const struct permit *permit,
                                       struct call *call,
                                       struct xen_memory_reservation *arg)
{
    uint64_t first = extent_start(call);

    if (arg->extent_order > ORDER_MAX || first > arg->nr_extents) {
        return (long)first;
    }
    for (uint64_t i = first; i < arg->nr_extents; i++) {
        uint64_t mfn;
        int rc;

        if (!has_work()) {
            return continue_at(call, i);
        }
        if (!extent_read(arg, i, &mfn)) {
            return (long)i;
        }
        rc = extent_release(&call->target->memory, mfn,
                            1ull << arg->extent_order);
        if (rc != 0) {
            return rc == -ERESTART ? continue_at(call, i) : (long)i;
        }
        charge(arg->extent_order); /* what it took to get there is paid for */
    }
    return arg->nr_extents;
}

static struct page *extent_alloc(struct domain *domain, unsigned int order,
                                 unsigned int mem_flags)
{
    return memory_alloc_pages(&domain->memory, order, XENMEMF_get_address_bits(mem_flags));
}

/*
 * Another vCPU may have found out which frames these are, and have used or
 * released them, and they may be anybody's by now: only what the domain has and
 * does not use goes back, and only its frames get its PFNs.  Unused tables are
 * left to it: dropping them could be more work than an entry may do.
 */
static void extent_give_back(struct domain *domain, struct page *page,
                             unsigned int order)
{
    spin_lock(&domain->memory.lock);
    for (uint64_t i = 0; i < 1ull << order; i++) {
        if (page[i].owner == domain->memory.id &&
            !(page[i].flags & PAGE_RETAINED)) {
            (void)!memory_release_page(&domain->memory, page_mfn(page + i));
        }
    }
    spin_unlock(&domain->memory.lock);
}

static void extent_map(struct domain *domain, struct page *page,
                       unsigned int order, uint64_t pfn)
{
    spin_lock(&domain->memory.lock);
    for (uint64_t i = 0; i < 1ull << order; i++) {
        if (page[i].owner == domain->memory.id) {
            m2p[page_mfn(page + i).n] = pfn == ~0ull ? pfn : pfn + i;
        }
    }
    spin_unlock(&domain->memory.lock);
}

static long allocate(struct call *call, struct xen_memory_reservation *arg,
                     bool has_pfn)
{
    uint64_t first = extent_start(call);

    if (arg->extent_order > ORDER_MAX || first > arg->nr_extents) {
        return (long)first;
    }
    for (uint64_t i = first; i < arg->nr_extents; i++) {
        uint64_t pfn = ~0ull;
        struct page *page;

        if (!has_work()) {
            return continue_at(call, i);
        }
        charge(arg->extent_order);
        if (has_pfn && !extent_read(arg, i, &pfn)) {
            return (long)i;
        }
        page = extent_alloc(call->target, arg->extent_order, arg->mem_flags);
        if (page == NULL) {
            return (long)i;
        }
        extent_map(call->target, page, arg->extent_order, pfn);
        if (!extent_write(arg, i, page_mfn(page).n)) {
            extent_give_back(call->target, page, arg->extent_order);
            return (long)i;
        }
    }
    return arg->nr_extents;
}

long do_memory_op_increase_reservation(const struct permit *permit,
                                       struct call *call,
                                       struct xen_memory_reservation *arg)
{
    return allocate(call, arg, false);
}

long do_memory_op_populate_physmap(const struct permit *permit,
                                   struct call *call,
                                   struct xen_memory_reservation *arg)
{
    return allocate(call, arg, true);
}

long do_memory_op_maximum_ram_page(const struct permit *permit,
                                   struct call *call, void *none)
{
    return (long)max_mfn;
}

long do_memory_op_current_reservation(const struct permit *permit,
                                      struct call *call,
                                      struct xen_domid *arg)
{
    return (long)atomic_read(&call->target->memory.page_count);
}

long do_memory_op_maximum_reservation(const struct permit *permit,
                                      struct call *call,
                                      struct xen_domid *arg)
{
    return (long)MIN(call->target->memory.max_pages, 0xffffffffull);
}

long do_memory_op_maximum_gpfn(const struct permit *permit, struct call *call,
                               struct xen_domid *arg)
{
    uint64_t max_pfn = READ_ONCE(call->target->shared->arch.max_pfn);

    /* The guest's word: it must not read as an error of the asker's. */
    return max_pfn - 1 >= MAX_PFN ? -EINVAL : (long)max_pfn - 1;
}

/*
 * A claim is checked and not kept: it tells the toolstack at once that a domain
 * does not fit, instead of half way through.
 */
long do_memory_op_claim_pages(const struct permit *permit, struct call *call,
                              struct xen_memory_reservation *arg)
{
    const struct memory *memory = &call->target->memory;
    uint64_t have = atomic_read(&memory->page_count);

    if (arg->extent_order != 0 || arg->extent_start.p != NULL) {
        return -EINVAL;
    }
    if (arg->nr_extents == 0) {
        return 0;
    }
    if (arg->nr_extents <= have || arg->nr_extents > memory->max_pages) {
        return -EINVAL;
    }
    return arg->nr_extents - have > heap_free_count() ? -ENOMEM : 0;
}

long do_memory_op_machphys_mapping(const struct permit *permit,
                                   struct call *call,
                                   struct xen_machphys_mapping *arg)
{
    arg->v_start = M2P_VIRT;
    arg->v_end = M2P_VIRT + (1ull << 38);
    arg->max_mfn = max_mfn - 1;
    return 0;
}
