/* SPDX-License-Identifier: MIT */
/*
 * vcpu_op's operations that give a vCPU its state: initialise, and where its
 * vcpu_info lies.  The others are the scheduler's (hv/sched).
 */
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
        if (debugreg_write(vcpu, i, c->debugreg[i]) != 0) {
            continue; /* what it may not have keeps its reset value */
        }
    }
}

/* Tables: the parts that can be refused.  mm_lock held. */
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
    long rc = -EEXIST;

    if (!context_is_valid(c) ||
        (!(c->flags & VGCF_in_kernel) && c->ctrlreg[1] == 0)) {
        return -EINVAL;
    }
    spin_lock(&domain->memory.lock);
    if (!vcpu->is_initialised) {
        rc = tables_set(vcpu, c);
        if (rc == 0) {
            state_set(vcpu, c);
            vcpu->is_initialised = 1;
        }
    }
    spin_unlock(&domain->memory.lock);
    return rc;
}

long do_vcpu_op_initialise(const struct permit *permit, struct call *call,
                           void *none)
{
    struct vcpu_guest_context *context;
    long rc = -EFAULT;

    (void)permit;
    (void)none;
    if (call->vcpu->is_initialised) {
        return -EEXIST;
    }
    context = heap_alloc(sizeof(*context));
    if (context == NULL) {
        return -ENOMEM;
    }
    if (guest_read(context, GVA(call->args[2]), sizeof(*context))) {
        rc = initialise(call->vcpu, context);
    }
    heap_free(context, sizeof(*context));
    return rc == -ERESTART ? hypercall_continue(call) : rc;
}

static int info_page_get(struct domain *domain, uint64_t mfn,
                         struct page **out)
{
    struct page *page = page_of(MFN(mfn));
    int rc;

    if (page == NULL) {
        return -EINVAL;
    }
    spin_lock(&domain->memory.lock);
    rc = page_get_and_type(page, &domain->memory, PAGE_WRITABLE);
    spin_unlock(&domain->memory.lock);
    *out = page;
    return rc;
}

long do_vcpu_op_register_vcpu_info(const struct permit *permit,
                                   struct call *call,
                                   struct vcpu_register_vcpu_info *arg)
{
    struct vcpu *vcpu = call->vcpu;
    struct vcpu_info *info;
    struct page *page;
    int rc;

    (void)permit;
    if (arg->offset > PAGE_SIZE - sizeof(*info) || arg->offset % 8 != 0) {
        return -ENXIO;
    }
    if (vcpu->info_page != NULL ||
        (vcpu != call->caller && !vcpu->is_down)) {
        return -EINVAL;
    }
    rc = info_page_get(vcpu->domain, arg->mfn, &page);
    if (rc != 0) {
        return rc;
    }
    info = (struct vcpu_info *)((uint8_t *)mfn_to_hva(MFN(arg->mfn)) +
                                arg->offset);
    memcpy(info, vcpu->info, sizeof(*info));
    vcpu->info_page = page;
    WRITE_ONCE(vcpu->info, info);
    clock_update_vcpu(vcpu);
    atomic_set(&info->evtchn_pending_sel, ~0ul);
    WRITE_ONCE(info->evtchn_upcall_pending, 1);
    return 0;
}
