/* SPDX-License-Identifier: MIT */
/*
 * Arithmetic that says when it overflowed. Every size or address that a guest,
 * firmware, a TPM or a file can influence goes through these. The result is
 * written only if it is right.
 */
#ifndef VOUCH_LIB_CHECKED_H
#define VOUCH_LIB_CHECKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/attributes.h"

/* Spelt as in hv/base/compiler.h: both may be included. */
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

NODISCARD static inline bool checked_add_u64(uint64_t a, uint64_t b,
                                             uint64_t *out)
{
    uint64_t sum;
    if (__builtin_add_overflow(a, b, &sum)) {
        return false;
    }
    *out = sum;
    return true;
}

NODISCARD static inline bool checked_sub_u64(uint64_t a, uint64_t b,
                                             uint64_t *out)
{
    uint64_t difference;
    if (__builtin_sub_overflow(a, b, &difference)) {
        return false;
    }
    *out = difference;
    return true;
}

NODISCARD static inline bool checked_mul_u64(uint64_t a, uint64_t b,
                                             uint64_t *out)
{
    uint64_t product;
    if (__builtin_mul_overflow(a, b, &product)) {
        return false;
    }
    *out = product;
    return true;
}

/* alignment is a power of two, here and below. */
static inline bool is_aligned(uint64_t value, uint64_t alignment)
{
    return (value & (alignment - 1)) == 0;
}

/* For a value known to be within alignment of no wrap, such as a constant or
 * what was checked before. */
static inline uint64_t align_up(uint64_t value, uint64_t alignment)
{
    return (value + alignment - 1) & ~(alignment - 1);
}

#endif
