/* SPDX-License-Identifier: MIT */
/*
 * Where a boot loader enters us: the multiboot headers, the 32-bit entry
 * (GRUB on BIOS, tboot, QEMU's loader) and the EFI 64-bit entry.  Both build
 * page tables that map this image at IMAGE_VIRT, wherever it was loaded, and
 * call boot_start() on the boot stack:
 *   32-bit: identity mapping of the first 4 GiB, everything writable;
 *   EFI: the firmware's own tables with one L4 entry of ours added, so that
 *   boot services can be called.
 * Everything here is addressed relative to where it runs.
 */
#include "hv/base/layout.h"

#define MB1_MAGIC 0x1badb002
#define MB1_FLAGS 0x00000003 /* page-aligned modules, memory map */
#define MB2_MAGIC 0xe85250d6

#define PTE_FLAGS    0x003 /* present, writable */
#define PTE_2M_FLAGS 0x083
#define MSR_EFER     0xc0000080
#define EFER_LME     0x100
#define CR4_PAE      0x20
#define CR4_LA57_BIT 12
#define CR0_PG_WP_PE 0x80010001

#define L4_INDEX ((IMAGE_VIRT >> 39) & 511)
#define L3_INDEX ((IMAGE_VIRT >> 30) & 511)
#define IMAGE_L2_ENTRIES 4 /* 8 MiB: more than we will ever be */

    .section .text.head, "ax"
    .globl image_start
image_start: /* the first byte of the image */
    .balign 64
multiboot1_header:
    .long MB1_MAGIC, MB1_FLAGS, -(MB1_MAGIC + MB1_FLAGS)

    .balign 64
multiboot2_header:
    .long MB2_MAGIC, 0, multiboot2_header_end - multiboot2_header
    .long -(MB2_MAGIC + multiboot2_header_end - multiboot2_header)

    .balign 8 /* information we use; all of it optional */
1:  .word 1, 1
    .long 2f - 1b
    .long 1, 3, 6, 12, 14, 15, 17, 18, 20
2:
    .balign 8 /* modules start on pages */
    .word 6, 0
    .long 8
    .balign 8 /* leave EFI boot services running */
    .word 7, 1
    .long 8
    .balign 8 /* EFI amd64 entry */
    .word 9, 1
    .long 12
    .long start_efi64_load_address
    .balign 8 /* relocatable: 2 MiB to 4 GiB, by 2 MiB, lowest first */
    .word 10, 1
    .long 24
    .long 0x200000, 0xffffffff, 0x200000, 1
    .balign 8
    .word 0, 0
    .long 8
multiboot2_header_end:

/* ------------------------------------------------------------------ */
    .code32
    .globl start32
start32: /* EAX: magic; EBX: information; paging off, flat segments */
    cli
    cld
    /* No stack yet: one word of the information that nobody needs. */
    mov     4(%ebx), %edi
    lea     8(%ebx), %esp
    call    1f
1:  pop     %ebp
    mov     %edi, 4(%ebx)
    sub     $(1b - image_start), %ebp /* where we were loaded */
    lea     (boot_stack_top - image_start)(%ebp), %esp
    mov     %eax, %esi

    mov     $0x80000000, %eax
    push    %ebx
    cpuid
    cmp     $0x80000001, %eax
    jb      no_long_mode
    mov     $0x80000001, %eax
    cpuid
    pop     %ebx
    bt      $29, %edx
    jnc     no_long_mode

    /* Identity: early_l4[0] -> early_l3[0..3] -> four L2 of 2 MiB pages. */
    lea     (early_l2_low - image_start)(%ebp), %edi
    mov     $PTE_2M_FLAGS, %eax
    mov     $2048, %ecx
2:  mov     %eax, (%edi)
    movl    $0, 4(%edi)
    add     $0x200000, %eax
    add     $8, %edi
    loop    2b
    lea     (early_l3_low - image_start)(%ebp), %edi
    lea     (early_l2_low - image_start + PTE_FLAGS)(%ebp), %eax
    mov     $4, %ecx
3:  mov     %eax, (%edi)
    add     $0x1000, %eax
    add     $8, %edi
    loop    3b
    lea     (early_l4 - image_start)(%ebp), %edi
    lea     (early_l3_low - image_start + PTE_FLAGS)(%ebp), %eax
    mov     %eax, (%edi)

    /* The image: early_l4[L4_INDEX] -> early_l3_image -> early_l2_image. */
    lea     (early_l3_image - image_start + PTE_FLAGS)(%ebp), %eax
    mov     %eax, L4_INDEX * 8(%edi)
    lea     (early_l3_image - image_start)(%ebp), %edi
    lea     (early_l2_image - image_start + PTE_FLAGS)(%ebp), %eax
    mov     %eax, L3_INDEX * 8(%edi)
    lea     (early_l2_image - image_start)(%ebp), %edi
    lea     PTE_2M_FLAGS(%ebp), %eax
    mov     $IMAGE_L2_ENTRIES, %ecx
