/* SPDX-License-Identifier: MIT */
/*
 * Starts the program: its segments, a stack as Linux makes one, user mode.
 * What it only reads is not copied: it is mapped where the builder put it.
 */
#ifndef VOUCH_VTPM_BASE_EXEC_H
#define VOUCH_VTPM_BASE_EXEC_H

#include "vtpm/base/kernel.h"

#define EXEC_STACK_SIZE (256 * 1024ul)

/* Where the program's heap begins (brk). */
extern uint64_t exec_heap_start;

_Noreturn void exec_program(void);

#endif
