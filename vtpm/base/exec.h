/* SPDX-License-Identifier: MIT */
/*
 * Makes the program ready: its segments, and a stack as Linux makes one.
 * What it only reads is not copied: it is mapped where the builder put it.
 */
#ifndef VOUCH_VTPM_BASE_EXEC_H
#define VOUCH_VTPM_BASE_EXEC_H

#include "vtpm/base/kernel.h"

#define EXEC_STACK_SIZE (256 * 1024ul)

/* Where the program's heap begins (brk). */
extern uint64_t exec_heap_start;

struct registers;

/* Loads the program; what is wrong with it ends the domain. *registers is how
 * it begins. */
void exec_load(struct registers *registers);

#endif
