/* SPDX-License-Identifier: MIT */
/*
 * Writes of a guest kernel to its live L1 page tables, which it has mapped
 * read-only: the one instruction that faulted is done on the entry as
 * mmu_update would do it.
 */
#pragma once

#include "hv/base/compiler.h"
#include "hv/domain/vcpu.h"

/*
 * #PF at va.  True: done (RIP moved on) or to be tried again.  False: not such
 * a write, or the new entry is refused; the fault is the guest's.
 */
bool emulate_ptwr(struct vcpu *vcpu, struct regs *regs, uint64_t va,
                  uint32_t error_code) NODISCARD;
