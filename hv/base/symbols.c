/* SPDX-License-Identifier: MIT */
/*
 * Looks functions up.  The table is sorted by address; the first link has an
 * empty one, of which the second's is made, and the text does not move.
 */
#include "hv/base/symbols.h"

#include <stddef.h>

extern const uint8_t text_start[], text_end[];
extern const uint32_t symbol_count;
extern const struct symbol {
    uint32_t address; /* from text_start */
    uint32_t name;    /* offset in symbol_names */
} symbol_table[];
extern const char symbol_names[];

const char *symbol_find(uint64_t address, uint64_t *offset)
{
    uint32_t low = 0, high = symbol_count;
    uint64_t from_text = address - (uint64_t)text_start;

    if (address < (uint64_t)text_start || address >= (uint64_t)text_end) {
        return NULL;
    }
    while (low < high) { /* the first symbol above the address */
        uint32_t middle = low + (high - low) / 2;

        if (symbol_table[middle].address <= from_text) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0) {
        return NULL;
    }
    *offset = from_text - symbol_table[low - 1].address;
    return symbol_names + symbol_table[low - 1].name;
}
