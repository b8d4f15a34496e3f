/* SPDX-License-Identifier: MIT */
/*
 * A vCPU's control registers: what it sees of CR0, CR2, CR3, CR4 and XCR0, what
 * it may change, and what of that is in hardware while it runs.
 */
#pragma once

#include "hv/base/compiler.h"
#include "hv/cpu/cpu.h"
#include "hv/domain/vcpu.h"

/* Intel SDM vol. 3A, 2.5. */
#define CR0_TS         0x8ull
#define CR4_TSD        0x4ull
#define CR4_DE         0x8ull
#define CR4_PAE        0x20ull
#define CR4_MCE        0x40ull
#define CR4_OSFXSR     0x200ull
#define CR4_OSXMMEXCPT 0x400ull
#define CR4_OSXSAVE    0x40000ull

/* What a guest may choose; of it, what hardware must follow while it runs. */
#define CR4_GUEST_MASK    (CR4_TSD | CR4_DE | CR4_OSXSAVE)
#define CR4_GUEST_FIXED   (CR4_PAE | CR4_MCE | CR4_OSFXSR | CR4_OSXMMEXCPT)
#define CR4_HARDWARE_MASK (CR4_TSD | CR4_DE)

/* Hardware CR4 for while vcpu runs: load it at a vCPU switch if it differs. */
static inline uint64_t control_hardware_cr4(const struct vcpu *vcpu)
{
    return (cpu_features.guest_cr4 & ~CR4_HARDWARE_MASK) |
           (vcpu->virtual_cr4 & CR4_HARDWARE_MASK);
}

uint64_t control_read_cr0(const struct vcpu *vcpu);
uint64_t control_read_cr4(const struct vcpu *vcpu);
void control_write_cr4(struct vcpu *vcpu, uint64_t value);
/* The current vCPU's virtual CR0.TS, and with it hardware's. */
void control_set_task_switched(struct vcpu *vcpu);
void control_clear_task_switched(struct vcpu *vcpu);
void control_write_cr2(struct vcpu *vcpu, uint64_t value);
/* XSETBV of the current vCPU: 0, or -EINVAL for what must not be enabled. */
int control_write_xcr(struct vcpu *vcpu, uint32_t index, uint64_t value)
    NODISCARD;
