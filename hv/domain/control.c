/* SPDX-License-Identifier: MIT */
/*
 * Virtual control registers.  A guest never gets a hardware bit that the
 * hypervisor relies on: its choices are masked on the way in, and what it
 * reads is put together on the way out.
 */
#include "hv/domain/control.h"

#include "hv/base/errno.h"
#include "hv/cpu/machine.h"

uint64_t control_read_cr0(const struct vcpu *vcpu)
{
    uint64_t cr0 = machine_cr0_read() & ~CR0_TS;

    return vcpu->virtual_ts ? cr0 | CR0_TS : cr0;
}

uint64_t control_read_cr4(const struct vcpu *vcpu)
{
    return (vcpu->virtual_cr4 & CR4_GUEST_MASK) | CR4_GUEST_FIXED;
}

/* What a PV guest must not choose is dropped, not refused: kernels write what
 * they would write on bare hardware and live with what they read back. */
void control_write_cr4(struct vcpu *vcpu, uint64_t value)
{
    uint64_t allowed = CR4_GUEST_MASK;

    if (!cpu_features.xsave) {
        allowed &= ~CR4_OSXSAVE;
    }
    vcpu->virtual_cr4 = value & allowed;
    machine_cr4_write(control_hardware_cr4(vcpu));
}

void control_set_task_switched(struct vcpu *vcpu)
{
    vcpu->virtual_ts = 1;
    machine_cr0_write(machine_cr0_read() | CR0_TS);
}

void control_clear_task_switched(struct vcpu *vcpu)
{
    vcpu->virtual_ts = 0;
    machine_cr0_write(machine_cr0_read() & ~CR0_TS);
}

void control_write_cr2(struct vcpu *vcpu, uint64_t value)
{
    vcpu->cr2 = value;
    vcpu->info->arch.cr2 = value;
}

/* The dependencies of the states: Intel SDM vol. 1, 13.3. */
static bool xcr0_is_valid(uint64_t value)
{
    if ((value & XCR0_X87) == 0 ||
        (value & ~cpu_features.xcr0_supported) != 0) {
        return false;
    }
    if ((value & XCR0_AVX) != 0 && (value & XCR0_SSE) == 0) {
        return false;
    }
    if ((value & XCR0_AVX512) == 0) {
        return true;
    }
    return (value & XCR0_AVX512) == XCR0_AVX512 && (value & XCR0_AVX) != 0;
}

int control_write_xcr(struct vcpu *vcpu, uint32_t index, uint64_t value)
{
    if (index != 0 || !xcr0_is_valid(value)) {
        return -EINVAL;
    }
    vcpu->xcr0 = value;
    machine_xcr0_write(value);
    return 0;
}
