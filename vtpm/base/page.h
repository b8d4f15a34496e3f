/* SPDX-License-Identifier: MIT */
/*
 * The domain's free pages. All memory of the domain is mapped writable at one
 * place, but what is code, read-only or a page table; a page is known by its
 * address there.
 */
#ifndef VOUCH_VTPM_BASE_PAGE_H
#define VOUCH_VTPM_BASE_PAGE_H

#include "vtpm/base/kernel.h"

void page_init(void);

/* One page, zeroed; NULL when there is none. */
NODISCARD void *page_alloc(void);
/* NULL is allowed. Nothing else may map the page any more. */
void page_free(void *page);

/* Pages that page_alloc() can still give. */
uint64_t page_free_count(void);

/* The machine frame of an address in a page of ours. */
uint64_t page_mfn(const void *address);
/* The page that is this machine frame of ours; NULL if it is not ours. */
void *page_of_mfn(uint64_t mfn);

#endif
