/* SPDX-License-Identifier: MIT */
/*
 * From registers to a call and back, and multicall, which is the same in a
 * loop.  A call that is to continue leaves the guest before its SYSCALL
 * instruction with the rest in its registers.
 */
#include "hv/hypercall/hypercall.h"

#include "hv/base/errno.h"
#include "hv/cpu/cpu.h"
#include "hv/hypercall/handlers.h"
#include "hv/mem/guest_copy.h"

#define SYSCALL_LENGTH 2

static void history_record(struct vcpu *vcpu, uint64_t nr, uint64_t arg1)
{
    uint32_t slot = vcpu->history_next++ & (ARRAY_SIZE(vcpu->history) - 1);

    vcpu->history[slot].nr = nr;
    vcpu->history[slot].arg1 = arg1;
}

void hypercall_enter(struct vcpu *vcpu, struct regs *regs)
{
    struct call call;
    long rc;

    call.caller = vcpu;
    call.target = vcpu->domain;
    call.second = NULL;
    call.nr = regs->rax & UINT32_MAX;
    call.args[0] = regs->rdi;
    call.args[1] = regs->rsi;
    call.args[2] = regs->rdx;
    call.args[3] = regs->r10;
    call.args[4] = regs->r8;
    history_record(vcpu, call.nr, call.args[0]);
    rc = hypercall_dispatch(&call);
    if (likely(rc != -ERESTART)) {
        if (likely(call.nr != __HYPERVISOR_iret)) {
            regs->rax = (uint64_t)rc;
        }
        return;
    }
    regs->rip -= SYSCALL_LENGTH;
    regs->rdi = call.args[0];
    regs->rsi = call.args[1];
    regs->rdx = call.args[2];
    regs->r10 = call.args[3];
    regs->r8 = call.args[4];
}

/* Entries of one multicall run before it continues. */
#define MULTICALL_LIMIT 64u

static bool entry_run(struct call *outer, uint64_t va, bool *restart)
{
    struct multicall_entry entry;
    struct call call;
    long rc;

    if (unlikely(!guest_read(&entry, GVA(va), sizeof(entry)))) {
        return false;
    }
    call.caller = outer->caller;
    call.target = outer->caller->domain;
    call.second = NULL;
    call.nr = entry.op;
    call.args[0] = entry.args[0];
    call.args[1] = entry.args[1];
    call.args[2] = entry.args[2];
    call.args[3] = entry.args[3];
    call.args[4] = entry.args[4];
    rc = entry.op == __HYPERVISOR_multicall ? -EINVAL
                                            : hypercall_dispatch(&call);
    if (unlikely(rc == -ERESTART)) {
        *restart = true;
        memcpy(entry.args, call.args, 5 * sizeof(entry.args[0]));
        return guest_write(GVA(va), &entry, sizeof(entry));
    }
    return guest_write_u64(GVA(va + offsetof(struct multicall_entry, result)),
                           (uint64_t)rc);
}

long do_multicall(const struct permit *permit, struct call *call, void *none)
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
