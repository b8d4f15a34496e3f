/* SPDX-License-Identifier: MIT */
/*
 * What the program asks of the kernel: Linux's system calls, as far as a
 * static glibc program without files, threads and signals needs them, and
 * those of calls.h. Everything else is -ENOSYS.
 */
#ifndef VOUCH_VTPM_BASE_SYSCALL_H
#define VOUCH_VTPM_BASE_SYSCALL_H

#include "vtpm/base/driver.h"

/* As entry.S leaves them; the second half is what the iret hypercall takes. */
struct registers {
    uint64_t r15, r14, r13, r12, rbp, rbx, r9, r8, r10, rdx, rsi, rdi;
    uint64_t rax, r11, rcx, flags, rip, cs, rflags, rsp, ss;
};

void syscall_dispatch(struct registers *registers);

/* Goes on in user mode, for good: calls come in by syscall_dispatch(). */
_Noreturn void user_enter(struct registers *registers);

/* The rows of syscall.c's files; each list ends with a NULL handler. */
extern const struct call_row linux_calls[]; /* linux.c */
extern const struct call_row vtpm_calls[];  /* vtpm.c */

#endif
