/* SPDX-License-Identifier: MIT */
/*
 * A domain's frames.  page_count counts those that were allocated to it and
 * not taken back; the allocation holds one reference on each.
 */
#include "hv/mem/memory.h"

#include "hv/base/atomic.h"
#include "hv/base/errno.h"
#include "hv/cpu/cpu.h"
#include "hv/mem/heap.h"
#include "hv/mem/table.h"
#include "lib/string.h"

void memory_init(struct memory *memory, uint16_t id)
{
    *memory = (struct memory){
        .id = id,
        .retained_head = MFN_NIL,
        .max_pages = UINT64_MAX,
        .first_mfn = UINT64_MAX,
        .iomem.read_only = {1, 0},
    };
}

static bool charge(struct memory *memory, uint64_t count)
{
    uint64_t have = atomic_read(&memory->page_count);

    do {
        if (memory->max_pages - have < count || have > memory->max_pages) {
            return false;
        }
    } while (!atomic_cas(&memory->page_count, &have, have + count));
    if (have == 0) {
        memory_first_frame(memory);
    }
    return true;
}

static void uncharge(struct memory *memory, uint64_t count)
{
    if (atomic_sub(&memory->page_count, count) == 0) {
        memory_last_frame(memory);
    }
}

/* memory.lock held. */
static void make_own(struct memory *memory, struct page *page, uint64_t count)
{
    uint64_t first = page_mfn(page).n;

    memory->first_mfn = MIN(memory->first_mfn, first);
    memory->end_mfn = MAX(memory->end_mfn, first + count);
    for (uint64_t i = 0; i < count; i++) {
        page[i].owner = memory->id;
        atomic_set(&page[i].refs, 1);
    }
}

struct page *memory_give(struct memory *memory, struct page *page,
                         unsigned int order)
{
    bool may_have = page != NULL;

    spin_lock(&memory->lock);
    may_have = may_have && memory->max_pages != 0;
    if (may_have) {
        make_own(memory, page, 1ull << order);
    }
    spin_unlock(&memory->lock);
    if (may_have) {
        return page;
    }
    if (page != NULL) {
        heap_free_pages(page, order);
    }
    uncharge(memory, 1ull << order);
    return NULL;
}

struct page *memory_alloc_raw(struct memory *memory, unsigned int order,
                              unsigned int address_bits)
{
    if (order > HEAP_MAX_ORDER || !charge(memory, 1ull << order)) {
        return NULL;
    }
    return memory_give(memory, heap_alloc_raw(order, address_bits), order);
}

struct page *memory_alloc_pages(struct memory *memory, unsigned int order,
                                unsigned int address_bits)
{
    if (order > HEAP_MAX_ORDER || !charge(memory, 1ull << order)) {
        return NULL;
    }
    return memory_give(memory, heap_alloc_pages(order, address_bits), order);
}

/* The last reference on a dying one's frame is a mapping's. */
static bool may_take_back(const struct memory *memory, const struct page *page)
{
    return page != NULL && page->owner == memory->id && memory->max_pages != 0;
}

static bool freeze(struct page *page)
{
    uint32_t one = 1;

    return page_type_count(page) == 0 && !(page->flags & PAGE_PINNED) &&
           atomic_cas(&page->refs, &one, 0);
}

bool memory_freeze_page(struct memory *memory, mfn_t mfn)
{
    struct page *page = page_of(mfn);

    if (!may_take_back(memory, page)) {
        return false;
    }
    if (page->flags & PAGE_RETAINED) {
        table_zap(memory, page);
    }
    return freeze(page);
}

/* No unused table holds it so: it is pinned, or frozen already. */
static bool is_fixed(const struct page *page)
{
    return (page->flags & PAGE_PINNED) || atomic_read(&page->refs) == 0;
}

int memory_freeze_unused(struct memory *memory, mfn_t mfn, uint32_t *dropped)
{
    struct page *page = page_of(mfn);

    if (!may_take_back(memory, page) || is_fixed(page)) {
        return -EBUSY;
    }
    while ((page->flags & PAGE_RETAINED) || !freeze(page)) {
        if (memory->retained_head == MFN_NIL) {
            return -EBUSY;
        }
        if (*dropped > 0 && this_cpu()->budget <= 0) {
            return -ERESTART;
        }
        table_zap(memory, page->flags & PAGE_RETAINED
                              ? page
                              : &frame_table[memory->retained_head]);
        ++*dropped;
    }
    return 0;
}

void memory_thaw_page(mfn_t mfn)
{
    atomic_set(&page_of(mfn)->refs, 1);
}

int memory_release_page(struct memory *memory, mfn_t mfn)
{
    if (!memory_freeze_page(memory, mfn)) {
        return -EBUSY;
    }
    memory_free_frame(page_of(mfn));
    return 0;
}

void memory_free_frame(struct page *page)
{
    struct memory *memory = memory_of_page(page);

    m2p[page_mfn(page).n] = ~0ull;
    heap_free_pages(page, 0);
    if (memory != NULL) {
        uncharge(memory, 1);
    }
}

void memory_share_page(struct memory *memory, struct page *page)
{
    page->owner = memory->id;
    page->type = (uint64_t)PAGE_SHARED << PAGE_TYPE_SHIFT | 1;
    atomic_set(&page->refs, 1);
}

bool memory_is_unmapped(const struct page *page)
{
    return atomic_read(&page->refs) == 1 && page_type_count(page) == 1;
}

void memory_unshare_page(struct memory *memory, struct page *page)
{
    if (atomic_add(&memory->page_count, 1) == 1) {
        memory_first_frame(memory);
    } /* memory_free_frame() takes it off */
    page_put_and_type(page);
}
