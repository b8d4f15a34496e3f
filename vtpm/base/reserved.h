/* SPDX-License-Identifier: MIT */
/* The few ranges of page numbers that are in use from the start. */
#ifndef VOUCH_VTPM_BASE_RESERVED_H
#define VOUCH_VTPM_BASE_RESERVED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RESERVED_MAX 8

struct reserved {
    struct {
        uint64_t start, end;
    } ranges[RESERVED_MAX];
    size_t count;
};

/* Pages [start, end); false: there are too many, and nothing was added. */
bool reserved_add(struct reserved *reserved, uint64_t start, uint64_t end);
bool reserved_has(const struct reserved *reserved, uint64_t page);
/* How many pages below limit. Each is counted once if no two ranges have a
 * page in common. */
uint64_t reserved_count(const struct reserved *reserved, uint64_t limit);

#endif
