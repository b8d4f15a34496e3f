/* SPDX-License-Identifier: MIT */
/*
 * A set of policy values. Values count from 1, as in the file; 0 is in no set.
 */
#ifndef VOUCH_XSM_BITSET_H
#define VOUCH_XSM_BITSET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct bitset {
    uint64_t *words;
    uint32_t size; /* the largest value it can hold */
};

static inline size_t bitset_words(uint32_t size)
{
    return ((size_t)size + 63) / 64;
}

static inline bool bitset_has(const struct bitset *set, uint32_t value)
{
    uint32_t bit = value - 1; /* 0 wraps and is out of range */
    return bit < set->size && (set->words[bit / 64] >> (bit % 64) & 1) != 0;
}

/* value is from 1 to set->size. */
static inline void bitset_add(struct bitset *set, uint32_t value)
{
    set->words[(value - 1) / 64] |= 1ULL << ((value - 1) % 64);
}

#endif
