/* SPDX-License-Identifier: MIT */
/*
 * The only ways to touch guest memory by guest virtual address.  Ranges that
 * reach into the hypervisor's window, are not canonical or fault give false;
 * what was copied before a fault stays copied.  The current vCPU's kernel
 * root is loaded.  Read a guest structure once, then use the private copy.
 */
#pragma once

#include "hv/base/asm.h"
#include "hv/base/compiler.h"
#include "hv/base/layout.h"
#include "hv/base/types.h"
#include "hv/cpu/extable.h"

bool guest_read(void *to, gva_t from, size_t size) NODISCARD;
bool guest_write(gva_t to, const void *from, size_t size) NODISCARD;
/*
 * What is behind both, for callers that check the range themselves: a fault
 * goes on behind the copy with what is left in RCX.
 */
static always_inline bool guest_copy(void *to, const void *from, size_t size)
{
    size_t left = size / 8;

    stac();
    __asm__ volatile("1: rep movsq\n"
                     "mov %[rest], %k[left]\n"
                     "2: rep movsb\n"
                     "3:\n" EXTABLE("1b", "3b") EXTABLE("2b", "3b")
                     : [left] "+c"(left), "+D"(to), "+S"(from)
                     : [rest] "r"((uint32_t)size & 7)
                     : "memory");
    clac();
    return likely(left == 0);
}

/*
 * One word, between stac() and clac() and with the range checked by the
 * caller; a fault goes on at label.
 */
#define guest_store(pointer, value, label)                                     \
    __asm__ goto("1: movq %0, %1\n" EXTABLE("1b", "%l2")                       \
                 :                                                             \
                 : "r"((uint64_t)(value)), "m"(*(pointer))                     \
                 : "memory"                                                    \
                 : label)

/*
 * The same for whole words, in line: batches spend their time here.  The range
 * is the caller's to check (is_guest_range), once for all of a batch.
 */
static inline bool guest_load_words(uint64_t *to, gva_t from, size_t words)
{
    const void *source = (const void *)from.va;

    stac();
    __asm__ volatile("1: rep movsq\n"
                     "2:\n" EXTABLE("1b", "2b")
                     : "+c"(words), "+D"(to), "+S"(source)
                     :
                     : "memory");
    clac();
    return likely(words == 0);
}

static inline bool guest_store_word(gva_t to, uint64_t value)
{
    stac();
    guest_store((uint64_t *)to.va, value, fault);
    clac();
    return true;
fault:
    clac();
    return false;
}

/* One aligned word, with a single access. */
static inline bool guest_read_u32(uint32_t *to, gva_t from)
{
    if (unlikely(!is_guest_range(from.va, sizeof(*to)))) {
        return false;
    }
    stac();
    __asm__ goto("1: movl (%0), %%eax\n" EXTABLE("1b", "%l2")
                 "movl %%eax, (%1)\n"
                 :
                 : "r"(from.va), "r"(to)
                 : "eax", "memory"
                 : fault);
    clac();
    return true;
fault:
    clac();
    return false;
}

bool guest_read_u64(uint64_t *to, gva_t from) NODISCARD;
bool guest_write_u64(gva_t to, uint64_t value) NODISCARD;
bool guest_read_u8(uint8_t *to, gva_t from) NODISCARD;