4:  mov     %eax, (%edi)
    add     $0x200000, %eax
    add     $8, %edi
    loop    4b

    mov     $CR4_PAE, %eax
    mov     %eax, %cr4
    lea     (early_l4 - image_start)(%ebp), %eax
    mov     %eax, %cr3
    mov     $MSR_EFER, %ecx
    rdmsr
    or      $EFER_LME, %eax
    wrmsr
    mov     $CR0_PG_WP_PE, %eax
    mov     %eax, %cr0

    /* A 64-bit code segment; the descriptor pointer is made on the stack. */
    lea     (early_gdt - image_start)(%ebp), %eax
    push    %eax
    pushw   $(early_gdt_end - early_gdt - 1)
    lgdt    (%esp)
    add     $6, %esp
    lea     (start64 - image_start)(%ebp), %eax
    push    $8
    push    %eax
    lret

no_long_mode: /* On the first serial port, as no console is up. */
    lea     (no_long_mode_text - image_start)(%ebp), %esi
5:  mov     $0x3fd, %dx
    in      %dx, %al
    test    $0x20, %al
    jz      5b
    mov     $0x3f8, %dx
    lodsb
    test    %al, %al
    jz      6f
    out     %al, %dx
    jmp     5b
6:  hlt
    jmp     6b

    .code64
start64: /* still at the load address; ESI magic, EBX information, EBP base */
    xor     %eax, %eax
    mov     %eax, %ds
    mov     %eax, %es
    mov     %eax, %fs
    mov     %eax, %gs
    mov     %eax, %ss
    mov     %esi, %edi
    mov     %ebx, %esi
    mov     %ebp, %edx
    movabs  $boot_stack_top, %rsp
    xor     %ebp, %ebp
    movabs  $boot_start, %rax
    push    %rbp /* no caller: the end of every trace */
    jmp     *%rax

/* ------------------------------------------------------------------ */
    .globl start_efi64
start_efi64: /* EAX: magic; EBX: information; long mode, firmware running */
    cld
    mov     %eax, %r8d
    mov     %ebx, %r9d
    lea     image_start(%rip), %r10
    mov     %cr4, %rax
    bt      $CR4_LA57_BIT, %eax /* five levels: not ours to extend */
    jc      8f

    /* Our L4: the firmware's, and the image. */
    mov     %cr3, %rsi
    and     $~0xfff, %rsi
    lea     early_l4(%rip), %rdi
    mov     $512, %ecx
    rep movsq
    lea     early_l3_image(%rip), %rdi
    lea     PTE_FLAGS(%rdi), %rax
    mov     %rax, early_l4 + L4_INDEX * 8(%rip)
    lea     early_l2_image(%rip), %rsi
    lea     PTE_FLAGS(%rsi), %rax
    mov     %rax, L3_INDEX * 8(%rdi)
    lea     PTE_2M_FLAGS(%r10), %rax
    mov     $IMAGE_L2_ENTRIES, %ecx
7:  mov     %rax, (%rsi)
    add     $0x200000, %rax
    add     $8, %rsi
    loop    7b

    lea     early_l4(%rip), %rax
    mov     %rax, %cr3
    movabs  $boot_stack_top, %rsp
    mov     %r8d, %edi
    mov     %r9d, %esi
    mov     %r10, %rdx
    xor     %ebp, %ebp
    movabs  $boot_start, %rax
    push    %rbp
    jmp     *%rax
8:  lea     five_level_text(%rip), %rsi
9:  lodsb
    mov     $0x3f8, %dx
    test    %al, %al
    jz      10f
    out     %al, %dx
    jmp     9b
10: hlt
    jmp     10b

/*
 * void switch_stack(void *top, void (*function)(void)): leaves the boot stack
 * for good.
 */
    .globl switch_stack
switch_stack:
    mov     %rdi, %rsp
    xor     %ebp, %ebp
    push    %rbp
    jmp     *%rsi

    .section .rodata.head, "a"
    .balign 8
early_gdt:
    .quad 0
    .quad 0x00af9b000000ffff
early_gdt_end:
no_long_mode_text:
    .asciz "(vouch) refused: this CPU has no long mode\r\n"
five_level_text:
    .asciz "(vouch) refused: firmware uses five-level page tables\r\n"

    .section .early_bss, "aw", @nobits
    .balign 4096
early_l2_low:   .skip 4 * 4096
early_l3_low:   .skip 4096
early_l3_image: .skip 4096
early_l2_image: .skip 4096
    .globl early_l4
early_l4:       .skip 4096
    .balign 16384 /* firmware wants 128 KiB of stack */
    .globl boot_stack, boot_stack_top
boot_stack:     .skip 0x20000
boot_stack_top:
    .section .note.GNU-stack, "", @progbits
