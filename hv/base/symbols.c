/* SPDX-License-Identifier: MIT */
/*
 * Looks functions up.  The table is what a panic can afford to read slowly and
 * the image can afford to carry: for each function, in order of address, the
 * distance from the one before, and its name.  The first link has an empty
 * table, of which the second's is made; the text does not move.
 */
#include "hv/base/symbols.h"

#include <stddef.h>

extern const uint8_t text_start[], text_end[];
extern const uint32_t symbol_count;
extern const uint16_t symbol_distances[]; /* the first from text_start */
extern const char symbol_names[];         /* each NUL terminated */

static const char *next_name(const char *name)
{
    while (*name != '\0') {
        name++;
    }
    return name + 1;
}

const char *symbol_find(uint64_t address, uint64_t *offset)
{
    uint64_t start = (uint64_t)text_start;
    const char *name = symbol_names;
    const char *found = NULL;

    if (address < start || address >= (uint64_t)text_end) {
        return NULL;
    }
    for (uint32_t i = 0; i < symbol_count; i++) {
        start += symbol_distances[i];
        if (start > address) {
            break;
        }
        found = name;
        *offset = address - start;
        name = next_name(name);
    }
    return found;
}
