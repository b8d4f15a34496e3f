/* SPDX-License-Identifier: MIT */
/* Names of our functions, for traces: a table linked in by tools/mksymbols. */
#pragma once

#include <stdint.h>

/* The function that holds address and the distance from its start, or NULL. */
const char *symbol_find(uint64_t address, uint64_t *offset);
