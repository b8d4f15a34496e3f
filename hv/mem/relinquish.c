/* SPDX-License-Identifier: MIT */
/*
 * Taking a dying domain's frames: first every pin goes and the tables fall, so
 * that no frame is held by another of the same domain; then the allocation's
 * reference of each frame is dropped, once.  What another domain still maps
 * stays the dying one's until unmapped.
 */
#include "hv/base/atomic.h"
#include "hv/base/errno.h"
#include "hv/cpu/cpu.h"
#include "hv/mem/memory.h"
#include "hv/mem/table.h"

#define SCANNED_PER_UNIT 4 /* frames looked at for one unit of work */

static void unpin(struct page *page)
{
    if (page->flags & PAGE_PINNED) {
        page->flags &= (uint8_t)~PAGE_PINNED;
        page_put_and_type(page);
    }
}

static void give_up(struct page *page)
{
    if (page_type(page) != PAGE_SHARED) {
        this_cpu()->budget -= WORK_FRAME;
        page_put(page);
    }
}

/* Does it to all frames of the domain, from *mfn on.  Its lock is held. */
static int each_frame(struct memory *memory, uint64_t *mfn,
                      void (*act)(struct page *))
{
    int64_t *budget = &this_cpu()->budget;

    for (*mfn = MAX(*mfn, memory->first_mfn); *mfn < memory->end_mfn; ++*mfn) {
        if (*mfn % SCANNED_PER_UNIT == 0 && --*budget <= 0) {
            return -ERESTART;
        }
        if (frame_table[*mfn].owner == memory->id) {
            act(&frame_table[*mfn]);
        }
    }
    return 0;
}

static bool drain(struct memory *memory)
{
    while (this_cpu()->budget > 0) {
        if (retained_drain(memory, 1)) {
            return true;
        }
    }
    return false;
}

static int drop_tables(struct memory *memory)
{
    int rc = each_frame(memory, &memory->unpinned, unpin);

    return rc == 0 && !drain(memory) ? -ERESTART : rc;
}

static int relinquish(struct memory *memory)
{
    int rc = drop_tables(memory);

    return rc != 0 ? rc : each_frame(memory, &memory->given_up, give_up);
}

int memory_drop_tables(struct memory *memory)
{
    int rc;

    spin_lock(&memory->lock);
    rc = drop_tables(memory);
    if (rc == 0) {
        memory->unpinned = 0; /* it may have tables again */
    }
    spin_unlock(&memory->lock);
    return rc;
}

int memory_relinquish(struct memory *memory)
{
    int rc;

    spin_lock(&memory->lock);
    rc = relinquish(memory);
    spin_unlock(&memory->lock);
    return rc;
}
