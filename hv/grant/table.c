/* SPDX-License-Identifier: MIT */
/*
 * A domain's grant table from beginning to end.  Its frames are ours, lent to
 * the domain as pages that never become anything else; it grows and, while the
 * domain lives, never shrinks.
 */
#include "hv/base/errno.h"
#include "hv/cpu/cpu.h"
#include "hv/grant/internal.h"
#include "hv/mem/heap.h"

#define MAPTRACK_FRAMES_MAX 1024u

/* lock held. */
static int frame_add(struct domain *domain)
{
    struct grant_table *table = domain->grants;
    struct page *page = heap_alloc_pages(0, 0);
    struct use *uses = heap_alloc(PAGE_SIZE);

    if (page == NULL || uses == NULL) {
        if (page != NULL) {
            heap_free_pages(page, 0);
        }
        heap_free(uses, PAGE_SIZE);
        return -ENOMEM;
    }
    memory_share_page(&domain->memory, page);
    m2p[page_mfn(page).n] = ~0ull;
    table->entries[table->frame_count] = mfn_to_hva(page_mfn(page));
    table->uses[table->frame_count] = uses;
    table->frame_count++;
    this_cpu()->budget -= 2 * WORK_FRAME;
    return 0;
}

int table_grow(struct domain *domain, uint32_t count)
{
    struct grant_table *table = domain->grants;
    int rc = 0;

    spin_lock(&table->lock);
    if (table->max_frames == 0) {
        rc = -ESRCH;
    } else if (count > table->max_frames) {
        rc = -EINVAL;
    }
    while (rc == 0 && table->frame_count < count) {
        rc = frame_add(domain);
    }
    spin_unlock(&table->lock);
    return rc;
}

uint32_t grant_frames_max(const struct domain *domain)
{
    const struct grant_table *table = domain->grants;

    return table == NULL ? 0 : READ_ONCE(table->max_frames);
}

int grant_shared_frame(struct domain *domain, uint64_t frame, mfn_t *mfn)
{
    struct grant_table *table = domain->grants;
    int rc;

    if (table == NULL || frame >= GRANT_FRAMES_MAX) {
        return table == NULL ? -ESRCH : -EINVAL;
    }
    frame = index_nospec(frame, GRANT_FRAMES_MAX);
    rc = table_grow(domain, (uint32_t)frame + 1);
    if (rc == 0) {
        *mfn = hva_to_mfn(table->entries[frame]);
    }
    return rc;
}

/* Whether both limits are there to be had; the defaults in their place. */
static bool limits_check(int32_t *frames, int32_t *maptrack_frames)
{
    if (*frames < 0) {
        *frames = GRANT_FRAMES_MAX;
    }
    if (*maptrack_frames < 0) {
        *maptrack_frames = MAPTRACK_FRAMES_MAX;
    }
    return *frames >= 1 && *frames <= (int32_t)GRANT_FRAMES_MAX &&
           *maptrack_frames <= (int32_t)MAPTRACK_FRAMES_MAX;
}

static size_t directory_size(const struct grant_table *table)
{
    return MAX(table->max_map_frames, 1u) * sizeof(*table->map_frames);
}

int grant_domain_init(struct domain *domain, int32_t max_frames,
                      int32_t max_maptrack_frames)
{
    struct grant_table *table;

    if (!limits_check(&max_frames, &max_maptrack_frames)) {
        return -EINVAL;
    }
    table = heap_alloc(sizeof(*table));
    if (table == NULL) {
        return -ENOMEM;
    }
    table->max_frames = (uint32_t)max_frames;
    table->max_map_frames = (uint32_t)max_maptrack_frames;
    table->free_handle = GRANT_NONE;
    table->map_frames = heap_alloc(directory_size(table));
    if (table->map_frames == NULL) {
        heap_free(table, sizeof(*table));
        return -ENOMEM;
    }
    domain->grants = table;
    return table_grow(domain, 1);
}

/* From here on nobody begins to use an entry, and nobody looks at one. */
static void table_close(struct domain *domain)
{
    struct grant_table *table = domain->grants;
    uint32_t count;

    spin_lock(&table->lock);
    count = table->frame_count;
    table->frame_count = 0;
    table->max_frames = 0;
    spin_unlock(&table->lock);
    for (uint32_t i = 0; i < count; i++) {
        memory_unshare_page(&domain->memory,
                            page_of(hva_to_mfn(table->entries[i])));
        heap_free(table->uses[i], PAGE_SIZE);
    }
}

int grant_drop_maps(struct domain *domain)
{
    struct grant_table *table = domain->grants;
    struct mapping *frame;

    while (table->map_frame_count > 0) {
        if (this_cpu()->budget <= 0) {
            return -ERESTART;
        }
        frame = table->map_frames[table->map_frame_count - 1];
        for (uint32_t i = 0; i < MAPPINGS_PER_FRAME; i++) {
            mapping_drop(domain, &frame[i]);
        }
        this_cpu()->budget -= WORK_FRAME;
        table->map_frame_count--;
        heap_free(frame, PAGE_SIZE);
    }
    table->free_handle = GRANT_NONE;
    return 0;
}

int grant_domain_destroy(struct domain *domain)
{
    if (domain->grants == NULL) {
        return 0;
    }
    table_close(domain);
    return grant_drop_maps(domain);
}

static bool is_kept(const struct grant_table *table, uint32_t ref, mfn_t frame)
{
    uint64_t entry = READ_ONCE(table->entries[0][ref]);

    return frame.n != 0 && entry >> 32 == frame.n &&
           (entry & GTF_type_mask) == GTF_permit_access;
}

void grant_empty(struct domain *domain, const mfn_t keep[2])
{
    struct grant_table *table = domain->grants;

    spin_lock(&table->lock);
    for (uint32_t i = 0; i < table->frame_count; i++) {
        for (uint32_t j = 0; j < GRANT_ENTRIES; j++) {
            if (i != 0 || j > 1 || !is_kept(table, j, keep[j])) {
                WRITE_ONCE(table->entries[i][j], 0);
            }
        }
    }
    spin_unlock(&table->lock);
}

bool grant_table_is_unmapped(const struct domain *domain)
{
    const struct grant_table *table = domain->grants;

    for (uint32_t i = 0; i < table->frame_count; i++) {
        if (!memory_is_unmapped(page_of(hva_to_mfn(table->entries[i])))) {
            return false;
        }
    }
    return true;
}

void grant_domain_free(struct domain *domain)
{
    struct grant_table *table = domain->grants;

    if (table != NULL) {
        heap_free(table->map_frames, directory_size(table));
        heap_free(table, sizeof(*table));
        domain->grants = NULL;
    }
}
