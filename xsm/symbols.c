/* SPDX-License-Identifier: MIT */
/* Open addressing, at most half full, so that a search always ends. */
#include "xsm/symbols.h"

#include "xsm/arena.h"

static uint32_t name_hash(struct bytes name)
{
    uint32_t hash = 2166136261U; /* FNV-1a */
    for (size_t i = 0; i < name.size; i++) {
        hash = (hash ^ name.data[i]) * 16777619U;
    }
    return hash;
}

/* The slot that holds name, or the empty one where it would go. */
static uint32_t *find_slot(const struct symbols *table, struct bytes name)
{
    uint32_t at = name_hash(name) & table->slot_mask;
    while (table->slots[at] != 0 &&
           !bytes_equal(table->symbols[table->slots[at] - 1].name, name)) {
        at = (at + 1) & table->slot_mask;
    }
    return &table->slots[at];
}

bool symbols_init(struct symbols *table, struct xsm_arena *arena,
                  uint32_t values, uint32_t symbols)
{
    uint32_t slots = 4;
    while (slots < 2 * (uint64_t)symbols + 2) {
        slots *= 2;
    }
    *table = (struct symbols){
        .symbols = arena_take(arena, symbols, sizeof(struct symbol)),
        .slots = arena_take(arena, slots, sizeof(uint32_t)),
        .names = arena_take(arena, values, sizeof(struct bytes)),
        .present = {arena_take(arena, bitset_words(values), sizeof(uint64_t)),
                    values},
        .values = values,
        .slot_mask = slots - 1,
    };
    return table->symbols != NULL && table->slots != NULL &&
           table->names != NULL && table->present.words != NULL;
}

const char *symbols_add_alias(struct symbols *table, struct bytes name,
                              uint32_t value)
{
    if (value == 0 || value > table->values) {
        return "value out of range";
    }
    uint32_t *slot = find_slot(table, name);
    if (*slot != 0) {
        return "name used twice";
    }
    table->symbols[table->used] = (struct symbol){name, value};
    table->used++;
    *slot = table->used;
    return NULL;
}

const char *symbols_add(struct symbols *table, struct bytes name,
                        uint32_t value)
{
    if (symbols_has(table, value)) {
        return "value used twice";
    }
    const char *wrong = symbols_add_alias(table, name, value);
    if (wrong == NULL) {
        bitset_add(&table->present, value);
        table->names[value - 1] = name;
    }
    return wrong;
}

uint32_t symbols_find(const struct symbols *table, struct bytes name)
{
    uint32_t found = *find_slot(table, name);
    return found == 0 ? 0 : table->symbols[found - 1].value;
}
