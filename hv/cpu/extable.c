/* SPDX-License-Identifier: MIT */
/*
 * Looks up the exception table, which the linker collects.  It is short and a
 * fault on a guest's pointer is rare: a linear search.
 */
#include "hv/cpu/extable.h"

struct extable_entry {
    int32_t from, to; /* relative to themselves */
};
extern const struct extable_entry __extable_start[], __extable_end[];

uint64_t extable_find(uint64_t rip)
{
    for (const struct extable_entry *entry = __extable_start;
         entry < __extable_end; entry++) {
        if ((uint64_t)&entry->from + (uint64_t)(int64_t)entry->from == rip) {
            return (uint64_t)&entry->to + (uint64_t)(int64_t)entry->to;
        }
    }
    return 0;
}
