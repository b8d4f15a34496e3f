/* SPDX-License-Identifier: MIT */
/*
 * A domain's frames.  page_count counts those that were allocated to it and
 * not taken back; the allocation holds one reference on each.
 */
#include "hv/mem/memory.h"

#include "hv/base/atomic.h"
#include "hv/base/errno.h"
#include "hv/mem/heap.h"
#include "hv/mem/table.h"
#include "lib/string.h"

void memory_init(struct memory *memory, uint16_t id)
{
    *memory = (struct memory){
        .id = id,
        .retained_head = MFN_NIL,
        .max_pages = UINT64_MAX,
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
    return true;
}

struct page *memory_alloc_raw(struct memory *memory, unsigned int order,
                                    unsigned int address_bits)
{
    uint64_t count = 1ull << order;
    struct page *page;

    if (order > HEAP_MAX_ORDER || !charge(memory, count)) {
        return NULL;
    }
    page = heap_alloc_raw(order, address_bits);
    if (page == NULL) {
        atomic_sub(&memory->page_count, count);
        return NULL;
    }
    for (uint64_t i = 0; i < count; i++) {
        page[i].owner = memory->id;
    }
    return page;
}

struct page *memory_alloc_pages(struct memory *memory, unsigned int order,
                                unsigned int address_bits)
{
    struct page *page = memory_alloc_raw(memory, order, address_bits);

    if (page != NULL) {
        memset(mfn_to_hva(page_mfn(page)), 0, PAGE_SIZE << order);
    }
    return page;
}

bool memory_freeze_page(struct memory *memory, mfn_t mfn)
{
    struct page *page = page_of(mfn);
    uint32_t one = 1;

    if (page == NULL || page->owner != memory->id) {
        return false;
    }
    if (page->flags & PAGE_RETAINED) {
        table_zap(memory, page);
    }
    return page_type_count(page) == 0 && !(page->flags & PAGE_PINNED) &&
           atomic_cas(&page->refs, &one, 0);
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
    if (memory != NULL) {
        atomic_sub(&memory->page_count, 1);
    }
    heap_free_pages(page, 0);
}

void memory_share_page(struct memory *memory, struct page *page)
{
    page->owner = memory->id;
    page->refs = 1;
    page->type = (uint64_t)PAGE_SHARED << PAGE_TYPE_SHIFT | 1;
}
