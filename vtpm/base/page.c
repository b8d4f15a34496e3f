/* SPDX-License-Identifier: MIT */
/*
 * Free pages: those given back, in a list that runs through them, and those
 * never used yet, taken in ascending order. The builder has mapped the first
 * part of memory, and the kernel what is behind it up to the ramdisk's end; the
 * rest is mapped 2 MiB at a time, when it is needed.
 */
#include "vtpm/base/page.h"

#include "lib/string.h"
#include "vtpm/base/hypercall.h"
#include "vtpm/base/image.h"
#include "vtpm/base/module.h"
#include "vtpm/base/paging.h"
#include "vtpm/base/reserved.h"
#include "vtpm/base/window.h"

#define INVALID_MFN (~0ul)
#define TABLE_PAGES 512ul
/* All of this can be mapped, with the tables of the first GiB. */
#define PAGES_MAX ((WINDOW_START - VIRT_BASE) / PAGE_SIZE)

struct free_page {
    struct free_page *next;
};

static struct free_page *free_list;
static uint64_t free_list_count;
static struct reserved reserved;
static uint64_t next_pfn, mapped_pfns, all_pfns; /* [next, all) never used */
static uint64_t unused_count;
static void *spare; /* the page table for the next 2 MiB */

static const uint64_t *frame_list(void)
{
    return (const uint64_t *)start_info->mfn_list;
}

static void *page_at(uint64_t pfn)
{
    return (void *)(VIRT_BASE + pfn * PAGE_SIZE);
}

static uint64_t pfn_of(const void *address)
{
    return ((uint64_t)address - VIRT_BASE) / PAGE_SIZE;
}

uint64_t page_mfn(const void *address)
{
    return frame_list()[pfn_of(address)];
}

static uint64_t pfn_of_mfn(uint64_t mfn)
{
    return ((const volatile uint64_t *)MACH2PHYS_VIRT_START)[mfn];
}

void *page_of_mfn(uint64_t mfn)
{
    uint64_t pfn = pfn_of_mfn(mfn);

    if (pfn >= mapped_pfns || frame_list()[pfn] != mfn) {
        return NULL;
    }
    return page_at(pfn);
}

static void reserve_pages(uint64_t start, uint64_t end)
{
    if (!reserved_add(&reserved, start, end)) {
        kernel_panic("too many ranges of memory are in use");
    }
}

static void reserve(const void *address, uint64_t size)
{
    uint64_t end = (uint64_t)address + size;

    if (size != 0) {
        reserve_pages(pfn_of(address), pfn_of((void *)(end + PAGE_SIZE - 1)));
    }
}

/* A ring of the toolstack's, which may be anywhere. */
static void reserve_frame(uint64_t mfn)
{
    uint64_t pfn = pfn_of_mfn(mfn);

    if (pfn < start_info->nr_pages && frame_list()[pfn] == mfn) {
        reserve_pages(pfn, pfn + 1);
    }
}

static void reserve_all(void)
{
    reserve(image_start, (uint64_t)(image_end - image_start));
    reserve(start_info, sizeof(*start_info));
    reserve((const void *)start_info->pt_base,
            start_info->nr_pt_frames * PAGE_SIZE);
    if (start_info->nr_p2m_frames != 0) { /* in frames of its own */
        reserve_pages(start_info->first_p2m_pfn,
                      start_info->first_p2m_pfn + start_info->nr_p2m_frames);
    } else {
        reserve(frame_list(), start_info->nr_pages * sizeof(uint64_t));
    }
    reserve(module_ramdisk().data, module_ramdisk().size);
    if ((start_info->flags & SIF_INITDOMAIN) == 0) {
        reserve_frame(start_info->console.domU.mfn);
        reserve_frame(start_info->store_mfn);
    }
}

static bool is_usable(uint64_t pfn)
{
    return !reserved_has(&reserved, pfn) && frame_list()[pfn] != INVALID_MFN;
}

/* Page tables cannot be mapped writable: those for the list of frames are in
 * use, and need not be mapped at all. */
