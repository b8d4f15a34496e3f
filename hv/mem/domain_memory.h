/* SPDX-License-Identifier: MIT */
/* Frames that belong to domains: given, taken back, counted. */
#pragma once

#include "hv/domain/domain.h"
#include "hv/mem/page.h"

/*
 * 2^order zeroed frames for the domain, each with one (the allocation's)
 * reference and no type; NULL if there is no memory or it has its maximum.
 */
struct page *domain_alloc_pages(struct domain *domain, unsigned int order,
                                unsigned int address_bits);
/* As above, not zeroed: only for the hardware domain while it is built. */
struct page *domain_alloc_pages_raw(struct domain *domain, unsigned int order,
                                    unsigned int address_bits);
/*
 * Takes a frame from the domain if nothing else refers to it: no mapping, no
 * type, no pin.  0, -EINVAL, -EBUSY.  The owner's mm_lock is held.
 */
int domain_release_page(struct domain *domain, mfn_t mfn) NODISCARD;
/*
 * The first half of the above: the frame is nobody's but keeps its contents.
 * Then heap_free_pages(), or domain_page_thaw() to give it back to its owner.
 */
bool domain_page_freeze(struct domain *domain, mfn_t mfn) NODISCARD;
void domain_page_thaw(mfn_t mfn);
/* Lends a frame of ours to the domain: it may map it, never change its type. */
void domain_share_page(struct domain *domain, struct page *page);
