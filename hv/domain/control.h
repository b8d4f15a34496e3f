/* SPDX-License-Identifier: MIT */
/*
 * A vCPU's control registers: what it sees of CR0, CR2, CR3, CR4 and XCR0, what
 * it may change, and what of that is in hardware while it runs.
 */
#pragma once

#include "hv/base/compiler.h"
#include "hv/cpu/features.h"
#include "hv/domain/vcpu.h"

/* What a guest may choose, and what it sees set in any case. */
#define CR4_GUEST_MASK  (CR4_TSD | CR4_DE | CR4_OSXSAVE)
#define CR4_GUEST_FIXED (CR4_PAE | CR4_MCE | CR4_OSFXSR | CR4_OSXMMEXCPT)

/*
 * Hardware CR4 for while vcpu runs: guest_cr4, with the vCPU's own TSD.  To be
 * loaded at a vCPU switch where it differs.
 */
static inline uint64_t control_hardware_cr4(const struct vcpu *vcpu)
{
    return cpu_features.guest_cr4 | (vcpu->virtual_cr4 & CR4_TSD);
}

uint64_t control_read_cr0(const struct vcpu *vcpu);
uint64_t control_read_cr4(const struct vcpu *vcpu);
void control_write_cr4(struct vcpu *vcpu, uint64_t value);
/* The current vCPU's virtual CR0.TS, and with it hardware's. */
void control_set_task_switched(struct vcpu *vcpu);
void control_clear_task_switched(struct vcpu *vcpu);
void control_write_cr2(struct vcpu *vcpu, uint64_t value);
/* XSETBV of the current vCPU: 0, or -EINVAL for what must not be enabled. */
int control_write_xcr(struct vcpu *vcpu, uint32_t index,
                      uint64_t value) NODISCARD;
