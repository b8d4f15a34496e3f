/* SPDX-License-Identifier: MIT */
/*
 * Traps as a test sees them: every delivered frame is recorded whole; TRY runs
 * code that is expected to fault and goes on after it.  A trap that nobody
 * asked for ends the guest with its frame printed.
 */
#ifndef TESTS_GUEST_LIB_TRAP_H
#define TESTS_GUEST_LIB_TRAP_H

#include "guest.h"

/* entry.S pushes and pops this; cs holds the saved mask in bits 32-39. */
struct frame {
    uint64_t handler_rflags;
    uint64_t r15, r14, r13, r12, r11, r10, r9, r8;
    uint64_t rdi, rsi, rbp, rbx, rdx, rcx, rax;
    uint64_t vector, error, rip, cs, rflags, rsp, ss;
};
_Static_assert(sizeof(struct frame) == 23 * 8, "entry.S relies on it");

/* Pseudo vectors of the callbacks. */
#define VECTOR_EVENT    256
#define VECTOR_SYSCALL  257
#define VECTOR_FAILSAFE 258
#define VECTOR_NONE     999

#define DE              0
#define DB              1
#define BP              3
#define OF              4
#define UD              6
#define NM              7
#define DF              8
#define TS              10
#define NP              11
#define SS              12
#define GP              13
#define PF              14
#define MF              16
#define AC              17
#define XM              19

#define EFLAGS_CF       0x1ull
#define EFLAGS_ZF       0x40ull
#define EFLAGS_TF       0x100ull
#define EFLAGS_IF       0x200ull
#define EFLAGS_DF       0x400ull
#define EFLAGS_IOPL     0x3000ull
#define EFLAGS_NT       0x4000ull
#define EFLAGS_RF       0x10000ull
#define EFLAGS_VM       0x20000ull
#define EFLAGS_AC       0x40000ull

#define PF_PRESENT      1ull
#define PF_WRITE        2ull
#define PF_USER         4ull
#define PF_FETCH        16ull

struct trap_record {
    struct frame frame;
    uint64_t vector;      /* VECTOR_NONE when nothing came */
    uint64_t cr2;         /* vcpu_info.arch.cr2 at entry */
    uint64_t frame_top;   /* address above the pushed ss */
    uint64_t site;        /* where TRY's instruction is */
    uint8_t handler_mask; /* evtchn_upcall_mask in the handler */
    unsigned int count;
};

extern volatile struct trap_record trap_last;
extern volatile uint64_t trap_fixup, trap_site;
extern uint64_t failsafe_selectors[4];

/* TRY("instruction", outputs, inputs...): r9 to r13 are free to it. */
#define TRY(instruction, outputs, ...)                                         \
    do {                                                                       \
        trap_reset();                                                          \
        __asm__ volatile("leaq 2f(%%rip), %%r11\n\t"                           \
                         "movq %%r11, trap_fixup(%%rip)\n\t"                   \
                         "leaq 1f(%%rip), %%r11\n\t"                           \
                         "movq %%r11, trap_site(%%rip)\n"                      \
                         "1:\t" instruction "\n"                               \
                         "2:\tmovq $0, trap_fixup(%%rip)"                      \
                         : outputs:__VA_ARGS__                                 \
                         : "r9", "r10", "r11", "r12", "r13", "memory", "cc");  \
    } while (0)
#define NONE
#define OUTPUTS(...) __VA_ARGS__

void trap_init(void);
void trap_reset(void);
/* Flags as in struct trap_info: DPL in bits 0-1, 4 = mask events. */
void trap_set(unsigned int vector, unsigned int flags);
/* A handler for one vector, called before the fixup is looked at; true means
 * "handled: resume".  NULL puts back the default. */
void trap_hook(bool (*hook)(struct frame *frame));

/* Test helper: the last TRY trapped with this vector and error code. */
bool trap_was(unsigned int vector, uint64_t error);

/* Entry points (entry.S). */
void trap_dispatch(struct frame *frame);
extern uint64_t iret_flags;
void frame_resume_at(struct frame *frame) __attribute__((noreturn));
extern const char trap_stub_3[], trap_stub_256[], trap_stub_257[],
    trap_stub_258[];
extern char boot_stack_top[];

/* Fill a trap table as trap_init loads it; returns the number of entries. */
unsigned int trap_table(struct trap_info *table);

#endif
