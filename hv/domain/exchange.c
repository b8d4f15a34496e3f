/* SPDX-License-Identifier: MIT */
/*
 * XENMEM_exchange: a guest gives frames and gets as many others, contiguous
 * and below an address, for devices.  The form supported is the one guests
 * use: one extent out for 2^order frames in, or the reverse.  All frames are
 * taken or none, and until they are nothing has changed, so that the whole call
 * can be made again; from then on it is done, though a dying domain gets
 * nothing for them, and a list that cannot be written does not say what it got.
 */
#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/cpu/cpu.h"
#include "hv/domain/domain.h"
#include "hv/mem/guest_copy.h"
#include "hv/mem/heap.h"
#include "hv/mem/memory.h"

#define ORDER_MAX    9u
#define SEARCH_LIMIT (WORK_BUDGET / 4) /* of many extents below an address */

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

static void frames_thaw(const struct exchange *x, uint64_t count)
{
    while (count-- > 0) {
        memory_thaw_page(MFN(x->mfns[count]));
    }
}

/* All frames, or none: -EINVAL, or -ERESTART if it is too much work. */
static int frames_freeze(const struct exchange *x)
{
    struct memory *memory = &x->domain->memory;
    uint32_t dropped = 0;

    for (uint64_t i = 0; i < x->frames; i++) {
        int rc = memory_freeze_unused(memory, MFN(x->mfns[i]), &dropped);

        if (rc != 0) {
            frames_thaw(x, i);
            return rc == -ERESTART ? rc : -EINVAL;
        }
    }
    return 0;
}

/* What it would say of them, before others are prepared in their place. */
static int frames_try(const struct exchange *x)
{
    int rc;

    spin_lock(&x->domain->memory.lock);
    rc = frames_freeze(x);
    if (rc == 0) {
        frames_thaw(x, x->frames);
    }
    spin_unlock(&x->domain->memory.lock);
    return rc;
}

/* Takes all frames from the domain, or none; another vCPU may be in its way. */
static int frames_take(const struct exchange *x)
{
    int rc;

    spin_lock(&x->domain->memory.lock);
    rc = frames_freeze(x);
    for (uint64_t i = 0; rc == 0 && i < x->frames; i++) {
        m2p[x->mfns[i]] = ~0ull;
        page_of(MFN(x->mfns[i]))->owner = OWNER_HV; /* until it is freed */
    }
    spin_unlock(&x->domain->memory.lock);
    return rc;
}

static bool charge(uint64_t frames)
{
    int64_t *budget = &this_cpu()->budget;

    if (*budget <= 0) {
        return false;
    }
    *budget -= (int64_t)(WORK_FRAME * frames);
    return true;
}

static void extents_free(const struct exchange *x, struct page **pages,
                         uint64_t count)
{
    while (count-- > 0) {
        heap_free_pages(pages[count], x->out->extent_order);
    }
}

/* -ENOMEM also if each has to be searched for: no guest asks for that. */
static int extents_alloc(const struct exchange *x, struct page **pages)
{
    const int64_t *budget = &this_cpu()->budget;
    unsigned int bits = XENMEMF_get_address_bits(x->out->mem_flags);
    int64_t least = bits == 0 ? INT64_MIN : *budget - SEARCH_LIMIT;

    for (uint64_t i = 0; i < x->out->nr_extents; i++) {
        pages[i] = *budget < least
                       ? NULL
                       : heap_alloc_pages(x->out->extent_order, bits);
        if (pages[i] == NULL) {
            extents_free(x, pages, i);
            return -ENOMEM;
        }
    }
    return 0;
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

    if (rc == 0) {
        rc = frames_try(x);
    }
    if (rc == 0) {
        rc = charge(x->frames) ? extents_alloc(x, pages) : -ERESTART;
    }
    if (rc != 0) {
        return rc;
    }
    rc = frames_take(x);
    if (rc != 0) {
        extents_free(x, pages, x->out->nr_extents);
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
    return rc == -ERESTART ? hypercall_continue(call) : rc;
}
