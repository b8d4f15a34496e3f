/* SPDX-License-Identifier: MIT */
/*
 * What all of the stub-domain kernel shares: where it lives, what it was
 * started with, and how it ends. One vCPU, no interrupts: the kernel runs only
 * while its program waits in a call, so nothing here needs a lock.
 */
#ifndef VOUCH_VTPM_BASE_KERNEL_H
#define VOUCH_VTPM_BASE_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/attributes.h"

#define PAGE_SIZE        4096ul
#define PAGE_MASK        (~(PAGE_SIZE - 1))

#define READ_ONCE(x)     (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

struct start_info;
struct shared_info;
extern const struct start_info *start_info;
extern struct shared_info *shared_info;

/* Ends the domain, as the toolstack sees it: off, or crashed. */
_Noreturn void kernel_power_off(void);
_Noreturn void kernel_crash(void);
/* The same with one line on the console; for what is wrong with our own state
 * or with the machine, never for what the program or another domain did. */
_Noreturn void kernel_panic(const char *why);

/* Other domains see our writes, and we theirs, in this order. */
static inline void memory_barrier(void)
{
    __asm__ volatile("mfence" ::: "memory");
}

#endif
