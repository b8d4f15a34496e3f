/* SPDX-License-Identifier: MIT */
/*
 * The program's calls about its memory: it gets new pages at addresses that
 * the kernel chooses, and gives them back. Nothing becomes executable.
 */
#include "vtpm/base/linux.h"

#include "lib/checked.h"
#include "vtpm/base/errno.h"
#include "vtpm/base/exec.h"
#include "vtpm/base/space.h"

static uint64_t heap_end; /* 0: not asked for yet */

/* Whole pages of the program's part, as size says when rounded up. */
static bool is_range(uint64_t address, uint64_t size, uint64_t *rounded)
{
    uint64_t end;

    if (!is_aligned(address, PAGE_SIZE) || size == 0 || size > SPACE_END) {
        return false;
    }
    *rounded = align_up(size, PAGE_SIZE);
    return checked_add_u64(address, *rounded, &end) && address >= SPACE_START &&
           end <= SPACE_END;
}

static bool access_of(uint64_t protection, enum space_access *out)
{
    if (protection >= 8 || (protection & LINUX_PROT_EXEC) != 0) {
        return false;
    }
    *out = SPACE_NONE;
    if ((protection & LINUX_PROT_WRITE) != 0) {
        *out = SPACE_WRITE;
    } else if ((protection & LINUX_PROT_READ) != 0) {
        *out = SPACE_READ;
    }
    return true;
}

long do_mmap(const struct call *call)
{
    uint64_t needed = LINUX_MAP_PRIVATE | LINUX_MAP_ANONYMOUS;
    enum space_access access;
    uint64_t address, size;
    int result;

    if ((call->d & (needed | LINUX_MAP_FIXED)) != needed ||
        !is_range(SPACE_START, call->b, &size)) {
        return -EINVAL;
    }
    if (!access_of(call->c, &access)) {
        return -EACCES;
    }
    address = space_find(size);
    if (address == 0) {
        return -ENOMEM;
    }
    result = space_map(address, size, access);
    return result != 0 ? result : (long)address;
}

long do_munmap(const struct call *call)
{
    uint64_t size;

    if (!is_range(call->a, call->b, &size)) {
        return -EINVAL;
    }
    space_unmap(call->a, size);
    return 0;
}

long do_mprotect(const struct call *call)
{
    enum space_access access;
    uint64_t size;

    if (call->b == 0) {
        return 0;
    }
    if (!is_range(call->a, call->b, &size)) {
        return -EINVAL;
    }
    if (!access_of(call->c, &access)) {
        return -EACCES;
    }
    return space_protect(call->a, size, access);
}

/* Linux's way to say no is the end that was before. */
long do_brk(const struct call *call)
{
    uint64_t old, new;

    if (heap_end == 0) {
        heap_end = exec_heap_start;
    }
    if (call->a < exec_heap_start || call->a > SPACE_STACK_END) {
        return (long)heap_end;
    }
    old = align_up(heap_end, PAGE_SIZE);
    new = align_up(call->a, PAGE_SIZE);
    if (new > old && space_map(old, new - old, SPACE_WRITE) != 0) {
        return (long)heap_end;
    }
    if (new < old) {
        space_unmap(new, old - new);
    }
    heap_end = call->a;
    return (long)heap_end;
}
