/* SPDX-License-Identifier: MIT */
/* See reserved.h. */
#include "vtpm/base/reserved.h"

bool reserved_add(struct reserved *reserved, uint64_t start, uint64_t end)
{
    if (reserved->count == RESERVED_MAX) {
        return false;
    }
    reserved->ranges[reserved->count].start = start;
    reserved->ranges[reserved->count].end = end;
    reserved->count++;
    return true;
}

bool reserved_has(const struct reserved *reserved, uint64_t page)
{
    for (size_t i = 0; i < reserved->count; i++) {
        if (page >= reserved->ranges[i].start &&
            page < reserved->ranges[i].end) {
            return true;
        }
    }
    return false;
}

uint64_t reserved_count(const struct reserved *reserved, uint64_t limit)
{
    uint64_t count = 0;

    for (size_t i = 0; i < reserved->count; i++) {
        uint64_t start = reserved->ranges[i].start;
        uint64_t end = reserved->ranges[i].end;

        if (end > limit) {
            end = limit;
        }
        count += end > start ? end - start : 0;
    }
    return count;
}
