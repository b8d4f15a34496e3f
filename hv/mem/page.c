/* SPDX-License-Identifier: MIT */
/*
 * Reference and type counts of frames.  See page.h for the invariants.  A
 * frame's type changes only here, and only when its count is zero.
 */
#include "hv/mem/page.h"

#include "hv/base/asm.h"
#include "hv/base/atomic.h"
#include "hv/base/errno.h"
#include "hv/base/log.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/tlb.h"
#include "hv/mem/heap.h"
#include "hv/mem/table.h"

#define REFS_LIMIT 0xfff00000u /* beyond this a count could wrap */

struct page *frame_table;
uint64_t max_mfn;
uint64_t *m2p;

bool page_get(struct page *page, const struct memory *owner)
{
    uint32_t refs = __atomic_load_n(&page->refs, __ATOMIC_RELAXED);

    do {
        if (unlikely(page->owner != owner->id || refs == 0 ||
                     refs > REFS_LIMIT)) {
            return false;
        }
    } while (unlikely(!atomic_cas(&page->refs, &refs, refs + 1)));
    if (unlikely(page->owner != owner->id)) {
        page_put(page); /* freed and given to another in between */
        return false;
    }
    return true;
}

void page_put(struct page *page)
{
    if (unlikely(atomic_sub(&page->refs, 1) == 0)) {
        CHECK(page_type_count(page) == 0);
        CHECK(!(page->flags & PAGE_RETAINED));
        memory_free_frame(page);
    }
}

static uint64_t type_word(enum page_type type, uint64_t count)
{
    return (uint64_t)type << PAGE_TYPE_SHIFT | count;
}

/* Raises the stamp to now: a translation taken before may still be cached. */
void page_stamp(struct page *page)
{
    uint64_t now = tlb_now();
    uint64_t stamp = __atomic_load_n(&page->stamp, __ATOMIC_RELAXED);

    while (stamp < now && !atomic_cas(&page->stamp, &stamp, now)) {
    }
}

static bool is_table(enum page_type type)
{
    return type >= PAGE_L1 && type <= PAGE_SEGDESC;
}

/*
 * A frame without a type becomes writable.  It may have been a table, and who
 * has it cached as one would walk what is written there: until that is flushed
 * the frame has no type and count 1, and is nobody else's to take.
 */
static int claim_untyped(struct page *page)
{
    uint64_t old = type_word(PAGE_NONE, 0);

    if (!atomic_cas(&page->type, &old, type_word(PAGE_NONE, 1))) {
        return -EAGAIN;
    }
    tlb_flush_older(page->stamp);
    atomic_set(&page->type, type_word(PAGE_WRITABLE, 1));
    return 0;
}

int page_get_writable(struct page *page)
{
    uint64_t old = __atomic_load_n(&page->type, __ATOMIC_RELAXED);

    do {
        enum page_type type;

        while (unlikely(old >> PAGE_TYPE_SHIFT == PAGE_NONE)) {
            if (claim_untyped(page) == 0) {
                return 0;
            }
            cpu_poll(); /* who claims it may be waiting for us */
            cpu_relax();
            old = __atomic_load_n(&page->type, __ATOMIC_RELAXED);
        }
        type = (enum page_type)(old >> PAGE_TYPE_SHIFT);
        if (unlikely((type != PAGE_WRITABLE && type != PAGE_SHARED) ||
                     (uint32_t)old > REFS_LIMIT)) {
            return -EINVAL;
        }
    } while (unlikely(!atomic_cas(&page->type, &old, old + 1)));
    return 0;
}

/*
 * A frame that nobody maps writable becomes a table: first no CPU may hold a
 * writable translation any more, then its entries are validated.
 */
static int promote(struct page *page, enum page_type type)
{
    struct memory *owner = memory_of_page(page);
    uint64_t old = __atomic_load_n(&page->type, __ATOMIC_RELAXED);
    int rc;

    if ((uint32_t)old != 0 || is_table((enum page_type)(old >> PAGE_TYPE_SHIFT)) ||
        old >> PAGE_TYPE_SHIFT == PAGE_SHARED) {
        return -EINVAL;
    }
    if (this_cpu()->budget <= 0) {
        return -ERESTART;
    }
    if (!atomic_cas(&page->type, &old, type_word(type, 1))) {
        return -EINVAL; /* a writable mapping was quicker */
    }
    tlb_flush_older(page->stamp);
    if (unlikely(page->flags & PAGE_UNCACHED)) {
        cache_write_back(mfn_to_hva(page_mfn(page)), PAGE_SIZE); /* XSA-402 */
        page->flags &= (uint8_t)~PAGE_UNCACHED;
    }
    rc = table_validate(owner, page, type);
    if (unlikely(rc != 0)) {
        atomic_set(&page->type, type_word(PAGE_NONE, 0));
        return rc;
    }
    page->flags |= PAGE_VALID;
    return 0;
}

static int get_table(struct page *page, enum page_type type)
{
    uint64_t word = __atomic_load_n(&page->type, __ATOMIC_RELAXED);

    if (likely(word >> PAGE_TYPE_SHIFT == type)) {
        if (unlikely(!(page->flags & PAGE_VALID) ||
                     (uint32_t)word > REFS_LIMIT)) {
            return -EINVAL; /* being validated: a table that names itself */
        }
        if (page->flags & PAGE_RETAINED) {
            retained_remove(memory_of_page(page), page);
        }
        atomic_set(&page->type, word + 1);
        return 0;
    }
    if (page->flags & PAGE_RETAINED) {
        table_zap(memory_of_page(page), page);
    }
    return promote(page, type);
}

int page_get_type(struct page *page, enum page_type type)
{
    if (type != PAGE_WRITABLE) {
        return get_table(page, type);
    }
    if (unlikely(page->flags & PAGE_RETAINED)) {
        struct memory *owner = memory_of_page(page);

        if (!memory_is_current(owner)) {
            return -EINVAL; /* its lock is not ours to hold */
        }
        table_zap(owner, page);
    }
    return page_get_writable(page);
}

void page_put_type(struct page *page)
{
    uint64_t word = __atomic_load_n(&page->type, __ATOMIC_RELAXED);
    enum page_type type = (enum page_type)(word >> PAGE_TYPE_SHIFT);

    if (likely(!is_table(type))) {
        page_stamp(page);
        atomic_sub(&page->type, 1);
        return;
    }
    CHECK((uint32_t)word != 0);
    atomic_set(&page->type, word - 1);
    if ((uint32_t)word == 1) {
        retained_add(memory_of_page(page), page);
    }
}

int page_get_and_type(struct page *page, const struct memory *owner,
                      enum page_type type)
{
    int rc;

    if (unlikely(!page_get(page, owner))) {
        return -EINVAL;
    }
    rc = page_get_type(page, type);
    if (unlikely(rc != 0)) {
        page_put(page);
    }
    return rc;
}

void page_put_and_type(struct page *page)
{
    page_put_type(page);
    page_put(page);
}
