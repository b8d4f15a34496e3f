/* SPDX-License-Identifier: MIT */
/*
 * Hypercalls that set what a PV guest kernel would otherwise set in its CPU:
 * trap table, descriptor tables, stacks, segment bases, callbacks.  All of
 * them concern the calling vCPU alone.
 */
#include "hv/abi/handlers.h"
#include "hv/base/asm.h"
#include "hv/base/errno.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/extable.h"
#include "hv/cpu/features.h"
#include "hv/domain/control.h"
#include "hv/domain/domain.h"
#include "hv/domain/vcpu_descriptors.h"
#include "hv/mem/guest_copy.h"
#include "hv/mem/page.h"
#include "hv/mem/table.h"
#include "lib/string.h"

/* One entry per vector and the terminator. */
#define TRAPS_MAX 257u

long do_set_trap_table(const struct permit *permit, struct call *call,
                       void *none)
{
    struct vcpu *vcpu = call->caller;
    uint64_t va = call->args[0];

    if (va == 0) {
        memset(vcpu->traps, 0, sizeof(vcpu->traps));
        return 0;
    }
    for (uint32_t i = 0; i < TRAPS_MAX; i++, va += sizeof(struct trap_info)) {
        struct trap_info trap;

        if (!guest_read(&trap, GVA(va), sizeof(trap))) {
            return -EFAULT;
        }
        if (trap.address == 0) {
            return 0;
        }
        if (!is_canonical(trap.address)) {
            return -EINVAL;
        }
        vcpu->traps[trap.vector] = (struct trap_entry){
            .address = trap.address, .cs = trap.cs | 3, .flags = trap.flags};
    }
    return -EINVAL;
}

long do_set_gdt(const struct permit *permit, struct call *call, void *none)
{
    struct vcpu *vcpu = call->caller;
    uint64_t entries = call->args[1];
    uint64_t frames[14];
    size_t count = (entries + ENTRIES - 1) / ENTRIES;
    int rc;

    if (entries > FIRST_RESERVED_GDT_ENTRY) {
        return -EINVAL;
    }
    if (!guest_read(frames, GVA(call->args[0]), count * sizeof(frames[0]))) {
        return -EFAULT;
    }
    spin_lock(&vcpu->domain->memory.lock);
    rc = vcpu_set_gdt(vcpu, frames, (uint32_t)entries);
    spin_unlock(&vcpu->domain->memory.lock);
    return rc;
}

long do_update_descriptor(const struct permit *permit, struct call *call,
                          void *none)
{
    struct domain *domain = call->caller->domain;
    maddr_t address = MADDR(call->args[0]);
    uint64_t descriptor = call->args[1];
    struct page *page = page_of(maddr_to_mfn(address));
    long rc = -EINVAL;

    if (page == NULL || (address.a & 7) != 0 || !descriptor_fix(&descriptor)) {
        return -EINVAL;
    }
    spin_lock(&domain->memory.lock);
    if (page_get(page, &domain->memory)) {
        if (page_type(page) == PAGE_SEGDESC) {
            WRITE_ONCE(*(uint64_t *)maddr_to_hva(address), descriptor);
            rc = 0;
        } else if (page_get_type(page, PAGE_WRITABLE) == 0) {
            WRITE_ONCE(*(uint64_t *)maddr_to_hva(address), descriptor);
            page_put_type(page);
            rc = 0;
        }
        page_put(page);
    }
    spin_unlock(&domain->memory.lock);
    return rc;
}

long do_stack_switch(const struct permit *permit, struct call *call,
                     void *none)
{
    call->caller->kernel_ss = (uint16_t)call->args[0] | 3;
    call->caller->kernel_rsp = call->args[1];
    return 0;
}

long do_fpu_taskswitch(const struct permit *permit, struct call *call,
                       void *none)
{
    if (call->args[0] != 0) {
        control_set_task_switched(call->caller);
    } else {
        control_clear_task_switched(call->caller);
    }
    return 0;
}

