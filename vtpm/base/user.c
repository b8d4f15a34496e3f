/* SPDX-License-Identifier: MIT */
/* See user.h. */
#include "vtpm/base/user.h"

#include "vtpm/base/errno.h"
#include "vtpm/base/paging.h"
#include "vtpm/base/space.h"

static bool has_access(uint64_t address, uint64_t size, uint64_t flags)
{
    uint64_t end;

    if (size == 0) {
        return true;
    }
    if (__builtin_add_overflow(address, size, &end) || end > SPACE_LIMIT) {
        return false;
    }
    for (uint64_t at = address & PAGE_MASK; at < end; at += PAGE_SIZE) {
        if ((space_entry(at) & flags) != flags) {
            return false;
        }
    }
    return true;
}

bool user_may_read(uint64_t address, uint64_t size)
{
    return has_access(address, size, PTE_P);
}

bool user_may_write(uint64_t address, uint64_t size)
{
    return has_access(address, size, PTE_P | PTE_RW);
}

int user_read(void *to, uint64_t address, uint64_t size)
{
    if (!user_may_read(address, size)) {
        return -EFAULT;
    }
    memcpy(to, (const void *)address, size);
    return 0;
}

int user_write(uint64_t address, const void *from, uint64_t size)
{
    if (!user_may_write(address, size)) {
        return -EFAULT;
    }
    memcpy((void *)address, from, size);
    return 0;
}

int user_bytes(uint64_t address, uint64_t size, struct bytes *out)
{
    if (!user_may_read(address, size)) {
        return -EFAULT;
    }
    *out = bytes_of((const void *)address, size);
    return 0;
}

int user_buffer(uint64_t address, uint64_t size, struct buffer *out)
{
    if (!user_may_write(address, size)) {
        return -EFAULT;
    }
    *out = buffer_over((void *)address, size);
    return 0;
}
