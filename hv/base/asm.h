/* SPDX-License-Identifier: MIT */
/*
 * The instructions C has no words for, one inline function each.  stac() and
 * clac() are NOPs in the image; features.c patches them where the CPU has
 * SMAP, before the text becomes read-only.
 */
#pragma once

#include <stdint.h>

#define PATCHED_NOP(section)                                                   \
    "661: .byte 0x0f, 0x1f, 0x00\n"                                            \
    ".pushsection " section ", \"a\"\n"                                        \
    ".long 661b - .\n"                                                         \
    ".popsection"

/* Lets us touch user pages, until clac(). */
static inline void stac(void)
{
    __asm__ volatile(PATCHED_NOP(".patch_stac")::: "memory", "cc");
}

static inline void clac(void)
{
    __asm__ volatile(PATCHED_NOP(".patch_clac")::: "memory", "cc");
}

#define DEFINE_PORT(suffix, type)                                              \
    static inline void out##suffix(uint16_t port, type value)                  \
    {                                                                          \
        __asm__ volatile("out" #suffix " %0, %1" ::"a"(value), "Nd"(port)      \
                         : "memory");                                          \
    }                                                                          \
    static inline type in##suffix(uint16_t port)                               \
    {                                                                          \
        type value;                                                            \
        __asm__ volatile("in" #suffix " %1, %0"                                \
                         : "=a"(value)                                         \
                         : "Nd"(port)                                          \
                         : "memory");                                          \
        return value;                                                          \
    }
DEFINE_PORT(b, uint8_t)
DEFINE_PORT(w, uint16_t)
DEFINE_PORT(l, uint32_t)
#undef DEFINE_PORT

/* a * b / c, through 128 bits; the caller knows that the result fits in 64. */
static inline uint64_t mul_div(uint64_t a, uint64_t b, uint64_t c)
{
    uint64_t quotient = a, high;

    __asm__("mulq %2\n\tdivq %3"
            : "+&a"(quotient), "=&d"(high)
            : "r"(b), "r"(c)
            : "cc");
    return quotient;
}

struct cpuid {
    uint32_t a, b, c, d;
};

static inline struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid r;

    __asm__ volatile("cpuid"
                     : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d)
                     : "a"(leaf), "c"(subleaf));
    return r;
}

static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t low, high;

    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static inline void wrmsr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value),
                     "d"((uint32_t)(value >> 32))
                     : "memory");
}

static inline uint64_t rdtsc(void)
{
    uint32_t low, high;

    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}

/* Not before all earlier loads are done. */
static inline uint64_t rdtsc_ordered(void)
{
    uint32_t low, high;

    __asm__ volatile("lfence; rdtsc" : "=a"(low), "=d"(high)::"memory");
    return (uint64_t)high << 32 | low;
}

#define DEFINE_CR(cr)                                                          \
    static inline uint64_t read_##cr(void)                                     \
    {                                                                          \
        uint64_t value;                                                        \
        __asm__ volatile("mov %%" #cr ", %0" : "=r"(value)::"memory");         \
        return value;                                                          \
    }                                                                          \
    static inline void write_##cr(uint64_t value)                              \
    {                                                                          \
        __asm__ volatile("mov %0, %%" #cr ::"r"(value) : "memory");            \
    }
DEFINE_CR(cr0)
DEFINE_CR(cr2)
DEFINE_CR(cr3)
DEFINE_CR(cr4)
#undef DEFINE_CR

static inline void invlpg(uint64_t va)
{
    __asm__ volatile("invlpg (%0)" ::"r"(va) : "memory");
}

static inline void xsetbv(uint32_t index, uint64_t value)
{
    __asm__ volatile("xsetbv" ::"c"(index), "a"((uint32_t)value),
                     "d"((uint32_t)(value >> 32)));
}

static inline void interrupts_off(void)
{
    __asm__ volatile("cli" ::: "memory");
}

static inline void interrupts_on(void)
{
    __asm__ volatile("sti" ::: "memory");
}

/* Lets in those that wait; returns with interrupts off. */
static inline void interrupts_let_in(void)
{
    __asm__ volatile("sti; nop; cli" ::: "memory");
}

/* Waits for an interrupt and lets it in; returns with interrupts off. */
static inline void wait_for_interrupt(void)
{
    __asm__ volatile("sti; hlt; cli" ::: "memory");
}

static inline void halt(void)
{
    __asm__ volatile("hlt" ::: "memory");
}

/* Writes lines of the cache back and drops them. */
static inline void cache_write_back(const void *start, unsigned long size)
{
    for (unsigned long i = 0; i < size; i += 64) {
        __asm__ volatile("clflush (%0)" ::"r"((const char *)start + i)
                         : "memory");
    }
}

static inline void wbinvd(void)
{
    __asm__ volatile("wbinvd" ::: "memory");
}
