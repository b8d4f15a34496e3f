/* SPDX-License-Identifier: MIT */
/*
 * The ways in from a guest and the one way out.  Every entry leaves a struct
 * regs on the stack, the guest's always at the fixed top, right below struct
 * cpu.  Interrupts are off from entry to exit.
 */
#include "asm_offsets.h"
#include "hv/cpu/extable.h"
#include "hv/cpu/regs.h"
#include "hv/cpu/vectors.h"
#include "hv/base/layout.h"

#define GUEST_CS64 0xe033
#define GUEST_CS32 0xe023
#define GUEST_SS   0xe02b

/* From the top of struct regs to struct cpu, which follows the guest's. */
#define GUEST_CPU(field) (SIZEOF_REGS + CPU_##field)(%rsp)

.macro PUSH_REGS
    push    %r8
    push    %r10
    push    %rdx
    push    %rsi
    push    %rdi
    push    %rax
    push    %rcx
    push    %r9
    push    %r11
    push    %rbx
    push    %rbp
    push    %r12
    push    %r13
    push    %r14
    push    %r15
.endm

.macro POP_REGS
    pop     %r15
    pop     %r14
    pop     %r13
    pop     %r12
    pop     %rbp
    pop     %rbx
    pop     %r11
    pop     %r9
    pop     %rcx
    pop     %rax
    pop     %rdi
    pop     %rsi
    pop     %rdx
    pop     %r10
    pop     %r8
.endm

/* How much work this entry may do. */
.macro BUDGET
    movq    $WORK_BUDGET, GUEST_CPU(budget)
.endm

/*
 * What a guest may leave on: the direction of strings, and AC, which SYSCALL
 * masks and a gate does not.  A NOP where there is no SMAP (features.c).
 */
.macro CLEAR_FLAGS
    cld
661: .byte 0x0f, 0x1f, 0x00
    .pushsection .patch_clac, "a"
    .long   661b - .
    .popsection
.endm

/* SYSCALL: the stub put RSP at struct cpu and kept the guest's there. */
.macro SYSCALL_FRAME cs, vector
    pushq   $GUEST_SS
    pushq   (8 + CPU_syscall_rsp)(%rsp)
    push    %r11
    pushq   $\cs
    push    %rcx
    pushq   $\vector
    PUSH_REGS
    mov     GUEST_CPU(current), %rdi
    mov     %rsp, %rsi
.endm

    .text
    .globl entry_syscall, entry_syscall32, resume_guest, exit_to_guest

entry_syscall32:
    SYSCALL_FRAME GUEST_CS32, ENTRY_SYSCALL32
    call    guest_syscall32
    jmp     exit_to_guest

entry_exception:
    PUSH_REGS
    CLEAR_FLAGS
    mov     %rsp, %rdi
    testb   $3, REGS_cs(%rsp)
    jz      from_hypervisor
    BUDGET
    call    guest_exception
    jmp     exit_to_guest

1:  call    guest_syscall
    jmp     exit_to_guest

entry_syscall:
    SYSCALL_FRAME GUEST_CS64, ENTRY_SYSCALL
    cmpb    $0, VCPU_kernel_mode(%rdi)
    je      1b
    BUDGET
    call    hypercall_enter
    /* fall through */

/*
 * Into the guest: first whatever waits (another vCPU, an exception), then the
 * guest's events, which this must see after everything else was done.
 */
exit_to_guest:
    cmpb    $0, GUEST_CPU(has_work)
    jne     2f
    mov     GUEST_CPU(current), %rax
    mov     VCPU_info(%rax), %rax
    cmpb    $0, (%rax)          /* evtchn_upcall_pending */
    je      3f
    cmpb    $0, 1(%rax)         /* evtchn_upcall_mask */
    jne     3f
    call    guest_event
    jmp     exit_to_guest
2:  call    exit_work
    jmp     exit_to_guest
3:  POP_REGS
    add     $8, %rsp
guest_iret:
    iretq
    EXTABLE guest_iret, guest_iret_fixup

/* Something interrupted the hypervisor: an interrupt while idle, or a fault. */
from_hypervisor:
    call    hypervisor_exception
    POP_REGS
    add     $8, %rsp
    iretq

/*
 * IRETQ refused the guest's frame, which is still there up to RIP; its other
 * registers are live.
 */
guest_iret_fixup:
    pushq   $0
    PUSH_REGS
    mov     %rsp, %rdi
    call    guest_iret_fault
    jmp     exit_to_guest

/* Drops whatever is on this stack and goes on with the guest's frame. */
resume_guest:
    or      $(CPU_STACK_STRIDE - 1), %rsp
    lea     1 - SIZEOF_CPU_BLOCK + CPU_BLOCK_guest(%rsp), %rsp
    jmp     exit_to_guest

/* NMI, #DF and #MC have stacks of their own and return to where they were. */
entry_ist:
    PUSH_REGS
    CLEAR_FLAGS
    mov     %rsp, %rdi
    call    ist_exception
    POP_REGS
    add     $8, %rsp
    iretq

/*
 * #DB has one too, since it can come before the first instruction of an entry,
 * on the guest's stack pointer (MOV SS; SYSCALL).  From a guest it goes on as
 * any exception, on the CPU's stack.
 */
entry_debug:
    PUSH_REGS
    CLEAR_FLAGS
    testb   $3, REGS_cs(%rsp)
    jz      1f
    mov     %rsp, %rsi
    or      $(CPU_STACK_STRIDE - 1), %rsp
    lea     1 - SIZEOF_CPU_BLOCK + CPU_BLOCK_guest(%rsp), %rsp
    mov     %rsp, %rdi
    mov     $(SIZEOF_REGS / 8), %ecx
    rep movsq
    mov     %rsp, %rdi
    BUDGET
    call    guest_exception
    jmp     exit_to_guest
1:  mov     %rsp, %rdi
    call    hypervisor_debug
    POP_REGS
    add     $8, %rsp
    iretq

/* One stub per vector; where the CPU pushes no error code the stub does. */
.macro STUB vector
    .balign 16, 0xcc
stub_\vector:
    .if     !(\vector == 8 || (\vector >= 10 && \vector <= 14) || \
              \vector == 17 || \vector == 21)
    pushq   $0
    .endif
    movl    $\vector, 4(%rsp)
    .if     \vector == VECTOR_NMI || \vector == VECTOR_DF || \vector == VECTOR_MC
    jmp     entry_ist
    .elseif \vector == VECTOR_DB
    jmp     entry_debug
    .else
    jmp     entry_exception
    .endif
    .pushsection .rodata, "a"
    .quad   stub_\vector
    .popsection
.endm

    .pushsection .rodata, "a"
    .balign 8
    .globl  entry_vectors
entry_vectors:
    .popsection

    .altmacro
    .set    vector, 0
    .rept   256
    STUB    %vector
    .set    vector, vector + 1
    .endr

    .section .note.GNU-stack, "", @progbits