static uint64_t entry_for(uint64_t pfn)
{
    uint64_t start = start_info->first_p2m_pfn;
    uint64_t mfn = frame_list()[pfn];

    if (mfn == INVALID_MFN ||
        (pfn >= start && pfn < start + start_info->nr_p2m_frames)) {
        return 0;
    }
    return mfn * PAGE_SIZE | PTE_WRITE;
}

/* Up to the next 2 MiB: the builder's last table is not always full. */
static void fill_table(void)
{
    uint64_t at = mapped_pfns;

    for (; at % TABLE_PAGES != 0 && at < all_pfns; at++) {
        paging_set(VIRT_BASE + at * PAGE_SIZE, 1, entry_for(at));
    }
    paging_commit();
    mapped_pfns = at;
}

/* The next 2 MiB, by the spare table. */
static void add_table(void)
{
    uint64_t *table = spare;

    memset(table, 0, PAGE_SIZE);
    for (uint64_t i = 0; i < TABLE_PAGES && mapped_pfns + i < all_pfns; i++) {
        table[i] = entry_for(mapped_pfns + i);
    }
    paging_hook(VIRT_BASE + mapped_pfns * PAGE_SIZE, 2, table);
    mapped_pfns += TABLE_PAGES;
    spare = NULL;
}

static void *take_unused(void);

/* False: there was no page for a table. */
static bool map_more(void)
{
    if (mapped_pfns % TABLE_PAGES != 0) {
        fill_table();
        return true;
    }
    if (spare == NULL) {
        return false;
    }
    add_table();
    if (mapped_pfns < all_pfns) {
        spare = take_unused();
    }
    return true;
}

static void *take_unused(void)
{
    while (next_pfn < all_pfns) {
        uint64_t pfn = next_pfn;

        if (pfn >= mapped_pfns) {
            if (!map_more()) {
                return NULL;
            }
            continue;
        }
        next_pfn++;
        if (is_usable(pfn)) {
            unused_count--;
            return page_at(pfn);
        }
    }
    return NULL;
}

void *page_alloc(void)
{
    struct free_page *page = free_list;

    if (page != NULL) {
        free_list = page->next;
        free_list_count--;
    } else {
        page = take_unused();
    }
    return page == NULL ? NULL : memset(page, 0, PAGE_SIZE);
}

void page_free(void *page)
{
    struct free_page *freed = page;

    if (freed != NULL) {
        freed->next = free_list;
        free_list = freed;
        free_list_count++;
    }
}

uint64_t page_free_count(void)
{
    return free_list_count + unused_count;
}

/* How much the builder has mapped, without a gap. */
static uint64_t count_mapped(void)
{
    uint64_t pfn = 0;

    while (pfn < all_pfns) {
        const volatile uint64_t *entry =
            paging_entry(VIRT_BASE + pfn * PAGE_SIZE, 1);

        if (entry == NULL || (*entry & PTE_P) == 0) {
            break;
        }
        pfn++;
    }
    return pfn;
}

/* The ramdisk may be behind what the builder has mapped. */
static void map_ramdisk(void)
{
    struct bytes ramdisk = module_ramdisk();
    uint64_t end = pfn_of(ramdisk.data + ramdisk.size + PAGE_SIZE - 1);

    while (ramdisk.size != 0 && mapped_pfns < end) {
        if (end > all_pfns || !map_more()) {
            kernel_panic("the ramdisk is larger than can be mapped");
        }
    }
}

void page_init(void)
{
    all_pfns =
        start_info->nr_pages < PAGES_MAX ? start_info->nr_pages : PAGES_MAX;
    mapped_pfns = all_pfns; /* until we know better: tables are mapped */
    mapped_pfns = count_mapped();
    reserve_all();
    unused_count = all_pfns - reserved_count(&reserved, all_pfns);
    paging_protect_kernel(VIRT_BASE + mapped_pfns * PAGE_SIZE);
    if (mapped_pfns < all_pfns) {
        spare = take_unused();
    }
    map_ramdisk();
}
