/* SPDX-License-Identifier: MIT */
/*
 * Copies to and from guest memory.  The range is checked first; a fault inside
 * it goes on behind the copy instruction with what is left in RCX.
 */
#include "hv/mem/guest_copy.h"

#include "hv/base/asm.h"
#include "hv/base/layout.h"
#include "hv/cpu/extable.h"

/* Returns how many units were not copied. */
static inline size_t copy_words(void *to, const void *from, size_t words)
{
    __asm__ volatile("1: rep movsq\n"
                     "2:\n" EXTABLE("1b", "2b")
                     : "+c"(words), "+D"(to), "+S"(from)
                     :
                     : "memory");
    return words;
}

static inline size_t copy_bytes(void *to, const void *from, size_t size)
{
    __asm__ volatile("1: rep movsb\n"
                     "2:\n" EXTABLE("1b", "2b")
                     : "+c"(size), "+D"(to), "+S"(from)
                     :
                     : "memory");
    return size;
}

static inline bool copy(void *to, const void *from, size_t size)
{
    size_t left = 0;

    stac();
    if (size >= 8) {
        left = copy_words(to, from, size / 8);
    }
    if (unlikely((size & 7) != 0) && left == 0) {
        left = copy_bytes((uint8_t *)to + (size & ~7ul),
                          (const uint8_t *)from + (size & ~7ul), size & 7);
    }
    clac();
    return likely(left == 0);
}

bool guest_read(void *to, gva_t from, size_t size)
{
    return likely(is_guest_range(from.va, size)) &&
           copy(to, (const void *)from.va, size);
}

bool guest_write(gva_t to, const void *from, size_t size)
{
    return likely(is_guest_range(to.va, size)) &&
           copy((void *)to.va, from, size);
}

bool guest_read_u64(uint64_t *to, gva_t from)
{
    return guest_read(to, from, sizeof(*to));
}

bool guest_write_u64(gva_t to, uint64_t value)
{
    return guest_write(to, &value, sizeof(value));
}

bool guest_read_u8(uint8_t *to, gva_t from)
{
    return guest_read(to, from, sizeof(*to));
}
