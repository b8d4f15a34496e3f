/* SPDX-License-Identifier: MIT */
/*
 * multicall: a list of hypercalls, each dispatched as if it came alone.  A
 * list that is long continues with its rest.
 */
#include "hv/base/errno.h"
#include "hv/cpu/cpu.h"
#include "hv/hypercall/handlers.h"
#include "hv/mem/guest_copy.h"

/* Entries of one multicall run before it continues. */
#define MULTICALL_LIMIT 64u

/* As struct multicall_entry, in whole words. */
struct entry {
    uint64_t op, result, args[6];
};
_Static_assert(sizeof(struct entry) == sizeof(struct multicall_entry),
               "public layout");

static always_inline bool entry_run(struct call *outer, uint64_t va, bool *restart)
{
    struct entry entry;
    struct call call;

    if (unlikely(!guest_read_words((uint64_t *)&entry, GVA(va),
                                   sizeof(entry) / sizeof(uint64_t)))) {
        return false;
    }
    call.caller = outer->caller;
    call.target = outer->caller->domain;
    call.nr = entry.op;
    call.args = entry.args;
    entry.result = entry.op == __HYPERVISOR_multicall
                       ? (uint64_t)-EINVAL
                       : (uint64_t)hypercall_dispatch(&call);
    if (unlikely(entry.result == (uint64_t)-ERESTART)) {
        *restart = true;
        return guest_write_words(GVA(va), (uint64_t *)&entry,
                                 sizeof(entry) / sizeof(uint64_t));
    }
    return guest_write_words(GVA(va + offsetof(struct entry, result)),
                             &entry.result, 1);
}

no_stack_protector long do_multicall(const struct permit *permit, struct call *call, void *none)
{
    uint32_t count = (uint32_t)call->args[1];
    uint32_t limit = MIN(count, MULTICALL_LIMIT);
    uint64_t va = call->args[0];
    bool restart = false;
    uint32_t done;

    (void)permit;
    (void)none;
    for (done = 0; done < limit; done++) {
        if (unlikely(!entry_run(call, va, &restart))) {
            return -EFAULT;
        }
        if (unlikely(restart)) {
            break;
        }
        va += sizeof(struct multicall_entry);
        if (unlikely(!call->caller->kernel_mode ||
                     call->caller->domain->is_crashing)) {
            return 0; /* XSA-213: an iret inside ends the list */
        }
    }
    if (likely(done == count)) {
        return 0;
    }
    call->args[0] = va;
    call->args[1] = count - done;
    return hypercall_continue(call);
}
