/* SPDX-License-Identifier: MIT */
/* Names of our functions, for traces: a table linked in by tools/mksymbols. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define SYMBOL_NAME_SIZE 64 /* with its NUL: mksymbols refuses longer ones */

/* The function that holds address, and the distance from its start; false:
 * there is none. */
bool symbol_find(uint64_t address, char name[SYMBOL_NAME_SIZE],
                 uint64_t *offset);
