/* SPDX-License-Identifier: MIT */
/* Copies to and from guest memory, with the range checked. */
#include "hv/mem/guest_copy.h"


bool guest_read(void *to, gva_t from, size_t size)
{
    return likely(is_guest_range(from.va, size)) &&
           guest_copy(to, (const void *)from.va, size);
}

bool guest_write(gva_t to, const void *from, size_t size)
{
    return likely(is_guest_range(to.va, size)) &&
           guest_copy((void *)to.va, from, size);
}

bool guest_read_u64(uint64_t *to, gva_t from)
{
    return likely(is_guest_range(from.va, sizeof(*to))) &&
           guest_load_words(to, from, 1);
}

bool guest_write_u64(gva_t to, uint64_t value)
{
    return likely(is_guest_range(to.va, sizeof(value))) &&
           guest_store_word(to, value);
}

bool guest_read_u8(uint8_t *to, gva_t from)
{
    return guest_read(to, from, sizeof(*to));
}
