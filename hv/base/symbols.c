/* SPDX-License-Identifier: MIT */
/*
 * Looks functions up.  The table is what a panic can afford to read slowly and
 * the image can afford to carry: for each function, in order of address, the
 * distance from the one before, how much of its name is that of the one before,
 * and the rest of it.  The first link has an empty table, of which the second's
 * is made; the text does not move.
 */
#include "hv/base/symbols.h"

#include <stddef.h>

extern const uint8_t text_start[], text_end[];
extern const uint32_t symbol_count;
extern const uint16_t symbol_distances[]; /* the first from text_start */
extern const uint8_t symbol_names[]; /* each: bytes kept, text, NUL */

/* Makes of the name before the one at entry; returns where the next one is. */
static const uint8_t *next_name(const uint8_t *entry, char *name)
{
    size_t at = *entry++;

    do {
        name[at++] = (char)*entry;
    } while (*entry++ != '\0');
    return entry;
}

bool symbol_find(uint64_t address, char name[SYMBOL_NAME_SIZE],
                 uint64_t *offset)
{
    uint64_t start = (uint64_t)text_start;
    const uint8_t *entry = symbol_names;
    bool found = false;

    if (address < start || address >= (uint64_t)text_end) {
        return false;
    }
    for (uint32_t i = 0; i < symbol_count; i++) {
        start += symbol_distances[i];
        if (start > address) {
            break;
        }
        entry = next_name(entry, name);
        *offset = address - start;
        found = true;
    }
    return found;
}
