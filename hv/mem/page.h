/* SPDX-License-Identifier: MIT */
/*
 * The frame table: for every machine frame its owner, its reference count and
 * its type.  This is what keeps page tables honest.  Invariants:
 *   - a frame has one type while its type count is above zero;
 *   - a table type (L1..L4, segment descriptors) means: all 512 entries were
 *     validated, each present entry holds its references, nobody can write it
 *     but us;
 *   - a table whose count fell to zero stays typed and valid (PAGE_RETAINED,
 *     queued on its domain) until it is wanted otherwise or drained: dropping
 *     a tree is never unbounded work;
 *   - a domain's frame is freed when its last general reference goes; one that
 *     is no domain's has none, so that one taken too late is taken of nobody or
 *     counts for its new owner, and is given back as any other.
 * Table types change under the owner's memory.lock; counts are atomic.
 */
#pragma once

#include "hv/base/compiler.h"
#include "hv/base/layout.h"
#include "hv/base/types.h"

enum page_type {
    PAGE_NONE,
    PAGE_WRITABLE,
    PAGE_L1,
    PAGE_L2,
    PAGE_L3,
    PAGE_L4,
    PAGE_SEGDESC,
    PAGE_SHARED, /* ours, lent to a guest: writable, never anything else */
};

enum page_owner_id {
    OWNER_FREE = 0xffff,
    OWNER_HV   = 0xfffe, /* the hypervisor's own */
    OWNER_IO   = 0xfffd, /* not RAM that is handed out: holes, firmware, ACPI */
};

enum {
    PAGE_RETAINED = 1, /* a table with count zero, on its domain's queue */
    PAGE_PINNED   = 2, /* PIN holds one type and one general reference */
    PAGE_VALID    = 4, /* all entries of this table were validated */
    PAGE_UNCACHED = 8, /* was once mapped other than write-back */
    PAGE_FROZEN   = 16, /* by a launch: it has no reference and gets none */
};

struct page {
    uint32_t refs;  /* general references; 0: not a domain's, or frozen */
    uint16_t owner; /* domid, OWNER_FREE or OWNER_HV */
    uint8_t order;  /* of a free block's first frame, else 0 */
    uint8_t flags;  /* PAGE_*; owner's memory.lock */
    uint64_t type;  /* enum page_type << 56 | type count (32 bits) */
    uint64_t stamp; /* tlb_clock when the type count last fell to zero */
    uint32_t next, prev; /* free list, domain list or retained queue (mfn) */
};
_Static_assert(sizeof(struct page) == 32, "frame table entry");

#define PAGE_TYPE_SHIFT 56
#define MFN_NIL         0xffffffffu /* end of a list of frames */

/* Called by page_put: gives a domain's frame back to the heap (memory.c). */
void memory_free_frame(struct page *page);

struct memory;
extern struct page *frame_table; /* set once at boot, indexed by mfn */
extern uint64_t max_mfn;         /* one past the last RAM frame; set at boot */
extern uint64_t *m2p;            /* machine to pseudo-physical; ~0 is invalid */

static inline enum page_type page_type(const struct page *page)
{
    return (enum page_type)(__atomic_load_n(&page->type, __ATOMIC_RELAXED) >>
                            PAGE_TYPE_SHIFT);
}

static inline uint32_t page_type_count(const struct page *page)
{
    return (uint32_t)__atomic_load_n(&page->type, __ATOMIC_RELAXED);
}

static inline mfn_t page_mfn(const struct page *page)
{
    return MFN((uint64_t)(page - frame_table));
}

/* The entry of mfn, or NULL if it is not RAM.  For any value a guest chose. */
static inline struct page *page_of(mfn_t mfn)
{
    if (unlikely(mfn.n >= max_mfn)) {
        return NULL;
    }
    return &frame_table[index_nospec(mfn.n, max_mfn)];
}

/* Doubly linked lists of frames; *head is the first's number, or MFN_NIL. */
static inline void page_list_add(uint32_t *head, struct page *page)
{
    uint32_t mfn = (uint32_t)page_mfn(page).n;

    page->prev = MFN_NIL;
    page->next = *head;
    if (page->next != MFN_NIL) {
        frame_table[page->next].prev = mfn;
    }
    *head = mfn;
}

static inline void page_list_remove(uint32_t *head, const struct page *page)
{
    if (page->next != MFN_NIL) {
        frame_table[page->next].prev = page->prev;
    }
    if (page->prev != MFN_NIL) {
        frame_table[page->prev].next = page->next;
    } else {
        *head = page->next;
    }
}

/* A general reference on a frame, if owner has it; false otherwise. */
bool page_get(struct page *page, const struct memory *owner) NODISCARD;
/* Drops it; the last one frees the frame. */
void page_put(struct page *page);

/*
 * A type reference.  The caller holds a general reference.  Returns 0, or
 * -EINVAL (the frame is in use as another type or its entries are not valid),
 * or -ERESTART (validation used up its budget: call again).  A table type needs
 * the owner's memory.lock.  WRITABLE needs the current domain's, as a retained
 * table of that domain's is dropped for it; another domain's is refused.
 */
int page_get_type(struct page *page, enum page_type type) NODISCARD;
void page_put_type(struct page *page);
/* WRITABLE for whoever holds no lock: a retained table is refused, too. */
int page_get_writable(struct page *page) NODISCARD;

/* Says that a translation of this frame may be cached until now. */
void page_stamp(struct page *page);

/* page_get and page_get_type together, and the reverse. */
int page_get_and_type(struct page *page, const struct memory *owner,
                      enum page_type type) NODISCARD;
void page_put_and_type(struct page *page);
