/* SPDX-License-Identifier: MIT */
/*
 * Instructions that fault at CPL 3 and that the hypervisor performs for the
 * guest.  Called by the trap handlers for the current vCPU, with its registers
 * on this CPU's stack.  Each returns true when the fault is dealt with: the
 * instruction was done and RIP moved on, or another exception was injected,
 * or it is to be tried again.  False: nothing changed, the fault is the
 * guest's.
 */
#pragma once

#include "hv/base/compiler.h"
#include "hv/domain/vcpu.h"

/* #GP with error code 0: the rows of privops.def. */
bool emulate_privileged(struct vcpu *vcpu, struct regs *regs) NODISCARD;

/* #UD: CPUID behind the forced-emulation prefix 0f 0b 78 65 6e. */
bool emulate_forced(struct vcpu *vcpu, struct regs *regs) NODISCARD;

/*
 * #PF at va: an IRET at CPL 3 whose stack QEMU before 8.0 reads with
 * supervisor rights, so that CR4.SMAP makes it fault (error code exactly P).
 */
bool emulate_iret_cpl3(struct vcpu *vcpu, struct regs *regs, uint64_t va,
                       uint32_t error_code) NODISCARD;
