/* SPDX-License-Identifier: MIT */
/*
 * The atomic operations the hypervisor uses, all sequentially consistent on
 * x86.  Every other file goes through these names.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define atomic_read(p)     __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define atomic_set(p, v)   __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define atomic_add(p, v)   __atomic_add_fetch((p), (v), __ATOMIC_SEQ_CST)
#define atomic_sub(p, v)   __atomic_sub_fetch((p), (v), __ATOMIC_SEQ_CST)
#define atomic_or(p, v)    __atomic_fetch_or((p), (v), __ATOMIC_SEQ_CST)
#define atomic_and(p, v)   __atomic_fetch_and((p), (v), __ATOMIC_SEQ_CST)
#define atomic_xchg(p, v)  __atomic_exchange_n((p), (v), __ATOMIC_SEQ_CST)

/* Replaces *p by desired if it is *expected; else *expected is what was found. */
#define atomic_cas(p, expected, desired)                                       \
    __atomic_compare_exchange_n((p), (expected), (desired), false,             \
                                __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST)

static inline bool atomic_test_and_set_bit(uint64_t *words, unsigned int bit)
{
    bool was;

    __asm__ volatile("lock btsq %2, %0"
                     : "+m"(words[bit / 64]), "=@ccc"(was)
                     : "r"((uint64_t)(bit % 64))
                     : "memory");
    return was;
}

static inline bool atomic_test_and_clear_bit(uint64_t *words, unsigned int bit)
{
    bool was;

    __asm__ volatile("lock btrq %2, %0"
                     : "+m"(words[bit / 64]), "=@ccc"(was)
                     : "r"((uint64_t)(bit % 64))
                     : "memory");
    return was;
}

static inline bool test_bit(const uint64_t *words, unsigned int bit)
{
    return (__atomic_load_n(&words[bit / 64], __ATOMIC_RELAXED) >> (bit % 64)) &
           1;
}
