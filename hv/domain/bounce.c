/* SPDX-License-Identifier: MIT */
/*
 * Bounce frames: how a guest kernel gets a trap, a system call or an event, as
 * the PV ABI lays it on its stack (xen/arch-x86_64.h: RCX and R11 lowest, the
 * event mask of before beside CS).
 */
#include "hv/domain/bounce.h"

#include "hv/cpu/cpu.h"
#include "hv/cpu/tlb.h"
#include "hv/cpu/vectors.h"
#include "hv/mem/guest_copy.h"

#define GUEST_CS64 0xe033
#define GUEST_SS   0xe02b

static inline void swap_gs(void)
{
    __asm__ volatile("swapgs" ::: "memory");
}

void vcpu_enter_kernel_mode(struct vcpu *vcpu)
{
    vcpu->kernel_mode = 1;
    swap_gs();
    tlb_switch_root(MADDR(vcpu->root_kernel));
    if (unlikely(vcpu->areas_stale)) {
        runstate_publish(vcpu);
    }
}

void vcpu_enter_user_mode(struct vcpu *vcpu)
{
    vcpu->kernel_mode = 0;
    swap_gs();
    tlb_switch_root(MADDR(vcpu->root_user));
}

/* Stores the frame, lowest word first, at rsp; false if it is not writable. */
static always_inline bool frame_store(const struct regs *regs, uint64_t *rsp,
                                      bool has_code, uint32_t code,
                                      uint64_t cs, uint64_t rflags)
{
    if (unlikely(!is_guest_range((uint64_t)rsp, 8 * sizeof(*rsp)))) {
        return false;
    }
    stac();
    guest_store(rsp, regs->rcx, fault);
    guest_store(rsp + 1, regs->r11, fault);
    if (has_code) {
        guest_store(rsp + 2, code, fault);
        rsp++;
    }
    guest_store(rsp + 2, regs->rip, fault);
    guest_store(rsp + 3, cs, fault);
    guest_store(rsp + 4, rflags, fault);
    guest_store(rsp + 5, regs->rsp, fault);
    guest_store(rsp + 6, regs->ss, fault);
    clac();
    return true;
fault:
    clac();
    return false;
}

/*
 * Puts a frame on the guest kernel's stack, with an error code if it has one,
 * and points the registers at address.
 */
static always_inline void bounce(struct vcpu *vcpu, struct regs *regs,
                                 uint64_t address, bool masks_events,
                                 bool has_code, uint32_t code)
{
    uint64_t cs = regs->cs, rsp = regs->rsp, rflags = regs->rflags;
    uint8_t mask = READ_ONCE(vcpu->info->evtchn_upcall_mask) != 0;

    if (vcpu->kernel_mode) {
        cs &= ~3ull;
    } else {
        vcpu_enter_kernel_mode(vcpu);
        rsp = vcpu->kernel_rsp;
    }
    cs |= (uint64_t)mask << 32;
    rflags &= ~(FLAG_IF | FLAG_IOPL);
    rflags |= mask ? 0 : FLAG_IF;
    rsp = (rsp & ~15ull) - (has_code ? 64 : 56);
    if (unlikely(!frame_store(regs, (uint64_t *)rsp, has_code, code, cs,
                              rflags))) {
        domain_crash(vcpu->domain, "its kernel stack at 0x%lx is not writable",
                     (unsigned long)rsp);
        return;
    }
    if (masks_events) {
        vcpu->info->evtchn_upcall_mask = 1;
    }
    regs->rsp = rsp;
    regs->rip = address;
    regs->cs = GUEST_CS64;
    regs->ss = GUEST_SS;
    regs->rflags &= ~(FLAG_TF | FLAG_NT | FLAG_RF | FLAG_VM | FLAG_AC);
}

static bool has_error_code(uint8_t vector)
{
    return (1u << vector & (1u << 8 | 0x1fu << 10 | 1u << 17 | 1u << 21)) != 0;
}

static always_inline void deliver(struct vcpu *vcpu, struct regs *regs,
                                  uint8_t vector, bool has_code, uint32_t code)
{
    const struct trap_entry *trap = &vcpu->traps[vector];

    if (unlikely(trap->address == 0)) {
        domain_crash(vcpu->domain,
                     "exception %u (code 0x%x) at 0x%lx without a handler",
                     vector, code, (unsigned long)regs->rip);
        return;
    }
    bounce(vcpu, regs, trap->address, trap->flags & 4, has_code, code);
}

void deliver_trap(struct vcpu *vcpu, struct regs *regs, uint8_t vector,
                  uint32_t error_code)
{
    deliver(vcpu, regs, vector, vector < 32 && has_error_code(vector),
            error_code);
}

void deliver_soft_trap(struct vcpu *vcpu, struct regs *regs, uint8_t vector)
{
    deliver(vcpu, regs, vector, false, 0);
}

void deliver_page_fault(struct vcpu *vcpu, struct regs *regs, uint64_t va,
                        uint32_t error_code)
{
    vcpu->cr2 = va;
    vcpu->info->arch.cr2 = va;
    deliver_trap(vcpu, regs, VECTOR_PF,
                 (error_code & ~4u) | (vcpu->kernel_mode ? 0 : 4));
}

void guest_event(void)
{
    struct vcpu *vcpu = current_vcpu();

    if (unlikely(vcpu->event.address == 0)) {
        domain_crash(vcpu->domain, "an event without an event callback");
        return;
    }
    bounce(vcpu, guest_regs(), vcpu->event.address, true, 0, 0);
}

void deliver_nmi(struct vcpu *vcpu, struct regs *regs)
{
    uint64_t address = vcpu->nmi.address != 0 ? vcpu->nmi.address
                                              : vcpu->traps[VECTOR_NMI].address;

    vcpu->nmi_pending = 0;
    if (address != 0) {
        bounce(vcpu, regs, address, true, 0, 0);
    }
}

static void syscall_bounce(struct vcpu *vcpu, struct regs *regs,
                           const struct guest_callback *callback)
{
    if (unlikely(callback->address == 0)) {
        regs->rip -= 2;
        deliver_trap(vcpu, regs, VECTOR_UD, 0);
        return;
    }
    bounce(vcpu, regs, callback->address, callback->mask_events, 0, 0);
    regs->rflags &= ~FLAG_DF;
}

void guest_syscall(struct vcpu *vcpu, struct regs *regs)
{
    syscall_bounce(vcpu, regs, &vcpu->syscall);
}

void guest_syscall32(struct vcpu *vcpu, struct regs *regs)
{
    if (vcpu->kernel_mode) {
        deliver_trap(vcpu, regs, VECTOR_GP, 0);
        return;
    }
    syscall_bounce(vcpu, regs, &vcpu->syscall32);
}

void inject_exception(struct vcpu *vcpu, uint8_t vector, uint32_t error_code)
{
    if (unlikely(vcpu->has_exception)) {
        domain_crash(vcpu->domain, "exception %u while %u waits", vector,
                     vcpu->exception_vector);
        return;
    }
    vcpu->has_exception = VCPU_EXCEPTION;
    vcpu->exception_vector = vector;
    vcpu->exception_code = error_code;
    this_cpu()->has_work = 1;
}

void inject_page_fault(struct vcpu *vcpu, uint64_t va, uint32_t error_code)
{
    vcpu->cr2 = va;
    inject_exception(vcpu, VECTOR_PF, error_code);
}
