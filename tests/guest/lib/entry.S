/* SPDX-License-Identifier: MIT */
/*
 * First instruction of the guest, the stubs that every trap, event and system
 * call comes through, and the way into and back out of user mode.  Each stub
 * turns the hypervisor's frame (rcx, r11, [error], rip, cs | mask << 32,
 * rflags, rsp, ss) into the struct frame of trap.h, with nothing lost.
 */
#define __ASSEMBLY__ 1
#define HYPERVISOR_IRET 23

    .section .text.start, "ax"
    .globl guest_start
guest_start:
    /* The hypervisor's first present: how long the boot took. */
    rdtsc
    shl $32, %rdx
    or %rdx, %rax
    mov %rax, first_tsc(%rip)
    pushfq
    pop first_rflags(%rip)
    mov %rsp, first_rsp(%rip)
    cld
    lea boot_stack_top(%rip), %rsp
    mov %rsi, %rdi
    xor %ebp, %ebp
    call guest_main
1:  ud2
    jmp 1b

    .text
.macro NO_ERROR_STUB vector
    .globl trap_stub_\vector
trap_stub_\vector:
    pop %rcx
    pop %r11
    push $0
    push $\vector
    jmp trap_common
.endm
.macro ERROR_STUB vector
    .globl trap_stub_\vector
trap_stub_\vector:
    pop %rcx
    pop %r11
    push $\vector
    jmp trap_common
.endm

.irp v, 0,1,2,3,4,5,6,7,9,15,16,18,19,20,32,64,65,66,128,129,130,131,132,256
    NO_ERROR_STUB \v
.endr
    NO_ERROR_STUB 257
.irp v, 8,10,11,12,13,14,17,21
    ERROR_STUB \v
.endr

    /* Failsafe: four data selectors lie between r11 and rip. */
    .globl trap_stub_258
trap_stub_258:
    pop %rcx
    pop %r11
    pop failsafe_selectors(%rip)
    pop failsafe_selectors+8(%rip)
    pop failsafe_selectors+16(%rip)
    pop failsafe_selectors+24(%rip)
    push $0
    push $258
    jmp trap_common

trap_common:
    push %rax
    push %rcx
    push %rdx
    push %rbx
    push %rbp
    push %rsi
    push %rdi
    push %r8
    push %r9
    push %r10
    push %r11
    push %r12
    push %r13
    push %r14
    push %r15
    pushfq
    cld
    mov %rsp, %rdi
    mov %rsp, %rbp
    and $-16, %rsp
    call trap_dispatch
    mov %rbp, %rsp
    jmp frame_resume

    /* frame_resume_at(struct frame *): become what the frame describes. */
    .globl frame_resume_at
frame_resume_at:
    mov %rdi, %rsp
frame_resume:
    add $8, %rsp            /* the handler's own rflags */
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %r11
    pop %r10
    pop %r9
    pop %r8
    pop %rdi
    pop %rsi
    pop %rbp
    pop %rbx
    pop %rdx
    pop %rcx
    pop %rax
    add $8, %rsp            /* vector; the error slot becomes the flags */
    pushq iret_flags(%rip)
    popq (%rsp)
    push %rcx
    push %r11
    push %rax
    mov $HYPERVISOR_IRET, %eax
    .globl iret_site
iret_site:
    syscall
    ud2

    /* user_call(struct frame *): run user code until it comes back to the
     * kernel by a system call or a trap; trap_dispatch then returns here. */
    .globl user_call
user_call:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
    mov %rsp, user_return_rsp(%rip)
    /* the frame is copied below the stack: resuming must not destroy it */
    mov %rdi, %rsi
    sub $24 * 8, %rsp
    mov %rsp, %rdi
    mov $23, %ecx
    rep movsq
    jmp frame_resume

    .globl user_return
user_return:
    mov user_return_rsp(%rip), %rsp
    pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret

    /* Where a second vCPU starts: rdi is the function to call. */
    .globl vcpu_start
vcpu_start:
    cld
    xor %ebp, %ebp
    call *%rdi
1:  ud2
    jmp 1b

    .bss
    .balign 16
boot_stack:
    .skip 32768
    .globl boot_stack_top
boot_stack_top:
    .globl failsafe_selectors, user_return_rsp
failsafe_selectors:
    .skip 32
user_return_rsp:
    .skip 8
    .data
    .globl first_tsc, first_rflags, first_rsp, iret_flags
iret_flags:
    .quad 0                 /* VGCF_in_syscall, if a test wants it */
first_tsc:
    .quad 0
first_rflags:
    .quad 0
first_rsp:
    .quad 0

    .section .note.GNU-stack, "", @progbits
