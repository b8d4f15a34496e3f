/* SPDX-License-Identifier: MIT */
/*
 * The shortest handlers, in assembly, and the paths that end in them.
 */
#ifndef TOOLS_BENCH_GUEST_PATHS_H
#define TOOLS_BENCH_GUEST_PATHS_H

#include <stdint.h>

/* Stamp of the last handler's first instruction, and of its end. */
extern uint64_t path_entry;
extern uint64_t path_vcpu_info, path_pending_word;

/* Handlers: for an upcall; skipping a 3-byte fault; returning from INT3 and
 * from a system call.  The _stamp ones note when they were entered. */
extern const char path_event[], path_fault[], path_fault_stamp[];
extern const char path_int3[], path_int3_stamp[];
extern const char path_syscall[], path_syscall_stamp[];

/* iret hypercall to the next instruction. */
void path_iret(void);

#endif
