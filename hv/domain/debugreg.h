/* SPDX-License-Identifier: MIT */
/*
 * Virtual debug registers.  Invariants: DR0-3 never point into the
 * hypervisor's window; hardware DR7 has enables only while a vCPU whose DR7
 * has them runs.
 */
#pragma once

#include "hv/base/compiler.h"
#include "hv/domain/vcpu.h"

#define DR7_ENABLES 0xffull

/*
 * Of a vCPU that does not run.  number is below 8.  0, -EPERM, -EINVAL, or
 * -ENODEV (4 and 5 with CR4.DE).
 */
int debugreg_set(struct vcpu *vcpu, uint8_t number, uint64_t value) NODISCARD;
/* Of the current vCPU, with the hardware's. */
int debugreg_write(struct vcpu *vcpu, uint8_t number, uint64_t value) NODISCARD;
int debugreg_read(const struct vcpu *vcpu, uint8_t number,
                  uint64_t *value) NODISCARD;

/*
 * The hypercalls set_debugreg (args: register, value) and get_debugreg (args:
 * register; returns the value) are declared in handlers.h.
 */
void debugreg_load(const struct vcpu *vcpu);
void debugreg_unload(void);

/* At a vCPU switch: after the new vCPU is current. */
static inline void debugreg_switch_in(const struct vcpu *vcpu)
{
    if (unlikely((vcpu->debugreg[7] & DR7_ENABLES) != 0)) {
        debugreg_load(vcpu);
    }
}

static inline void debugreg_switch_out(const struct vcpu *vcpu)
{
    if (unlikely((vcpu->debugreg[7] & DR7_ENABLES) != 0)) {
        debugreg_unload();
    }
}

/* On #DB from the guest: adds what the CPU reports to the virtual DR6. */
void debugreg_merge_status(struct vcpu *vcpu);
