/* SPDX-License-Identifier: MIT */
/* Where hypercalls come in from a guest, and how a long one goes on. */
#pragma once

#include "hv/domain/vcpu.h"

/* In the count of a batch: it is the rest of one that was begun before. */
#define MMU_UPDATE_PREEMPTED 0x80000000u

/* SYSCALL from guest kernel mode; called by entry.S. */
void hypercall_enter(struct vcpu *vcpu, struct regs *regs);
