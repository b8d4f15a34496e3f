/* SPDX-License-Identifier: MIT */
/* See syscall.h. */
#include "vtpm/base/syscall.h"

#include "vtpm/base/errno.h"
#include "vtpm/base/hypercall.h"

#define FLAG_INTERRUPT 0x200ul

static const struct call_row *find(const struct call_row *rows, uint64_t number)
{
    for (; rows->handler != NULL; rows++) {
        if (rows->number == number) {
            return rows;
        }
    }
    return NULL;
}

static const struct call_row *find_any(uint64_t number)
{
    const struct call_row *const lists[] = {linux_calls, vtpm_calls,
                                            driver_calls};

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        const struct call_row *row = find(lists[i], number);

        if (row != NULL) {
            return row;
        }
    }
    return NULL;
}

void syscall_dispatch(struct registers *registers)
{
    const struct call_row *row = find_any(registers->rax);
    struct call call = {registers->rdi, registers->rsi, registers->rdx,
                        registers->r10, registers->r8,  registers->r9};

    registers->rax = (uint64_t)(row == NULL ? -ENOSYS : row->handler(&call));
    /* Back to user mode in any case, and with upcalls still masked. */
    registers->cs = FLAT_USER_CS64 | 3;
    registers->ss = FLAT_USER_SS64 | 3;
    registers->rflags &= ~FLAG_INTERRUPT;
}
