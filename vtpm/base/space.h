/* SPDX-License-Identifier: MIT */
/*
 * The program's address space: the first 512 GiB, of which this much is used:
 *   [64 KiB, 1 GiB)  the program, its heap behind it, its stack at the end
 *   [1 GiB, 64 GiB)  what it maps
 * Pages are there from the moment they are asked for, or the call fails: the
 * program is never short of memory at another place. What can be executed can
 * never be written, and is what was loaded.
 */
#ifndef VOUCH_VTPM_BASE_SPACE_H
#define VOUCH_VTPM_BASE_SPACE_H

#include "vtpm/base/kernel.h"

#define SPACE_START     0x10000ul
#define SPACE_STACK_END 0x40000000ul
#define SPACE_MAP_START 0x40000000ul
#define SPACE_END       0x1000000000ul
#define SPACE_LIMIT     0x8000000000ul /* of one entry in the root */

enum space_access {
    SPACE_NONE, /* there, but the program may not touch it */
    SPACE_READ,
    SPACE_WRITE,
    SPACE_EXECUTE,
};

void space_init(void);

/* Addresses and sizes are multiples of a page; ranges end at SPACE_END. */

/* New pages, zeroed: 0, -EINVAL if something is there, -ENOMEM. On failure
 * nothing is mapped. */
NODISCARD int space_map(uint64_t address, uint64_t size,
                        enum space_access access);
/* The kernel's own pages from there on, which stay its own. */
NODISCARD int space_map_kernel(uint64_t address, const void *pages,
                               uint64_t size, enum space_access access);
/* Gives back what is mapped there, if anything. */
void space_unmap(uint64_t address, uint64_t size);
/* -ENOMEM if not all of it is mapped; -EACCES for SPACE_EXECUTE. */
NODISCARD int space_protect(uint64_t address, uint64_t size,
                            enum space_access access);

/* Where size bytes are free for a mapping; 0 if nowhere. */
uint64_t space_find(uint64_t size);

/* The entry of the page at an address of the program's, or 0. */
uint64_t space_entry(uint64_t address);
/* The page itself, for the kernel to write what the program may only read. */
void *space_page(uint64_t address);

#endif
