/* SPDX-License-Identifier: MIT */
/*
 * The first instruction, the ways in from the hypervisor, and the way to user
 * mode. A trap never goes back: its stub only tells trap.c which one it was. A
 * system call leaves struct registers (syscall.h) on the stack.
 */
#define HYPERVISOR_iret 23

    .section .text.start, "ax"
    .globl kernel_start
kernel_start:
    cld
    lea kernel_stack_top(%rip), %rsp
    mov %rsi, %rdi
    xor %ebp, %ebp
    call kernel_main
1:  ud2
    jmp 1b

    .text
    /* The hypervisor pushed rcx and r11 in front of what a CPU pushes. */
.macro TRAP vector, has_error
trap_\vector:
    pop %rcx
    pop %r11
    .if \has_error == 0
    push $0
    .endif
    push $\vector
    jmp trap_common
.endm
.irp vector, 0,1,2,3,4,5,6,7,9,16,18,19
    TRAP \vector, 0
.endr
.irp vector, 8,10,11,12,13,14,17,21
    TRAP \vector, 1
.endr

trap_common:
    cld
    mov %rsp, %rdi
    and $-16, %rsp
    call trap_fatal
    ud2

    .section .rodata
    .balign 8
    .globl trap_entries
trap_entries:               /* {vector, address}, the last one 0, 0 */
.irp vector, 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,16,17,18,19,21
    .quad \vector, trap_\vector
.endr
    .quad 0, 0

    .text
    .globl syscall_entry
syscall_entry:
    pop %rcx
    pop %r11
    push $0                 /* flags of the iret hypercall: restore all */
    push %rcx
    push %r11
    push %rax
    push %rdi
    push %rsi
    push %rdx
    push %r10
    push %r8
    push %r9
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    xor %ebp, %ebp
    cld
    mov %rsp, %rdi
    call syscall_dispatch
    mov %rsp, %rdi

    /* user_enter(struct registers *) */
    .globl user_enter
user_enter:
    mov %rdi, %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    pop %r9
    pop %r8
    pop %r10
    pop %rdx
    pop %rsi
    pop %rdi
    mov $HYPERVISOR_iret, %eax
    syscall
    ud2

    /* The page below the stack is never mapped. */
    .section .bss.stack, "aw", @nobits
    .balign 4096
    .globl kernel_stack_guard, kernel_stack_top
kernel_stack_guard:
    .skip 4096
    .skip 16384
kernel_stack_top:

    .section .note.GNU-stack, "", @progbits
