/* SPDX-License-Identifier: MIT */
/* What we ask of the compiler beyond C17, each under one name. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "lib/attributes.h"
#define noreturn        __attribute__((noreturn))
#define likely(x)       __builtin_expect(!!(x), 1)
#define unlikely(x)     __builtin_expect(!!(x), 0)
#define aligned_to(n)   __attribute__((aligned(n)))
#define packed          __attribute__((packed))
#define section(name)   __attribute__((section(name)))
#define printf_like(f, a) __attribute__((format(printf, f, a)))
#define noinline        __attribute__((noinline))
#define maybe_unused    __attribute__((unused))
/* For a call on a cold path: the caller keeps what it has in registers. */
#define saves_registers                                                        \
    __attribute__((no_caller_saved_registers, target("general-regs-only")))
#define always_inline   inline __attribute__((always_inline))
/* For the few functions of the hottest path: no buffer of variable use. */
#define no_stack_protector __attribute__((no_stack_protector))
#define ARRAY_SIZE(a)   (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)       ((a) < (b) ? (a) : (b))
#define MAX(a, b)       ((a) > (b) ? (a) : (b))

/* Memory that a guest or another CPU may change under us: read it once. */
#define READ_ONCE(x)     (*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v) (*(volatile __typeof__(x) *)&(x) = (v))

static inline void compiler_barrier(void)
{
    __asm__ volatile("" ::: "memory");
}

static inline void cpu_relax(void)
{
    __asm__ volatile("pause" ::: "memory");
}

/*
 * index if index < size, else 0, without a branch that could be mispredicted
 * (Spectre v1): use after the bounds check of any value a guest chose.
 */
static inline size_t index_nospec(size_t index, size_t size)
{
    size_t mask;

    __asm__("cmp %2, %1; sbb %0, %0" : "=r"(mask) : "r"(index), "r"(size) : "cc");
    return index & mask;
}

/* The same for a size that is a power of two, in one instruction. */
static inline size_t index_mask_nospec(size_t index, size_t size)
{
    __asm__("and %1, %0" : "+r"(index) : "ri"(size - 1) : "cc");
    return index;
}
