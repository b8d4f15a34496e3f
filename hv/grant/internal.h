/* SPDX-License-Identifier: MIT */
/*
 * Between the files of this folder: what a domain has as a granter, guarded by
 * lock, and as a mapper, guarded by maps_lock.
 */
#pragma once

#include "hv/grant/grant.h"
#include "hv/mem/table.h"

#define GRANT_ENTRIES 512u /* in a frame of the shared table */

/* How often an entry is in use, and how many of these uses write. */
struct use {
    uint32_t any, writing;
};
_Static_assert(sizeof(struct use) * GRANT_ENTRIES == PAGE_SIZE,
               "one frame of uses for each frame of entries");

/* What of a mapping there is: 0 is a free handle. */
enum {
    MAPPING_DEVICE = GNTMAP_device_map,
    MAPPING_HOST = GNTMAP_host_map,
    MAPPING_READ_ONLY = GNTMAP_readonly,
};
#define MAPPING_PARTS (MAPPING_DEVICE | MAPPING_HOST)

struct mapping {
    uint64_t host_addr;     /* as the mapper gave it; 0: none */
    uint64_t *slot;         /* the page-table entry that was written */
    struct domain *granter; /* referenced */
    uint32_t mfn;           /* of the granter's frame */
    uint32_t ref;           /* which entry of the granter's */
    uint32_t next;          /* free handles, or those that wait for a flush */
    uint8_t flags;          /* MAPPING_* */
    uint8_t dropping;       /* parts being unmapped: by one vCPU at a time */
};
#define MAPPINGS_PER_FRAME ((uint32_t)(PAGE_SIZE / sizeof(struct mapping)))

struct grant_table {
    spinlock_t lock; /* of what the domain grants: */
    uint32_t frame_count, max_frames;
    uint64_t *entries[GRANT_FRAMES_MAX]; /* struct grant_entry_v1, shared */
    struct use *uses[GRANT_FRAMES_MAX];

    spinlock_t maps_lock; /* of what it maps: */
    uint32_t map_frame_count, max_map_frames, free_handle;
    struct mapping **map_frames;
};

enum grant_access { GRANT_READ, GRANT_WRITE };

/* By GNTMAP_readonly, which MAPPING_READ_ONLY is as well. */
static inline enum grant_access access_of(uint32_t flags)
{
    return flags & GNTMAP_readonly ? GRANT_READ : GRANT_WRITE;
}

/* Whether the page is an L1 table of memory's; memory.lock held. */
static inline bool is_l1_table(const struct memory *memory,
                               const struct page *page)
{
    return page != NULL && page->owner == memory->id &&
           page_type(page) == PAGE_L1 && (page->flags & PAGE_VALID);
}

/*
 * Begins to use an entry of granter for the domain named user: the entry says
 * so, and the frame has a reference (and a writable one) for the caller.
 * GNTST_*.
 */
int16_t use_get(struct domain *granter, uint32_t ref, domid_t user,
                enum grant_access access, struct page **frame) NODISCARD;
/* The granter sees the end of a use; the frame's references are not touched. */
void use_put(struct domain *granter, uint32_t ref, enum grant_access access);

/* References on a frame of owner's own RAM; false: not its, or not plain. */
bool frame_get(struct page *frame, const struct memory *owner,
               enum grant_access access) NODISCARD;
void frame_put(struct page *frame, enum grant_access access);

/* The mapping behind a handle a guest gave, free or not; NULL: out of range. */
static inline struct mapping *mapping_of(const struct grant_table *table,
                                         uint32_t handle)
{
    uint32_t count = READ_ONCE(table->map_frame_count);
    uint32_t frame = handle / MAPPINGS_PER_FRAME;

    if (unlikely(frame >= count)) {
        return NULL;
    }
    return &table->map_frames[index_nospec(frame, count)]
                             [handle % MAPPINGS_PER_FRAME];
}
/* One for the caller alone, and its handle; NULL: there are none left. */
struct mapping *mapping_alloc(struct grant_table *table, uint32_t *handle);
/* maps_lock held. */
void mapping_free(struct grant_table *table, uint32_t handle);

/* Frames for at least count in all; 0, -EINVAL, -ENOMEM or -ESRCH. */
int table_grow(struct domain *domain, uint32_t count) NODISCARD;
/* Unmaps whatever is left of a mapping; its domain does not run. */
void mapping_drop(struct domain *mapper, struct mapping *mapping);
