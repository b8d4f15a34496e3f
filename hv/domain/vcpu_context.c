/* SPDX-License-Identifier: MIT */
/*
 * struct vcpu_guest_context: all of a vCPU's state at once.  A vCPU is given
 * it once, before it runs, by its own domain (VCPUOP_initialise) or by who
 * builds that (setvcpucontext).  All of it is checked before any is used.
 */
#include "hv/domain/vcpu_context.h"

#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/cpu/cpu.h"
#include "hv/domain/clock.h"
#include "hv/domain/debugreg.h"
#include "hv/domain/domain.h"
#include "hv/domain/vcpu_descriptors.h"
#include "hv/domain/vcpu_roots.h"
#include "hv/mem/guest_copy.h"
#include "hv/mem/heap.h"
#include "hv/mem/page.h"
#include "hv/mem/table.h"

static bool context_is_valid(const struct vcpu_guest_context *c)
{
    const struct cpu_user_regs *r = &c->user_regs;

    if (!is_canonical(r->rip) || !is_canonical(r->rsp) ||
        !is_canonical(c->kernel_sp) || !is_canonical(c->fs_base) ||
        !is_canonical(c->gs_base_kernel) || !is_canonical(c->gs_base_user) ||
        !is_canonical(c->event_callback_eip) ||
        !is_canonical(c->failsafe_callback_eip) ||
        !is_canonical(c->syscall_callback_eip)) {
        return false;
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(c->trap_ctxt); i++) {
        if (!is_canonical(c->trap_ctxt[i].address)) {
            return false;
        }
    }
    return c->gdt_ents <= FIRST_RESERVED_GDT_ENTRY;
}

static void regs_set(struct vcpu *vcpu, const struct cpu_user_regs *r)
{
    vcpu->saved_regs = (struct regs){
        .r15 = r->r15, .r14 = r->r14, .r13 = r->r13, .r12 = r->r12,
        .rbp = r->rbp, .rbx = r->rbx, .r11 = r->r11, .r10 = r->r10,
        .r9 = r->r9,   .r8 = r->r8,   .rax = r->rax, .rcx = r->rcx,
        .rdx = r->rdx, .rsi = r->rsi, .rdi = r->rdi, .rip = r->rip,
        .rsp = r->rsp, .cs = r->cs | 3, .ss = r->ss | 3,
        .rflags = (r->rflags & ~(FLAG_IOPL | FLAG_VM)) | FLAG_IF | 2,
    };
    vcpu->ds = r->ds;
    vcpu->es = r->es;
    vcpu->fs = r->fs;
    vcpu->gs = r->gs;
    vcpu->virtual_iopl = (uint8_t)(r->rflags >> 12 & 3);
}

static void state_set(struct vcpu *vcpu, const struct vcpu_guest_context *c)
{
    regs_set(vcpu, &c->user_regs);
    vcpu->kernel_mode = (c->flags & VGCF_in_kernel) != 0;
    for (unsigned int i = 0; i < ARRAY_SIZE(vcpu->traps); i++) {
        vcpu->traps[i] = (struct trap_entry){
            .address = c->trap_ctxt[i].address,
            .cs = c->trap_ctxt[i].cs | 3,
            .flags = c->trap_ctxt[i].flags};
    }
    vcpu->kernel_ss = (uint16_t)c->kernel_ss | 3;
    vcpu->kernel_rsp = c->kernel_sp;
    vcpu->event = (struct guest_callback){c->event_callback_eip, 1};
    vcpu->failsafe = (struct guest_callback){c->failsafe_callback_eip, 1};
    vcpu->syscall = (struct guest_callback){c->syscall_callback_eip,
                                            (c->flags &
                                             VGCF_syscall_disables_events) !=
                                                0};
    vcpu->fs_base = c->fs_base;
    vcpu->gs_base_kernel = c->gs_base_kernel;
    vcpu->gs_base_user = c->gs_base_user;
    for (uint8_t i = 0; i < ARRAY_SIZE(c->debugreg); i++) {
        if (debugreg_set(vcpu, i, c->debugreg[i]) != 0) {
            continue; /* what it may not have keeps its reset value */
        }
    }
}

/* Tables: the parts that can be refused.  memory.lock held. */
static int tables_set(struct vcpu *vcpu, const struct vcpu_guest_context *c)
{
    mfn_t kernel = MFN(c->ctrlreg[3] >> PAGE_SHIFT);
    mfn_t user = MFN(c->ctrlreg[1] >> PAGE_SHIFT);
    uint64_t frames[14];
    int rc;

    memcpy(frames, c->gdt_frames, sizeof(frames));
    rc = vcpu_set_gdt(vcpu, frames, (uint32_t)c->gdt_ents);
    if (rc == 0) {
        rc = vcpu_set_ldt(vcpu, c->ldt_base, (uint32_t)c->ldt_ents);
    }
    if (rc == 0) {
        rc = vcpu_set_kernel_root(vcpu, kernel);
    }
    if (rc == 0) {
        rc = vcpu_set_user_root(vcpu, user);
    }
    return rc;
}

