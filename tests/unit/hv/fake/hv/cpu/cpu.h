/* SPDX-License-Identifier: MIT */
/* The fake machine: a CPU is whichever the test says it is. */
#pragma once

#define this_cpu     hardware_this_cpu
#define current_vcpu hardware_current_vcpu
#include_next "hv/cpu/cpu.h"
#undef this_cpu
#undef current_vcpu

extern _Thread_local struct cpu *fake_cpu;

static inline struct cpu *this_cpu(void)
{
    return fake_cpu;
}

static inline struct vcpu *current_vcpu(void)
{
    return fake_cpu->current;
}
