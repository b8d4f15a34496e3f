/* SPDX-License-Identifier: MIT */
/* Traps: each ends the domain, with one line that says what happened. */
#ifndef VOUCH_VTPM_BASE_TRAP_H
#define VOUCH_VTPM_BASE_TRAP_H

#include "vtpm/base/kernel.h"

struct trap_frame { /* as entry.S leaves it */
    uint64_t vector, error, rip, cs, rflags, rsp, ss;
};

/* The traps, the way in for system calls, and the stack for both. */
void trap_init(void);

_Noreturn void trap_fatal(const struct trap_frame *frame);

#endif
