/* SPDX-License-Identifier: MIT */
/*
 * Delivering to the guest at once: the current vCPU's frame is changed so that
 * it enters its kernel's handler.  Used by the trap code; emulation, which
 * wants a trap later, calls inject_exception() (traps.h).
 */
#pragma once

#include "hv/domain/traps.h"

/* A trap-table entry; a guest without a handler is killed. */
void deliver_trap(struct vcpu *vcpu, struct regs *regs, uint8_t vector,
                  uint32_t error_code);
/* INT n, INT3, INTO: as above, without an error code. */
void deliver_soft_trap(struct vcpu *vcpu, struct regs *regs, uint8_t vector);
/* #PF: sets the virtual CR2; the code's user bit is the guest's own mode. */
void deliver_page_fault(struct vcpu *vcpu, struct regs *regs, uint64_t va,
                        uint32_t error_code);
void deliver_nmi(struct vcpu *vcpu, struct regs *regs);

/* From entry.S. */
void guest_event(void);
void guest_syscall(struct vcpu *vcpu, struct regs *regs);
void guest_syscall32(struct vcpu *vcpu, struct regs *regs);