long do_set_callbacks(const struct permit *permit, struct call *call,
                      void *none)
{
    struct vcpu *vcpu = call->caller;

    if (!is_canonical(call->args[0]) || !is_canonical(call->args[1]) ||
        !is_canonical(call->args[2])) {
        return -EINVAL;
    }
    vcpu->event.address = call->args[0];
    vcpu->failsafe.address = call->args[1];
    vcpu->syscall.address = call->args[2];
    return 0;
}

static struct guest_callback *callback_of(struct vcpu *vcpu, uint16_t type)
{
    switch (type) {
    case CALLBACKTYPE_event:
        return &vcpu->event;
    case CALLBACKTYPE_failsafe:
        return &vcpu->failsafe;
    case CALLBACKTYPE_syscall:
        return &vcpu->syscall;
    case CALLBACKTYPE_nmi:
        return &vcpu->nmi;
    case CALLBACKTYPE_sysenter:
        return &vcpu->sysenter;
    case CALLBACKTYPE_syscall32:
        return &vcpu->syscall32;
    default:
        return NULL;
    }
}

long do_callback_op_register(const struct permit *permit, struct call *call,
                             struct callback_register *arg)
{
    struct guest_callback *callback = callback_of(call->caller, arg->type);

    if (callback == NULL) {
        return -ENOSYS;
    }
    if (!is_canonical(arg->address)) {
        return -EINVAL;
    }
    callback->address = arg->address;
    callback->mask_events = (arg->flags & CALLBACKF_mask_events) != 0;
    return 0;
}

long do_callback_op_unregister(const struct permit *permit, struct call *call,
                               struct callback_unregister *arg)
{
    if (arg->type != CALLBACKTYPE_nmi) {
        return callback_of(call->caller, arg->type) == NULL ? -ENOSYS
                                                            : -EINVAL;
    }
    call->caller->nmi.address = 0;
    return 0;
}

long do_vm_assist(const struct permit *permit, struct call *call, void *none)
{
    struct domain *domain = call->caller->domain;
    uint64_t type = call->args[1];

    if (call->args[0] != VMASST_CMD_enable &&
        call->args[0] != VMASST_CMD_disable) {
        return -ENOSYS;
    }
    if (type > VMASST_TYPE_runstate_update_flag ||
        type == VMASST_TYPE_architectural_iopl) {
        return -EINVAL;
    }
    if (call->args[0] == VMASST_CMD_enable) {
        domain->vm_assist |= (uint8_t)(1u << type);
    } else {
        domain->vm_assist &= (uint8_t) ~(1u << type);
    }
    return 0;
}

/*
 * Loads GS in user's view and returns to the kernel's: the selector's base is
 * the user's from now on.  A bad selector becomes null.
 */
static void load_user_gs(uint32_t selector)
{
    selector = (selector & 0xffff) <= 3 ? 0 : selector | 3;
    __asm__ volatile("swapgs\n"
                     "1: mov %0, %%gs\n"
                     "jmp 3f\n"
                     "2: xor %0, %0\n"
                     "mov %0, %%gs\n"
                     "3: swapgs\n" EXTABLE("1b", "2b")
                     : "+r"(selector)
                     :
                     : "memory", "cc");
}

long do_set_segment_base(const struct permit *permit, struct call *call,
                         void *none)
{
    uint64_t base = call->args[1];

    if (call->args[0] == SEGBASE_GS_USER_SEL) {
        load_user_gs((uint32_t)base);
        return 0;
    }
    if (!is_canonical(base)) {
        return -EINVAL;
    }
    switch (call->args[0]) {
    case SEGBASE_FS:
        wrmsr(MSR_FS_BASE, base);
        return 0;
    case SEGBASE_GS_USER:
        wrmsr(MSR_KERNEL_GS_BASE, base);
        return 0;
    case SEGBASE_GS_KERNEL:
        wrmsr(MSR_GS_BASE, base);
        return 0;
    default:
        return -EINVAL;
    }
}
