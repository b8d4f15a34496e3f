/* SPDX-License-Identifier: MIT */
/*
 * The iret hypercall: back to where a bounce frame came from.  The frame is
 * the guest's own word; what it may not choose (IOPL, VM, IF, privilege) is
 * forced, and what the CPU then refuses becomes the guest's exception.
 */
#include "hv/abi/handlers.h"
#include "hv/cpu/cpu.h"
#include "hv/domain/bounce.h"
#include "hv/domain/domain.h"
#include "hv/mem/guest_copy.h"

struct frame { /* as struct iret_context */
    uint64_t rax, r11, rcx, flags, rip, cs, rflags, rsp, ss;
};
_Static_assert(sizeof(struct frame) == sizeof(struct iret_context),
               "public layout");

/* Eight loads that may fault; *failed is then 1.  flags (VGCF_*) is not read:
 * RCX and R11 come from the frame whatever it says. */
#define LOAD(number, offset, register)                                         \
    #number ": movq " #offset "(%[from]), %[" #register "]\n" EXTABLE(         \
        #number "b", "9f")

static always_inline bool frame_load(struct frame *frame, uint64_t rsp)
{
    uint32_t failed;

    if (unlikely(!is_guest_range(rsp, sizeof(*frame)))) {
        return false;
    }
    stac();
    __asm__ volatile("mov $1, %[failed]\n"
                     LOAD(1, 0, rax) LOAD(2, 8, r11) LOAD(3, 16, rcx)
                     LOAD(4, 32, rip) LOAD(5, 40, cs) LOAD(6, 48, rflags)
                     LOAD(7, 56, rsp) LOAD(8, 64, ss)
                     "xor %[failed], %[failed]\n"
                     "9:\n"
                     : [failed] "=&r"(failed), [rax] "=&r"(frame->rax),
                       [r11] "=&r"(frame->r11), [rcx] "=&r"(frame->rcx),
                       [rip] "=&r"(frame->rip), [cs] "=&r"(frame->cs),
                       [rflags] "=&r"(frame->rflags), [rsp] "=&r"(frame->rsp),
                       [ss] "=&r"(frame->ss)
                     : [from] "r"(rsp)
                     : "cc", "memory");
    clac();
    return likely(!failed);
}

no_stack_protector long do_iret(const struct permit *permit, struct call *call, void *none)
{
    struct vcpu *vcpu = call->caller;
    struct regs *regs = guest_regs();
    struct frame frame;

    if (unlikely(!frame_load(&frame, regs->rsp))) {
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
    resume_guest(); /* XSA-213: of a multicall, too, it is the end */
}
