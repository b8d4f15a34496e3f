/* SPDX-License-Identifier: MIT */
/*
 * The iret hypercall: back to where a bounce frame came from.  The frame is
 * the guest's own word; what it may not choose (IOPL, VM, IF, privilege) is
 * forced, and what the CPU then refuses becomes the guest's exception.
 */
#include "hv/cpu/cpu.h"
#include "hv/domain/bounce.h"
#include "hv/hypercall/handlers.h"
#include "hv/mem/guest_copy.h"

long do_iret(const struct permit *permit, struct call *call, void *none)
{
    struct vcpu *vcpu = call->caller;
    struct regs *regs = guest_regs();
    struct iret_context frame;

    (void)permit;
    (void)none;
    if (unlikely(!guest_read(&frame, GVA(regs->rsp), sizeof(frame)))) {
        domain_crash(vcpu->domain, "iret frame at 0x%lx is not readable",
                     (unsigned long)regs->rsp);
        return 0;
    }
    if ((frame.cs & 3) == 3) {
        if (unlikely(vcpu->root_user == 0)) {
            domain_crash(vcpu->domain, "iret to user without a user root");
            return 0;
        }
        vcpu_enter_user_mode(vcpu);
    }
    regs->rip = frame.rip;
    regs->cs = (uint16_t)frame.cs | 3;
    regs->rflags = (frame.rflags & ~(FLAG_IOPL | FLAG_VM)) | FLAG_IF;
    regs->rsp = frame.rsp;
    regs->ss = (uint16_t)frame.ss | 3;
    regs->rax = frame.rax;
    regs->rcx = frame.rcx;
    regs->r11 = frame.r11;
    vcpu->info->evtchn_upcall_mask = (frame.rflags & FLAG_IF) == 0;
    return 0;
}
