/* SPDX-License-Identifier: MIT */
/*
 * The user half: one L4 that maps only the .user pages of the image and a
 * stack, run until it comes back by SYSCALL or by a trap.  Snippets are
 * assembled into section .user and must not refer to anything outside it.
 */
#ifndef TESTS_GUEST_LIB_USER_H
#define TESTS_GUEST_LIB_USER_H

#include "trap.h"

#define USER_CODE      0x400000ull
#define USER_DATA      0x600000ull
#define USER_STACK_TOP (USER_DATA + PAGE_SIZE)

/* A snippet: USER_SNIPPET(name, "asm"...) then user_run(&regs, name). */
#define USER_SNIPPET(name, text)                                               \
    extern const char name[];                                                  \
    __asm__(".pushsection .user, \"ax\", @progbits\n" #name ":\n" text "\n"    \
            ".popsection")

extern char user_image[], user_image_end[];

/* Builds the page tables and sets the user root and kernel stack. */
void user_init(void);
/* Where a snippet runs, in user addresses. */
uint64_t user_address(const char *snippet);
/* Kernel's view of the user data page. */
uint64_t *user_data(void);
/* MFN of the user root. */
uint64_t user_root_mfn(void);

/* Registers to start with: rip, cs, ss, rsp, rflags preset by this. */
struct frame user_frame(const char *snippet);
/* Runs it; what came back is in *frame (and trap_last for traps). */
void user_run(struct frame *frame);
/* The same with another way in: enter() must set user_return_rsp. */
void user_run_by(void (*enter)(struct frame *frame), struct frame *frame);

/* Used by trap_dispatch and entry.S. */
bool user_trapped(const struct frame *frame);
void user_call(struct frame *frame);
void user_return(void) __attribute__((noreturn));

#endif
