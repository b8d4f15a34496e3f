/* SPDX-License-Identifier: MIT */
/*
 * What a domain is to the frame table: which frames are its own, how many it
 * may have, which of its tables wait to be dropped, and what of the machine's
 * device memory it may map.
 */
#pragma once

#include "hv/base/spinlock.h"
#include "hv/mem/iomem.h"
#include "hv/mem/page.h"

struct memory {
    uint16_t id;            /* the domain's: page->owner of its frames */
    spinlock_t lock;        /* its tables' types and entries, and: */
    uint32_t retained_head; /* retained tables; MFN_NIL: none */
    uint64_t page_count; /* atomic */
    uint64_t max_pages;  /* 0 from its death on, and no more frames */
    uint64_t first_mfn, end_mfn; /* no frame of its was ever outside */
    uint64_t unpinned, given_up; /* at death: what memory_relinquish() did */
    struct iomem iomem;
};

/* No frames yet, no limit, no device memory. */
void memory_init(struct memory *memory, uint16_t id);

/* Of the frame's owner, or NULL (hv/domain/domain.c, as the next). */
struct memory *memory_of_page(const struct page *page);
/*
 * Of the same file: page_count is not 0 any more, or 0 again.  The struct
 * lives on in between; the second may end it.
 */
void memory_first_frame(struct memory *memory);
void memory_last_frame(struct memory *memory);
/* Whether it is the current vCPU's, whose lock may be held here. */
bool memory_is_current(const struct memory *memory);

/*
 * 2^order zeroed frames, each with one (the allocation's) reference and no
 * type; NULL if there are none or it has its maximum.
 */
struct page *memory_alloc_pages(struct memory *memory, unsigned int order,
                                unsigned int address_bits);
/*
 * Frames of ours (or NULL) that were charged to it become its own: only now,
 * emptied, can it name them.  NULL, and they are freed and not charged any
 * more, if it dies (max_pages 0); it gets none after that.
 */
struct page *memory_give(struct memory *memory, struct page *page,
                         unsigned int order) NODISCARD;
/* As memory_alloc_pages(), not zeroed: only for the hardware domain while it is
 * built. */
struct page *memory_alloc_raw(struct memory *memory, unsigned int order,
                              unsigned int address_bits);
/*
 * Takes a frame back if nothing else refers to it: no mapping, no type, no pin.
 * 0 or -EBUSY.  Its lock is held.
 */
int memory_release_page(struct memory *memory, mfn_t mfn) NODISCARD;
/*
 * The first half of the above: nobody can have a reference any more; owner and
 * contents stay.  Then memory_free_frame(), or memory_thaw_page().  If it is a
 * table that nobody uses it is dropped, and only that.  Its lock is held.
 */
bool memory_freeze_page(struct memory *memory, mfn_t mfn) NODISCARD;
/*
 * The same, and drops other unused tables, which may be all that refers to it.
 * -EBUSY: it is in use, or not the domain's own; -ERESTART: there is no work
 * left.  One table is dropped whatever is left, so that each try comes further;
 * *dropped counts them, over all frames of one call.  Its lock is held.
 */
int memory_freeze_unused(struct memory *memory, mfn_t mfn,
                         uint32_t *dropped) NODISCARD;
/* Gives a frozen one back to its owner. */
void memory_thaw_page(mfn_t mfn);
/* Lends a frame of ours: it may be mapped, its type never changes. */
void memory_share_page(struct memory *memory, struct page *page);
/* Whether nobody maps such a page. */
bool memory_is_unmapped(const struct page *page);
/*
 * The reverse, once we use it no more.  Who maps it still keeps it; until then
 * it counts as one of the domain's frames.
 */
void memory_unshare_page(struct memory *memory, struct page *page);
/*
 * Takes back all frames of a domain that does not run and gets none any more;
 * none of its vCPUs has a table.  0 when done, -ERESTART after a bounded
 * number.  What others map is the domain's until they unmap it.
 */
int memory_relinquish(struct memory *memory) NODISCARD;
/* The first part of it: of a domain that goes on with other tables. */
int memory_drop_tables(struct memory *memory) NODISCARD;
