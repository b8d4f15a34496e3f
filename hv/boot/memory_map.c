/* SPDX-License-Identifier: MIT */
/* Maps of memory: laid over one another, searched; no state of its own. */
#include "hv/boot/memory_map.h"

/* Appends to a map under construction, merging with its last range. */
static bool append(struct memory_map *map, uint64_t start, uint64_t end,
                   enum memory_type type)
{
    struct memory_range *last;

    if (start >= end) {
        return true;
    }
    last = map->count == 0 ? NULL : &map->ranges[map->count - 1];
    if (last != NULL && last->end == start && last->type == type) {
        last->end = end;
        return true;
    }
    if (map->count == MEMORY_MAP_MAX) {
        return false;
    }
    map->ranges[map->count++] = (struct memory_range){start, end, type};
    return true;
}

bool memory_map_add(struct memory_map *map, struct memory_range range)
{
    struct memory_map result = {.count = 0};
    uint64_t at = range.start; /* up to here the new range is laid */
    bool fits = true;

    if (range.start >= range.end) {
        return true;
    }
    for (size_t i = 0; i < map->count; i++) {
        struct memory_range old = map->ranges[i];
        uint64_t low = MAX(old.start, range.start);
        uint64_t high = MIN(old.end, range.end);

        if (low >= high) {
            if (old.start >= range.end) {
                fits &= append(&result, at, range.end, range.type);
                at = range.end;
            }
            fits &= append(&result, old.start, old.end, old.type);
            continue;
        }
        fits &= append(&result, old.start, low, old.type);
        fits &= append(&result, at, low, range.type);
        fits &= append(&result, low, high, MAX(old.type, range.type));
        fits &= append(&result, high, old.end, old.type);
        at = high;
    }
    fits &= append(&result, at, range.end, range.type);
    if (fits) {
        *map = result;
    }
    return fits;
}

uint64_t memory_map_place(const struct memory_map *map, enum memory_type type,
                          uint64_t size, uint64_t align,
                          const struct memory_range *within)
{
    for (size_t i = map->count; i > 0; i--) {
        const struct memory_range *range = &map->ranges[i - 1];
        uint64_t low = MAX(range->start, within->start);
        uint64_t high = MIN(range->end, within->end);
        uint64_t start;

        if (range->type != type || low >= high || high - low < size) {
            continue;
        }
        start = (high - size) & ~(align - 1);
        if (start >= low) {
            return start;
        }
    }
    return 0;
}

uint64_t memory_map_total(const struct memory_map *map, enum memory_type type)
{
    uint64_t total = 0;

    for (size_t i = 0; i < map->count; i++) {
        if (map->ranges[i].type == type) {
            total += map->ranges[i].end - map->ranges[i].start;
        }
    }
    return total;
}

void memory_map_retype(struct memory_map *map, enum memory_type from,
                       enum memory_type to)
{
    struct memory_map result = {.count = 0};

    for (size_t i = 0; i < map->count; i++) {
        struct memory_range range = map->ranges[i];

        /* Never more ranges than before, so it always fits. */
        (void)append(&result, range.start, range.end,
                     range.type == from ? to : range.type);
    }
    *map = result;
}
