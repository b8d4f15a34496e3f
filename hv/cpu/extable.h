/* SPDX-License-Identifier: MIT */
/*
 * Instructions of ours that may fault on what a guest gave, and where to go
 * on if they do.  Used by C and assembly.
 */
#pragma once

/* clang-format off */
#ifdef __ASSEMBLY__
.macro EXTABLE from, to
    .pushsection .extable, "a"
    .long \from - ., \to - .
    .popsection
.endm
#else
/* clang-format on */
#include <stdbool.h>
#include <stdint.h>

#define EXTABLE(from, to)                                                      \
    ".pushsection .extable, \"a\"\n"                                           \
    ".long " from " - ., " to " - .\n"                                         \
    ".popsection\n"

/* Where to go on after a fault at rip, or 0. */
uint64_t extable_find(uint64_t rip);
#endif
