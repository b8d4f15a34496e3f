/* SPDX-License-Identifier: MIT */
/*
 * XENMEM_exchange: a guest gives frames and gets as many others, contiguous
 * and below an address, for devices.  The form supported is the one guests
 * use: one extent out for 2^order frames in.  It happens whole or not at all.
 */
#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/domain/domain.h"
#include "hv/mem/guest_copy.h"
#include "hv/mem/heap.h"
#include "hv/mem/memory.h"
#include "hv/mem/table.h"

#define ORDER_MAX 9u

struct exchange {
    struct domain *domain;
    struct xen_memory_reservation *in, *out;
    uint64_t frames;
    uint64_t mfns[1u << ORDER_MAX];
};

static bool arguments_are_valid(const struct xen_memory_exchange *arg)
{
    const struct xen_memory_reservation *in = &arg->in, *out = &arg->out;

    return in->domid == out->domid && in->extent_order <= ORDER_MAX &&
           out->extent_order <= ORDER_MAX && arg->nr_exchanged == 0 &&
           ((in->nr_extents == 1 && out->extent_order == 0 &&
             out->nr_extents == 1ull << in->extent_order) ||
            (out->nr_extents == 1 && in->extent_order == 0 &&
             in->nr_extents == 1ull << out->extent_order));
}

static int mfns_read(struct exchange *x)
{
    for (uint64_t i = 0; i < x->in->nr_extents; i++) {
        uint64_t mfn;

        if (!guest_read_u64(&mfn,
                            GVA((uint64_t)x->in->extent_start.p + i * 8))) {
            return -EFAULT;
        }
        for (uint64_t j = 0; j < 1ull << x->in->extent_order; j++) {
            x->mfns[(i << x->in->extent_order) + j] = mfn + j;
        }
    }
    return 0;
}

/*
 * Takes all frames from the domain, or none: nothing else can fail after it.
 */
static int frames_take(struct exchange *x)
{
    uint64_t i;

    spin_lock(&x->domain->memory.lock);
    retained_drain(&x->domain->memory, DRAIN_LIMIT);
    for (i = 0; i < x->frames; i++) {
        if (!memory_freeze_page(&x->domain->memory, MFN(x->mfns[i]))) {
            break;
        }
    }
    if (i < x->frames) {
        while (i-- > 0) {
            memory_thaw_page(MFN(x->mfns[i]));
        }
        spin_unlock(&x->domain->memory.lock);
        return -EINVAL;
    }
    for (i = 0; i < x->frames; i++) {
        m2p[x->mfns[i]] = ~0ull;
        page_of(MFN(x->mfns[i]))->owner = OWNER_HV; /* until it is freed */
    }
    spin_unlock(&x->domain->memory.lock);
    return 0;
}

static struct page *extents_alloc(struct exchange *x, struct page **pages)
{
    uint64_t extents = x->out->nr_extents;
    unsigned int bits = XENMEMF_get_address_bits(x->out->mem_flags);

    for (uint64_t i = 0; i < extents; i++) {
        pages[i] = heap_alloc_pages(x->out->extent_order, bits);
        if (pages[i] == NULL) {
            while (i-- > 0) {
                heap_free_pages(pages[i], x->out->extent_order);
            }
            return NULL;
        }
    }
    return pages[0];
}

static void extent_number(const struct exchange *x, uint64_t mfn, uint64_t pfn)
{
    for (uint64_t i = 0; i < 1ull << x->out->extent_order; i++) {
        m2p[mfn + i] = pfn == ~0ull ? pfn : pfn + i;
    }
}

/* It has been charged for what it gave.  False also if it began to die. */
static bool extent_give(struct exchange *x, uint64_t index, struct page *page)
{
    uint64_t va = (uint64_t)x->out->extent_start.p + index * 8;
    uint64_t pfn, mfn = page_mfn(page).n;

    if (!guest_read_u64(&pfn, GVA(va))) {
        pfn = ~0ull;
    }
    extent_number(x, mfn, pfn); /* ours still */
    if (memory_give(&x->domain->memory, page, x->out->extent_order) == NULL) {
        return false;
    }
    return guest_write_u64(GVA(va), mfn);
}

static long exchange_run(struct exchange *x)
{
    struct page *pages[1u << ORDER_MAX];
    int rc = mfns_read(x);
    bool written = true;

    if (rc != 0) {
        return rc;
    }
    if (extents_alloc(x, pages) == NULL) {
        return -ENOMEM;
    }
    rc = frames_take(x);
    if (rc != 0) {
        for (uint64_t i = 0; i < x->out->nr_extents; i++) {
            heap_free_pages(pages[i], x->out->extent_order);
        }
        return rc;
    }
    for (uint64_t i = 0; i < x->frames; i++) {
        heap_free_pages(page_of(MFN(x->mfns[i])), 0);
    }
    for (uint64_t i = 0; i < x->out->nr_extents; i++) {
        written &= extent_give(x, i, pages[i]);
    }
    return written ? 0 : -EFAULT;
}

long do_memory_op_exchange(const struct permit *permit, struct call *call,
                           struct xen_memory_exchange *arg)
{
    struct exchange x = {.domain = call->target,
                         .in = &arg->in,
                         .out = &arg->out};
    long rc;

    if (!arguments_are_valid(arg)) {
        return -EINVAL;
    }
    x.frames = arg->in.nr_extents << arg->in.extent_order;
    rc = exchange_run(&x);
    if (rc == 0) {
        arg->nr_exchanged = arg->in.nr_extents;
    }
    return rc;
}
