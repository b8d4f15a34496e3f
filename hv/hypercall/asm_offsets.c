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
    OFFSET(REGS_r15, struct regs, r15);
    OFFSET(REGS_r14, struct regs, r14);
    OFFSET(REGS_r13, struct regs, r13);
    OFFSET(REGS_r12, struct regs, r12);
    OFFSET(REGS_rbp, struct regs, rbp);
    OFFSET(REGS_rbx, struct regs, rbx);
    OFFSET(REGS_r11, struct regs, r11);
    OFFSET(REGS_r10, struct regs, r10);
    OFFSET(REGS_r9, struct regs, r9);
    OFFSET(REGS_r8, struct regs, r8);
    OFFSET(REGS_rax, struct regs, rax);
    OFFSET(REGS_rcx, struct regs, rcx);
    OFFSET(REGS_rdx, struct regs, rdx);
    OFFSET(REGS_rsi, struct regs, rsi);
    OFFSET(REGS_rdi, struct regs, rdi);
    OFFSET(REGS_error_code, struct regs, error_code);
    OFFSET(REGS_vector, struct regs, vector);
    OFFSET(REGS_rip, struct regs, rip);
    OFFSET(REGS_cs, struct regs, cs);
    OFFSET(REGS_rflags, struct regs, rflags);
    OFFSET(REGS_rsp, struct regs, rsp);
    OFFSET(REGS_ss, struct regs, ss);
    DEFINE(SIZEOF_REGS, sizeof(struct regs));

    OFFSET(CPU_current, struct cpu, current);
    OFFSET(CPU_syscall_rsp, struct cpu, syscall_rsp);
    OFFSET(CPU_loaded_cr3, struct cpu, loaded_cr3);
    OFFSET(CPU_has_work, struct cpu, has_work);
    OFFSET(CPU_fault_vector, struct cpu, fault_vector);
    OFFSET(CPU_poll_requests, struct cpu, poll_requests);
    OFFSET(CPU_BLOCK_guest, struct cpu_block, guest);
    OFFSET(CPU_BLOCK_cpu, struct cpu_block, cpu);
    DEFINE(SIZEOF_CPU, sizeof(struct cpu));
    DEFINE(SIZEOF_CPU_BLOCK, sizeof(struct cpu_block));

    OFFSET(VCPU_kernel_mode, struct vcpu, kernel_mode);
    OFFSET(VCPU_has_exception, struct vcpu, has_exception);
    OFFSET(VCPU_info, struct vcpu, info);
    OFFSET(VCPU_domain, struct vcpu, domain);
    OFFSET(VCPU_root_kernel, struct vcpu, root_kernel);
    OFFSET(VCPU_root_user, struct vcpu, root_user);
    OFFSET(VCPU_kernel_rsp, struct vcpu, kernel_rsp);
    OFFSET(VCPU_kernel_ss, struct vcpu, kernel_ss);
}
