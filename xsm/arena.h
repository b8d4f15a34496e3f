/* SPDX-License-Identifier: MIT */
/*
 * Memory of a load, taken from the caller's arena front to back and never
 * returned singly. What is taken is zero.
 */
#ifndef VOUCH_XSM_ARENA_H
#define VOUCH_XSM_ARENA_H

#include "lib/checked.h"
#include "xsm/xsm.h"

/* count objects of size bytes, aligned to 8; NULL if there is no room. */
static inline void *arena_take(struct xsm_arena *arena, size_t count,
                               size_t size)
{
    size_t start = align_up(arena->used, 8);
    uint64_t bytes;
    if (!checked_mul_u64(count, size, &bytes) || start > arena->size ||
        bytes > arena->size - start) {
        return NULL;
    }
    arena->used = start + bytes;
    return memset(arena->base + start, 0, bytes);
}

#endif
