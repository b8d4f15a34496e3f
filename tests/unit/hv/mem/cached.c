/* SPDX-License-Identifier: MIT */
/* See cached.h. */
#include "cached.h"

#include <stdio.h>
#include <string.h>

#include "hv/mem/table.h"
#include "machine.h"

/* Since the last flush. */
static struct {
    enum page_type table; /* walked as this; PAGE_NONE: not */
    bool is_read, is_written;
    uint16_t owner;
} cached[FRAMES];

static void look_at_entry(enum page_type type, uint64_t entry)
{
    uint64_t mfn = pte_mfn(entry).n;

    if (type == PAGE_L1 && (entry & PTE_P) && mfn < FRAMES) {
        cached[mfn].is_read = true;
        cached[mfn].is_written |= (entry & PTE_RW) != 0;
        cached[mfn].owner = frame_table[mfn].owner;
    }
}

static void look(void)
{
    for (uint64_t mfn = 0; mfn < FRAMES; mfn++) {
        const struct page *page = &frame_table[mfn];
        const uint64_t *table = mfn_to_hva(MFN(mfn));

        if (page_type(page) < PAGE_L1 || page_type(page) > PAGE_L4 ||
            page_type_count(page) == 0 || !(page->flags & PAGE_VALID)) {
            continue;
        }
        cached[mfn].table = page_type(page);
        cached[mfn].owner = page->owner;
        for (unsigned int i = 0; i < ENTRIES; i++) {
            look_at_entry(page_type(page), table[i]);
        }
    }
}

static void forget(void)
{
    memset(cached, 0, sizeof(cached));
    look();
}

void cached_reset(void)
{
    machine_flushed = forget;
    forget();
}

static const char *frame_check(uint64_t mfn)
{
    const struct page *page = &frame_table[mfn];
    enum page_type type = page_type(page);

    if (page->owner == OWNER_FREE || page->owner == OWNER_IO) {
        return NULL;
    }
    if ((cached[mfn].table != PAGE_NONE || cached[mfn].is_read) &&
        page->owner != cached[mfn].owner) {
        return "is another's, and still cached";
    }
    if (cached[mfn].table != PAGE_NONE && type != cached[mfn].table &&
        type != PAGE_NONE) {
        return "may be written, and is still walked as a table";
    }
    if (cached[mfn].is_written && type >= PAGE_L1 && type <= PAGE_SEGDESC) {
        return "is a table, and may still be written";
    }
    return NULL;
}

const char *cached_check(void)
{
    static char what[80];

    for (uint64_t mfn = 0; mfn < FRAMES; mfn++) {
        const char *problem = frame_check(mfn);

        if (problem != NULL) {
            snprintf(what, sizeof(what), "frame %#lx %s", (unsigned long)mfn,
                     problem);
            return what;
        }
    }
    look();
    return NULL;
}
