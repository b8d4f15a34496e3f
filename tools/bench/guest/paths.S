/* SPDX-License-Identifier: MIT */
/*
 * Handlers of the least possible length, so that a round trip is the
 * hypervisor's cost and not ours.  On entry the stack holds rcx, r11,
 * [error], rip, cs, rflags, rsp, ss; iret wants rax, r11, rcx, flags below
 * the rip.
 */
#define __ASSEMBLY__ 1
#define HYPERVISOR_IRET 23

.macro GLOBAL name
    .globl \name
\name:
.endm

.macro IRET
    pushq $0
    push %rcx
    push %r11
    push %rax
    mov $HYPERVISOR_IRET, %eax
    syscall
.endm

.macro STAMP
    push %rax
    push %rdx
    rdtsc
    shl $32, %rdx
    or %rdx, %rax
    mov %rax, path_entry(%rip)
    pop %rdx
    pop %rax
.endm

    .text
GLOBAL path_event
    STAMP
    pop %rcx
    pop %r11
    push %rax
    mov path_vcpu_info(%rip), %rax
    movb $0, (%rax)
    movq $0, 8(%rax)
    mov path_pending_word(%rip), %rax
    movq $0, (%rax)
    pop %rax
    IRET

GLOBAL path_fault_stamp
    STAMP
GLOBAL path_fault
    pop %rcx
    pop %r11
    add $8, %rsp
    addq $3, (%rsp)
    IRET

GLOBAL path_int3_stamp
    STAMP
GLOBAL path_int3
    pop %rcx
    pop %r11
    IRET

GLOBAL path_syscall_stamp
    STAMP
GLOBAL path_syscall
    pop %rcx
    pop %r11
    /* Linux, too, corrects the two selectors the hypervisor guessed. */
    movq $0xe033, 8(%rsp)
    movq $0xe02b, 32(%rsp)
    IRET

GLOBAL path_iret
    mov %rsp, %rax
    pushq $0xe02b
    push %rax
    pushq $2
    pushq $0xe030
    lea 1f(%rip), %rax
    push %rax
    IRET
1:  ret

    .data
    .globl path_entry, path_vcpu_info, path_pending_word
path_entry:
    .quad 0
path_vcpu_info:
    .quad 0
path_pending_word:
    .quad 0

    .section .note.GNU-stack, "", @progbits
