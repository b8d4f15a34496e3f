/* SPDX-License-Identifier: MIT */
/*
 * The frame that every entry from a guest leaves on top of the CPU's stack.
 * Offsets are used by assembly through build/include/asm_offsets.h.
 */
#pragma once

#define ENTRY_SYSCALL   0x100 /* in regs.error_code; the vector is then 0 */
#define ENTRY_SYSCALL32 0x101

#ifndef __ASSEMBLY__
#include <stdbool.h>
#include <stdint.h>

struct regs {
    uint64_t r15, r14, r13, r12, rbp, rbx;
    uint64_t r11, r9, rcx, rax;
    uint64_t rdi, rsi, rdx, r10, r8; /* a hypercall's arguments, in order */
    uint32_t error_code, vector; /* of an exception; SYSCALL: 0, ENTRY_SYSCALL */
    uint64_t rip;
    uint16_t cs, cs_pad[3];
    uint64_t rflags, rsp;
    uint16_t ss, ss_pad[3];
};
_Static_assert(sizeof(struct regs) == 168, "frame pushed by entry.S");

#define FLAG_CF   0x1ull
#define FLAG_ZF   0x40ull
#define FLAG_TF   0x100ull
#define FLAG_IF   0x200ull
#define FLAG_DF   0x400ull
#define FLAG_IOPL 0x3000ull
#define FLAG_NT   0x4000ull
#define FLAG_RF   0x10000ull
#define FLAG_VM   0x20000ull
#define FLAG_AC   0x40000ull
#define FLAG_ID   0x200000ull

static inline bool regs_from_guest(const struct regs *regs)
{
    return (regs->cs & 3) == 3;
}
#endif
