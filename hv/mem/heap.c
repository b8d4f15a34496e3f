/* SPDX-License-Identifier: MIT */
/*
 * The buddy allocator.  A free block's first frame is on the list of its order
 * and says so (owner OWNER_FREE, order); the block's other frames have
 * OWNER_FREE and order 0 and are on no list.  Blocks merge with their buddy
 * when freed.
 */
#include "hv/mem/heap.h"

#include "hv/base/errno.h"
#include "hv/base/log.h"
#include "hv/base/spinlock.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/tlb.h"
#include "hv/mem/page.h"
#include "lib/string.h"

#define FREE_HEAD 1 /* in flags: first frame of a free block */
/*
 * How many blocks of one order are looked at for one below a limit.  Each is a
 * unit of work, and all orders together about what an entry may do.
 */
#define SEARCH_LIMIT 256u

static spinlock_t heap_lock; /* guards what follows and free frames */
static uint32_t free_list[HEAP_MAX_ORDER + 1];
static uint64_t free_frames, total_frames;
static bool is_ready;

static void list_add(struct page *page, unsigned int order)
{
    page->owner = OWNER_FREE;
    page->order = (uint8_t)order;
    page->flags = FREE_HEAD;
    page_list_add(&free_list[order], page);
}

static void list_remove(struct page *page)
{
    page_list_remove(&free_list[page->order], page);
    page->flags = 0;
    page->order = 0;
}

static bool is_free_block(const struct page *page, unsigned int order)
{
    return page->owner == OWNER_FREE && page->flags == FREE_HEAD &&
           page->order == order;
}

static void block_free(uint64_t mfn, unsigned int order)
{
    while (order < HEAP_MAX_ORDER) {
        uint64_t buddy = mfn ^ 1ull << order;

        if (buddy + (1ull << order) > max_mfn ||
            !is_free_block(&frame_table[buddy], order)) {
            break;
        }
        list_remove(&frame_table[buddy]);
        mfn &= ~(1ull << order);
        order++;
    }
    list_add(&frame_table[mfn], order);
}

/* The first block of this order that ends at or below limit (a frame). */
static struct page *block_find(unsigned int order, uint64_t limit)
{
    uint32_t mfn = free_list[order];

    for (uint32_t i = 0; mfn != MFN_NIL && i < SEARCH_LIMIT; i++) {
        if (mfn < limit && limit - mfn >= 1ull << order) {
            return &frame_table[mfn];
        }
        this_cpu()->budget--;
        mfn = frame_table[mfn].next;
    }
    return NULL;
}

/* A block whose low part of the wanted order lies below limit. */
static struct page *block_take(unsigned int order, uint64_t limit)
{
    /* What is larger than all that is below the limit is not looked for. */
    for (unsigned int have = order;
         have <= HEAP_MAX_ORDER && limit >> have != 0; have++) {
        struct page *page = block_find(have, limit);

        if (page == NULL) {
            continue;
        }
        list_remove(page);
        while (have > order) {
            have--;
            list_add(page + (1ull << have), have);
        }
        return page;
    }
    return NULL;
}

static void block_claim(struct page *page, unsigned int order)
{
    uint64_t stamp = 0;

    for (uint64_t i = 0; i < 1ull << order; i++) {
        stamp = MAX(stamp, page[i].stamp);
        page[i].owner = OWNER_HV;
        page[i].flags = 0;
        page[i].type = 0;
    }
    tlb_flush_older(stamp); /* who had it last may still see it */
}

struct page *heap_alloc_raw(unsigned int order, unsigned int address_bits)
{
    uint64_t limit = address_bits == 0 || address_bits >= 64
                         ? UINT64_MAX
                         : 1ull << address_bits >> PAGE_SHIFT;
    struct page *page;

    if (order > HEAP_MAX_ORDER) {
        return NULL;
    }
    spin_lock(&heap_lock);
    page = block_take(order, limit);
    if (page != NULL) {
        free_frames -= 1ull << order;
    }
    spin_unlock(&heap_lock);
    if (page != NULL) {
        block_claim(page, order);
    }
    return page;
}

struct page *heap_alloc_pages(unsigned int order, unsigned int address_bits)
{
    struct page *page = heap_alloc_raw(order, address_bits);

    if (page != NULL) {
        memset(mfn_to_hva(page_mfn(page)), 0, PAGE_SIZE << order);
    }
    return page;
}

void heap_free_pages(struct page *page, unsigned int order)
{
    for (uint64_t i = 0; i < 1ull << order; i++) {
        page_stamp(&page[i]);
        page[i].type = 0;
        page[i].flags = 0;
        page[i].order = 0;
        page[i].owner = OWNER_FREE;
    }
    spin_lock(&heap_lock);
    block_free(page_mfn(page).n, order);
    free_frames += 1ull << order;
    spin_unlock(&heap_lock);
}

uint64_t heap_free_count(void)
{
    return READ_ONCE(free_frames);
}

uint64_t heap_total_count(void)
{
    return total_frames;
}

void heap_forget(void)
{
    for (unsigned int i = 0; i <= HEAP_MAX_ORDER; i++) {
        free_list[i] = MFN_NIL;
    }
    free_frames = total_frames = 0;
    is_ready = true;
}

void heap_add(mfn_t start, mfn_t end)
{
    uint64_t mfn = start.n;

    CHECK(start.n != 0); /* which stands for none */
    if (!is_ready) {
        heap_forget();
    }
    for (uint64_t i = start.n; i < end.n; i++) {
        frame_table[i] = (struct page){.owner = OWNER_FREE};
    }
    total_frames += end.n - start.n;
    while (mfn < end.n) {
        unsigned int order = HEAP_MAX_ORDER;

        while ((mfn & ((1ull << order) - 1)) != 0 ||
               mfn + (1ull << order) > end.n) {
            order--;
        }
        block_free(mfn, order);
        free_frames += 1ull << order;
        mfn += 1ull << order;
    }
}

static unsigned int order_for(size_t size)
{
    unsigned int order = 0;

    while ((PAGE_SIZE << order) < size) {
        order++;
    }
    return order;
}

void *heap_alloc(size_t size)
{
    struct page *page = heap_alloc_pages(order_for(size), 0);

    return page == NULL ? NULL : mfn_to_hva(page_mfn(page));
}

void heap_free(void *object, size_t size)
{
    if (object != NULL) {
        heap_free_pages(&frame_table[hva_to_mfn(object).n], order_for(size));
    }
}
