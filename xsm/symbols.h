/* SPDX-License-Identifier: MIT */
/*
 * A table of named values: users, roles, types or booleans. Every name and
 * every value is there once; a type alias is a further name of a value. There
 * may be gaps among the values.
 */
#ifndef VOUCH_XSM_SYMBOLS_H
#define VOUCH_XSM_SYMBOLS_H

#include "xsm/bitset.h"
#include "xsm/xsm.h"

struct symbol {
    struct bytes name;
    uint32_t value;
};

struct symbols {
    struct symbol *symbols;
    uint32_t *slots;     /* hash table of symbol numbers + 1 */
    struct bytes *names; /* by value - 1, empty where there is a gap */
    struct bitset present;
    uint32_t used;
    uint32_t values; /* the largest value */
    uint32_t slot_mask;
};

NODISCARD bool symbols_init(struct symbols *table, struct xsm_arena *arena,
                            uint32_t values, uint32_t symbols);

/* NULL if added, otherwise what is wrong. Not to be called more often than
 * there is room for symbols. */
NODISCARD const char *symbols_add(struct symbols *table, struct bytes name,
                                  uint32_t value);
NODISCARD const char *symbols_add_alias(struct symbols *table,
                                        struct bytes name, uint32_t value);

/* 0 if there is none of that name. */
uint32_t symbols_find(const struct symbols *table, struct bytes name);

static inline bool symbols_has(const struct symbols *table, uint32_t value)
{
    return bitset_has(&table->present, value);
}

#endif
