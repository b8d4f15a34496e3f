/* SPDX-License-Identifier: MIT */
/*
 * Memory functions of the freestanding hypervisor; hosted builds do not link
 * this file. Words of eight bytes move by string instructions, which is the
 * fewest instructions on any CPU and fast on those with fast strings.
 */
#define VOUCH_LIB_STRING_DEFINE
#include "lib/string.h"

#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    void *at = to;
    size_t words = size / 8;
    size_t rest = size % 8;
    __asm__ volatile("rep movsq\n\t"
                     "mov %3, %2\n\t"
                     "rep movsb"
                     : "+D"(at), "+S"(from), "+c"(words)
                     : "r"(rest)
                     : "memory");
    return to;
}

/* Overlapping with the target above the source: from the last byte down. */
static void copy_backwards(uint8_t *to, const uint8_t *from, size_t size)
{
    uint8_t *last_to = to + size - 1;
    const uint8_t *last_from = from + size - 1;
    __asm__ volatile("std\n\t"
                     "rep movsb\n\t"
                     "cld"
                     : "+D"(last_to), "+S"(last_from), "+c"(size)
                     :
                     : "memory", "cc");
}

void *memmove(void *to, const void *from, size_t size)
{
    if ((uintptr_t)to - (uintptr_t)from >= size) {
        return memcpy(to, from, size);
    }
    copy_backwards(to, from, size);
    return to;
}

void *memset(void *to, int byte, size_t size)
{
    void *at = to;
    size_t words = size / 8;
    size_t rest = size % 8;
    uint64_t pattern = (uint8_t)byte * UINT64_C(0x0101010101010101);
    __asm__ volatile("rep stosq\n\t"
                     "mov %3, %1\n\t"
                     "rep stosb"
                     : "+D"(at), "+c"(words)
                     : "a"(pattern), "r"(rest)
                     : "memory");
    return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
    const uint8_t *left = a;
    const uint8_t *right = b;
    for (size_t i = 0; i < size; i++) {
        if (left[i] != right[i]) {
            return left[i] - right[i];
        }
    }
    return 0;
}

size_t strlen(const char *text)
{
    const char *end = text;
    while (*end != '\0') {
        end++;
        __asm__ volatile(""); /* keep this loop from becoming strlen() */
    }
    return (size_t)(end - text);
}

/* libgcc's name for __builtin_popcountll on CPUs without POPCNT. */
int __popcountdi2(long long value);

int __popcountdi2(long long value)
{
    unsigned long long bits = (unsigned long long)value;
    int count = 0;
    for (; bits != 0; bits &= bits - 1) {
        count++;
    }
    return count;
}