static long initialise(struct vcpu *vcpu, const struct vcpu_guest_context *c)
{
    struct domain *domain = vcpu->domain;
    long rc;

    if (!context_is_valid(c) ||
        (!(c->flags & VGCF_in_kernel) && c->ctrlreg[1] >> PAGE_SHIFT == 0)) {
        return -EINVAL;
    }
    spin_lock(&domain->memory.lock);
    if (domain->is_dying) {
        rc = -ESRCH;
    } else if (vcpu->is_initialised) {
        rc = -EEXIST;
    } else {
        rc = tables_set(vcpu, c);
    }
    if (rc == 0) {
        state_set(vcpu, c);
        /* Again: who built the domain may have cleared the shared page. */
        clock_update_vcpu(vcpu);
        clock_update_wallclock(domain);
        vcpu->is_initialised = 1;
    }
    spin_unlock(&domain->memory.lock);
    return rc;
}

long vcpu_initialise(struct vcpu *vcpu, uint64_t va, uint64_t *flags)
{
    struct vcpu_guest_context *context = heap_alloc(sizeof(*context));
    long rc = -EFAULT;

    if (context == NULL) {
        return -ENOMEM;
    }
    if (guest_read(context, GVA(va), sizeof(*context))) {
        rc = initialise(vcpu, context);
        *flags = context->flags;
    }
    heap_free(context, sizeof(*context));
    return rc;
}

long do_vcpu_op_initialise(const struct permit *permit, struct call *call,
                           void *none)
{
    uint64_t flags;
    long rc;

    rc = vcpu_initialise(call->vcpu, call->args[2], &flags);
    return rc == -ERESTART ? hypercall_continue(call) : rc;
}

static void regs_get(const struct vcpu *vcpu, struct cpu_user_regs *r)
{
    const struct regs *from = &vcpu->saved_regs;

    *r = (struct cpu_user_regs){
        .r15 = from->r15, .r14 = from->r14, .r13 = from->r13, .r12 = from->r12,
        .rbp = from->rbp, .rbx = from->rbx, .r11 = from->r11, .r10 = from->r10,
        .r9 = from->r9,   .r8 = from->r8,   .rax = from->rax, .rcx = from->rcx,
        .rdx = from->rdx, .rsi = from->rsi, .rdi = from->rdi, .rip = from->rip,
        .rsp = from->rsp, .cs = (uint16_t)from->cs, .ss = (uint16_t)from->ss,
        .rflags = from->rflags | (uint64_t)vcpu->virtual_iopl << 12,
        .ds = vcpu->ds,   .es = vcpu->es,   .fs = vcpu->fs,   .gs = vcpu->gs,
        .saved_upcall_mask = vcpu->info->evtchn_upcall_mask,
    };
}

void vcpu_context_get(const struct vcpu *vcpu, struct vcpu_guest_context *c)
{
    c->flags = (vcpu->kernel_mode ? VGCF_in_kernel : 0) |
               (vcpu->is_down ? 0 : VGCF_online) | VGCF_i387_valid;
    memcpy(&c->fpu_ctxt, vcpu->xsave_area, sizeof(c->fpu_ctxt));
    regs_get(vcpu, &c->user_regs);
    for (unsigned int i = 0; i < ARRAY_SIZE(vcpu->traps); i++) {
        c->trap_ctxt[i] = (struct trap_info){
            .vector = (uint8_t)i,
            .flags = vcpu->traps[i].flags,
            .cs = vcpu->traps[i].cs,
            .address = vcpu->traps[i].address,
        };
    }
    c->ldt_base = vcpu->ldt_base;
    c->ldt_ents = vcpu->ldt_entries;
    memcpy(c->gdt_frames, vcpu->gdt_frames, sizeof(vcpu->gdt_frames));
    c->gdt_ents = vcpu->gdt_entries;
    c->kernel_ss = vcpu->kernel_ss;
    c->kernel_sp = vcpu->kernel_rsp;
    c->ctrlreg[1] = vcpu->root_user;
    c->ctrlreg[3] = vcpu->root_kernel;
    c->ctrlreg[4] = vcpu->virtual_cr4;
    memcpy(c->debugreg, vcpu->debugreg, sizeof(c->debugreg));
    c->event_callback_eip = vcpu->event.address;
    c->failsafe_callback_eip = vcpu->failsafe.address;
    c->syscall_callback_eip = vcpu->syscall.address;
    c->vm_assist = vcpu->domain->vm_assist;
    c->fs_base = vcpu->fs_base;
    c->gs_base_kernel = vcpu->gs_base_kernel;
    c->gs_base_user = vcpu->gs_base_user;
}
