/* SPDX-License-Identifier: MIT */
/*
 * Compiled to assembly only: mk/hv.mk makes build/include/asm_offsets.h of the
 * lines marked "->".
 */
#include "hv/cpu/cpu.h"
#include "hv/domain/vcpu.h"

#define DEFINE(name, value)                                                    \
    __asm__ volatile("\n->" #name " %0" ::"i"((uint64_t)(value)))
#define OFFSET(name, type, member) DEFINE(name, offsetof(type, member))

void asm_offsets(void);

void asm_offsets(void)
{
    OFFSET(REGS_cs, struct regs, cs);
    DEFINE(SIZEOF_REGS, sizeof(struct regs));

    OFFSET(CPU_current, struct cpu, current);
    OFFSET(CPU_syscall_rsp, struct cpu, syscall_rsp);
    OFFSET(CPU_budget, struct cpu, budget);
    DEFINE(WORK_BUDGET, WORK_BUDGET);
    OFFSET(CPU_has_work, struct cpu, has_work);
    OFFSET(CPU_BLOCK_guest, struct cpu_block, guest);
    OFFSET(CPU_BLOCK_cpu, struct cpu_block, cpu);
    DEFINE(SIZEOF_CPU_BLOCK, sizeof(struct cpu_block));

    OFFSET(VCPU_kernel_mode, struct vcpu, kernel_mode);
    OFFSET(VCPU_info, struct vcpu, info);
}
