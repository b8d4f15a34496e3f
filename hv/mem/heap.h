/* SPDX-License-Identifier: MIT */
/*
 * Free frames: a buddy allocator over all RAM, and small allocations of the
 * hypervisor's own.  heap_lock guards it.  What is given out is zeroed.
 */
#pragma once

#include "hv/base/compiler.h"
#include "hv/base/types.h"

struct page;

#define HEAP_MAX_ORDER 18

/*
 * 2^order frames, naturally aligned, all below 2^address_bits (0: anywhere),
 * owned by the hypervisor (OWNER_HV) without a reference.  NULL if there are
 * none, or none was found where it was looked for: below an address that is
 * bounded, and is work of the current entry.
 */
struct page *heap_alloc_pages(unsigned int order, unsigned int address_bits);
/* As above, but with what was in it: the caller overwrites all of it. */
struct page *heap_alloc_raw(unsigned int order, unsigned int address_bits);
void heap_free_pages(struct page *page, unsigned int order);
uint64_t heap_free_count(void);  /* frames */
uint64_t heap_total_count(void); /* frames that it was ever given */

/*
 * Memory for the hypervisor's own objects, zeroed; NULL if there is none.
 * Whole frames, a power of two of them: such objects are few and large.
 */
void *heap_alloc(size_t size) NODISCARD;
void heap_free(void *object, size_t size);

/* An empty heap: before the first heap_add(), and for unit tests. */
void heap_forget(void);
/* At boot: gives the range of free RAM [start, end) to the heap. */
void heap_add(mfn_t start, mfn_t end);
