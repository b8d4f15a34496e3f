/* SPDX-License-Identifier: MIT */
/*
 * The domain's frames in a launch.  Frozen ones have no reference and nobody
 * can get one; page->next says what they are for.  The initrd's frames become
 * the initrd's PFNs as they are; the kernel's are plain memory as soon as it
 * was copied to where it runs.
 */
#include "hv/base/errno.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/tlb.h"
#include "hv/grant/grant.h"
#include "hv/launch/internal.h"
#include "hv/mem/memory.h"
#include "lib/string.h"

#define SCANNED_PER_UNIT 4 /* frames looked at for one unit of work */

static bool is_ring(const struct launch *launch, mfn_t mfn)
{
    return mfn.n == launch->rings.console_mfn ||
           mfn.n == launch->rings.store_mfn;
}

/* The domain's next frame from *mfn on; NULL: none, or (*rc) no more work. */
static struct page *next_frame(const struct memory *memory, uint64_t *mfn,
                               int *rc)
{
    *rc = 0;
    *mfn = MAX(*mfn, memory->first_mfn);
    for (; *mfn < memory->end_mfn; ++*mfn) {
        if (*mfn % SCANNED_PER_UNIT == 0 && --this_cpu()->budget <= 0) {
            *rc = -ERESTART;
            return NULL;
        }
        if (frame_table[*mfn].owner == memory->id) {
            return &frame_table[*mfn];
        }
    }
    return NULL;
}

/* --- Freezing: memory.lock held --- */

static bool frame_freeze(struct launch *launch, struct page *page)
{
    if (page_type(page) == PAGE_SHARED) {
        return true; /* ours: see launch_freeze_frames() */
    }
    launch->frame_count++;
    if (is_ring(launch, page_mfn(page))) {
        return true;
    }
    if (!memory_freeze_page(&launch->domain->memory, page_mfn(page))) {
        return false;
    }
    page->flags |= PAGE_FROZEN;
    page->next = FRAME_FREE;
    return true;
}

static int frames_freeze(struct launch *launch)
{
    struct page *page;
    int rc;

    while ((page = next_frame(&launch->domain->memory, &launch->cursor, &rc)) !=
           NULL) {
        if (!frame_freeze(launch, page)) {
            return -EBUSY;
        }
        launch->cursor++;
    }
    return rc;
}

/* Whether nobody maps the pages of ours that are lent to it. */
static bool is_lent_nowhere(const struct domain *domain)
{
    return memory_is_unmapped(domain->shared_page) &&
           grant_table_is_unmapped(domain);
}

int launch_freeze_frames(struct launch *launch)
{
    struct memory *memory = &launch->domain->memory;
    int rc;

    spin_lock(&memory->lock);
    rc = frames_freeze(launch);
    spin_unlock(&memory->lock);
    if (rc == -EBUSY) {
        return launch_fail(launch,
                           "its frame 0x%lx is in use by another domain",
                           (unsigned long)launch->cursor);
    }
    if (rc == 0 && !is_lent_nowhere(launch->domain)) {
        return launch_fail(launch,
                           "its shared page or grant table is in use by "
                           "another domain");
    }
    if (rc == 0) {
        tlb_flush_all(); /* translations may outlive what was unmapped */
    }
    return rc;
}

int launch_thaw_frames(struct launch *launch)
{
    struct memory *memory = &launch->domain->memory;
    struct page *page;
    int rc;

    spin_lock(&memory->lock);
    while ((page = next_frame(memory, &launch->cursor, &rc)) != NULL) {
        if (page->flags & PAGE_FROZEN) {
            page->flags &= (uint8_t)~PAGE_FROZEN;
            memory_thaw_page(page_mfn(page));
        }
        launch->cursor++;
    }
    spin_unlock(&memory->lock);
    return rc;
}

/* --- What they are for --- */

/* A frame of a file: frozen, and not in any file already. */
static int blob_mark(struct launch *launch, const struct blob *blob,
                     enum frame_use use)
{
    for (; launch->cursor < blob->pages; launch->cursor++) {
        struct page *page = page_of(MFN(blob->frames[launch->cursor]));

        if (--this_cpu()->budget <= 0) {
            return -ERESTART;
        }
        if (page->owner != launch->domain->memory.id ||
            !(page->flags & PAGE_FROZEN) || page->next != FRAME_FREE) {
            return launch_fail(launch,
                               "frame 0x%x is not its own, or given twice",
                               blob->frames[launch->cursor]);
        }
        page->next = use;
    }
    return 0;
}

