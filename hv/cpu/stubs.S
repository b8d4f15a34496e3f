/* SPDX-License-Identifier: MIT */
/*
 * Where SYSCALL lands: one stub of 32 bytes for each CPU, since only the
 * instruction pointer tells which CPU this is (GS is the guest's).  It keeps
 * the guest's RSP in struct cpu and takes the top of the CPU's stack.
 */
#include "asm_offsets.h"
#include "hv/base/layout.h"

#define CPU_AT(cpu) (STACKS_VIRT + (cpu) * CPU_STACK_STRIDE + \
    CPU_STACK_STRIDE - SIZEOF_CPU_BLOCK + CPU_BLOCK_cpu)

/*
 * STACKS_VIRT is a constant to the assembler, so the distance to it is given
 * from image_start, which the linker script puts at IMAGE_VIRT.
 */
.macro STUBS name, target
    .balign 32
    .globl \name
\name:
    .set cpu, 0
    .rept MAX_CPUS
    .balign 32, 0xcc
    mov     %rsp, image_start + (CPU_AT(cpu) - IMAGE_VIRT) + CPU_syscall_rsp(%rip)
    lea     image_start + (CPU_AT(cpu) - IMAGE_VIRT)(%rip), %rsp
    jmp     \target
    .set cpu, cpu + 1
    .endr
.endm

    .text
    STUBS syscall_stubs, entry_syscall
    STUBS syscall32_stubs, entry_syscall32
    .section .note.GNU-stack, "", @progbits
