/* SPDX-License-Identifier: MIT */
/* A kernel that shuts down at once, wherever it lies (launch.c). */
/* Numbers of xen/sched.h, which assembly cannot include. */
#define SCHED_OP         29
#define SCHEDOP_SHUTDOWN 2
#define REASON_SUSPEND   2

    .section .rodata
    .globl  tiny_start, tiny_end
tiny_start:
    pushq   $REASON_SUSPEND
    mov     $SCHEDOP_SHUTDOWN, %edi
    mov     %rsp, %rsi
    mov     $SCHED_OP, %eax
    syscall
1:  jmp     1b
tiny_end:

    .section .note.GNU-stack, "", @progbits
