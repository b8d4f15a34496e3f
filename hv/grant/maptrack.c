/* SPDX-License-Identifier: MIT */
/*
 * A mapper's handles.  Frames of them are made when they are needed, up to the
 * domain's limit, and given back when it dies; a free handle is on a list.
 */
#include "hv/grant/internal.h"
#include "hv/mem/heap.h"

void mapping_free(struct grant_table *table, uint32_t handle)
{
    struct mapping *mapping = mapping_of(table, handle);

    *mapping = (struct mapping){.next = table->free_handle};
    table->free_handle = handle;
}

/* maps_lock held. */
static bool maps_grow(struct grant_table *table)
{
    uint32_t first = table->map_frame_count * MAPPINGS_PER_FRAME;
    struct mapping *frame;

    if (table->map_frame_count >= table->max_map_frames) {
        return false;
    }
    frame = heap_alloc(PAGE_SIZE);
    if (frame == NULL) {
        return false;
    }
    table->map_frames[table->map_frame_count] = frame;
    WRITE_ONCE(table->map_frame_count, table->map_frame_count + 1);
    for (uint32_t i = MAPPINGS_PER_FRAME; i > 0; i--) {
        mapping_free(table, first + i - 1);
    }
    return true;
}

struct mapping *mapping_alloc(struct grant_table *table, uint32_t *handle)
{
    struct mapping *mapping = NULL;

    spin_lock(&table->maps_lock);
    if (likely(table->free_handle != GRANT_NONE) || maps_grow(table)) {
        *handle = table->free_handle;
        mapping = mapping_of(table, *handle);
        table->free_handle = mapping->next;
    }
    spin_unlock(&table->maps_lock);
    return mapping;
}
