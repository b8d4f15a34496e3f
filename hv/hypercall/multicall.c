/* SPDX-License-Identifier: MIT */
/*
 * multicall: a list of hypercalls, each dispatched as if it came alone.  A
 * list that is long continues with its rest.
 */
#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/cpu/cpu.h"
#include "hv/domain/domain.h"
#include "hv/hypercall/rows.h"
#include "hv/mem/guest_copy.h"

/* As struct multicall_entry, in whole words. */
struct entry {
    uint64_t op, result, args[6];
};
_Static_assert(sizeof(struct entry) == sizeof(struct multicall_entry),
               "public layout");
#define ENTRIES_PER_CALL 64u /* of the cheapest kind; others use the budget */
#define USED_WORDS 7 /* a hypercall has five arguments */

static always_inline bool entry_run(struct call *outer, uint64_t va,
                                    bool *restart)
{
    struct entry entry;
    struct call call;

    if (unlikely(!guest_load_words((uint64_t *)&entry, GVA(va), USED_WORDS))) {
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
        return guest_write(GVA(va), &entry, USED_WORDS * sizeof(uint64_t));
    }
    return guest_store_word(GVA(va + offsetof(struct entry, result)),
                            entry.result);
}

no_stack_protector long do_multicall(const struct permit *permit, struct call *call, void *none)
{
    uint32_t count = (uint32_t)call->args[1];
    uint32_t limit = MIN(count, ENTRIES_PER_CALL);
    const int64_t *budget = &this_cpu()->budget;
    uint64_t va = call->args[0];
    bool restart = false;
    uint32_t done;

    if (unlikely(!is_guest_range(va, (uint64_t)count * sizeof(struct entry)))) {
        return -EFAULT;
    }
    for (done = 0; done < limit && likely(*budget > 0); done++) {
        if (unlikely(!entry_run(call, va, &restart))) {
            return -EFAULT;
        }
        if (unlikely(restart)) {
            break;
        }
        va += sizeof(struct multicall_entry);
    }
    if (likely(done == count)) {
        return 0;
    }
    call->args[0] = va;
    call->args[1] = count - done;
    return hypercall_continue(call);
}
