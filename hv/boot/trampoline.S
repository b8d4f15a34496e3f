/* SPDX-License-Identifier: MIT */
/*
 * Where a further CPU starts: real mode, at the page SIPI names, to which this
 * was copied.  It goes straight to long mode on the idle root, in which that
 * page is mapped 1:1, finds its number by its APIC ID, and takes its stack.
 */
#include "asm_offsets.h"
#include "hv/cpu/descriptors.h"
#include "hv/base/layout.h"

#define MSR_EFER     0xc0000080
#define EFER_LME_NXE 0x900
#define CR4_PAE      0x20
#define CR0_PG_WP_PE 0x80010001
#define X2APIC_LEAF  0xb

    .section .rodata.trampoline, "a"
    .balign 16
    .globl trampoline_start, trampoline_end, trampoline_root
    .code16
trampoline_start:
    cli
    cld
    mov     %cs, %ax
    mov     %ax, %ds
    xor     %ebx, %ebx
    mov     %ax, %bx
    shl     $4, %ebx /* where this page is */
    lea     (gdt - trampoline_start)(%ebx), %eax
    mov     %eax, gdt_register - trampoline_start + 2
    lea     (start32 - trampoline_start)(%ebx), %eax
    mov     %eax, start32_pointer - trampoline_start
    lea     (start64 - trampoline_start)(%ebx), %eax
    mov     %eax, start64_pointer - trampoline_start
    lgdtl   gdt_register - trampoline_start
    mov     $1, %eax
    mov     %eax, %cr0
    ljmpl   *(start32_pointer - trampoline_start)

    .code32
start32:
    mov     $16, %eax
    mov     %eax, %ds
    mov     %eax, %ss
    mov     $CR4_PAE, %eax
    mov     %eax, %cr4
    mov     (trampoline_root - trampoline_start)(%ebx), %eax
    mov     %eax, %cr3
    mov     $MSR_EFER, %ecx
    rdmsr
    or      $EFER_LME_NXE, %eax
    wrmsr
    mov     $CR0_PG_WP_PE, %eax
    mov     %eax, %cr0
    ljmpl   *(start64_pointer - trampoline_start)(%ebx)

    .code64
start64:
    movabs  $ap_start, %rax
    jmp     *%rax

    .balign 8
trampoline_root:    .quad 0 /* below 4 GiB; smp.c writes it */
gdt:
    .quad 0
    .quad 0x00af9b000000ffff /* 8: 64-bit code */
    .quad 0x00cf93000000ffff /* 16: data */
    .quad 0x00cf9b000000ffff /* 24: 32-bit code */
gdt_register:
    .word . - gdt - 1
    .long 0
start32_pointer:
    .long 0
    .word 24
start64_pointer:
    .long 0
    .word 8
trampoline_end:

    .text
ap_start: /* in the image; no stack, flat segments */
    xor     %eax, %eax
    mov     %eax, %ds
    mov     %eax, %es
    mov     %eax, %fs
    mov     %eax, %gs
    mov     %eax, %ss
    xor     %eax, %eax
    cpuid
    cmp     $X2APIC_LEAF, %eax
    jb      1f
    mov     $X2APIC_LEAF, %eax
    xor     %ecx, %ecx
    cpuid
    test    %ebx, %ebx /* zero: the leaf is not there after all */
    jnz     2f
1:  mov     $1, %eax
    cpuid
    shr     $24, %ebx
    mov     %ebx, %edx
2:  lea     smp_apic_ids(%rip), %rbx
    xor     %edi, %edi
3:  cmp     smp_apic_id_count(%rip), %edi
    jae     5f
    cmp     %edx, (%rbx,%rdi,4)
    je      4f
    inc     %edi
    jmp     3b
4:  mov     %edi, %eax
    inc     %eax
    imul    $CPU_STACK_STRIDE, %rax, %rax
    movabs  $(STACKS_VIRT - SIZEOF_CPU_BLOCK), %rsp
    add     %rax, %rsp
    xor     %ebp, %ebp
    push    %rbp
    jmp     smp_ap_main
5:  cli /* none of ours */
    hlt
    jmp     5b
    .section .note.GNU-stack, "", @progbits