int launch_mark_kernel(struct launch *launch)
{
    return blob_mark(launch, &launch->kernel, FRAME_KERNEL);
}

int launch_mark_initrd(struct launch *launch)
{
    return blob_mark(launch, &launch->initrd, FRAME_TAKEN);
}

/* Takes the next that no file is in; NULL as next_frame(). */
static struct page *take_free(struct launch *launch, int *rc)
{
    struct page *page;

    while ((page = next_frame(&launch->domain->memory, &launch->scan, rc)) !=
           NULL) {
        launch->scan++;
        if ((page->flags & PAGE_FROZEN) && page->next == FRAME_FREE) {
            page->next = FRAME_TAKEN;
            return page;
        }
    }
    return NULL;
}

static int no_frame(struct launch *launch, int rc)
{
    return rc != 0 ? rc : launch_fail(launch, "it has too little memory");
}

int launch_place_list(struct launch *launch)
{
    struct build *build = &launch->build;

    for (; launch->cursor < build->plan.p2m_pages; launch->cursor++) {
        int rc;
        struct page *page = take_free(launch, &rc);

        if (page == NULL) {
            return no_frame(launch, rc);
        }
        this_cpu()->budget -= WORK_FRAME;
        build_set_list_frame(build, launch->cursor, page_mfn(page));
    }
    return 0;
}

/* The frame that a PFN has anyway; false: any free one. */
static bool frame_given(const struct launch *launch, uint64_t pfn, mfn_t *mfn)
{
    const struct build_plan *plan = &launch->build.plan;
    uint64_t va = plan->base + pfn * PAGE_SIZE;

    if (pfn - plan->initrd_pfn < plan->initrd_pages) {
        *mfn = MFN(launch->initrd.frames[pfn - plan->initrd_pfn]);
        return true;
    }
    if (pfn - plan->p2m_pfn < plan->p2m_pages) {
        *mfn = MFN(launch->build.p2m_frames[pfn - plan->p2m_pfn]);
        return true;
    }
    if (pfn < plan->initrd_pfn && (va == plan->console || va == plan->store)) {
        *mfn = MFN(va == plan->console ? launch->rings.console_mfn
                                       : launch->rings.store_mfn);
        return mfn->n != 0;
    }
    return false;
}

int launch_place_frames(struct launch *launch)
{
    for (; launch->cursor < launch->build.plan.rest_pfn; launch->cursor++) {
        mfn_t mfn;

        if (--this_cpu()->budget <= 0) {
            return -ERESTART;
        }
        if (!frame_given(launch, launch->cursor, &mfn)) {
            int rc;
            struct page *page = take_free(launch, &rc);

            if (page == NULL) {
                return no_frame(launch, rc);
            }
            mfn = page_mfn(page);
        }
        build_set_frame(&launch->build, launch->cursor, mfn);
    }
    launch->next_pfn = launch->build.plan.rest_pfn;
    return 0;
}

/* What is behind the initrd in its last page was not measured. */
static void initrd_end_zero(const struct launch *launch)
{
    const struct blob *initrd = &launch->initrd;
    size_t used = initrd->size & ~PAGE_MASK;

    if (used != 0) {
        uint8_t *page = mfn_to_hva(MFN(initrd->frames[initrd->pages - 1]));

        memset(page + used, 0, PAGE_SIZE - used);
    }
}

/* All others, which get empty: the kernel's file is not needed any more. */
int launch_place_rest(struct launch *launch)
{
    struct page *page;
    int rc;

    while ((page = next_frame(&launch->domain->memory, &launch->cursor, &rc)) !=
           NULL) {
        if ((page->flags & PAGE_FROZEN) && page->next != FRAME_TAKEN) {
            if ((this_cpu()->budget -= WORK_FRAME) <= 0) {
                return -ERESTART;
            }
            if (launch->next_pfn == launch->build.plan.pages) {
                return launch_fail(launch, "its memory changed");
            }
            memset(mfn_to_hva(page_mfn(page)), 0, PAGE_SIZE);
            build_set_frame(&launch->build, launch->next_pfn++, page_mfn(page));
            page->next = FRAME_TAKEN;
        }
        launch->cursor++;
    }
    if (rc == 0 && launch->next_pfn != launch->build.plan.pages) {
        return launch_fail(launch, "its memory changed");
    }
    initrd_end_zero(launch);
    return rc;
}
