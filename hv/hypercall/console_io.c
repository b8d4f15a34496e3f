/* SPDX-License-Identifier: MIT */
/*
 * console_io: the hardware domain's console is the machine's serial line.  A
 * long write continues, so that nobody holds the line for ever.
 */
#include "hv/abi/handlers.h"
#include "hv/base/console.h"
#include "hv/base/errno.h"
#include "hv/domain/domain.h"
#include "hv/mem/guest_copy.h"

#define CHUNK 256u

long do_console_io_write(const struct permit *permit, struct call *call,
                         void *none)
{
    char text[CHUNK];
    uint64_t count = (uint32_t)call->args[1];
    size_t size = MIN(count, (uint64_t)CHUNK);

    if ((int32_t)call->args[1] < 0) {
        return -EINVAL;
    }
    if (!guest_read(text, GVA(call->args[2]), size)) {
        return -EFAULT;
    }
    console_write_serial(text, size);
    if (size == count) {
        return 0;
    }
    call->args[1] -= size;
    call->args[2] += size;
    return hypercall_continue(call);
}

long do_console_io_read(const struct permit *permit, struct call *call,
                        void *none)
{
    char text[CHUNK];
    uint64_t count = (uint32_t)call->args[1];
    size_t size;

    if ((int32_t)call->args[1] < 0) {
        return -EINVAL;
    }
    size = console_read(text, MIN(count, (uint64_t)CHUNK));
    if (!guest_write(GVA(call->args[2]), text, size)) {
        return -EFAULT;
    }
    return (long)size;
}
