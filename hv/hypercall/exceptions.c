/* SPDX-License-Identifier: MIT */
/*
 * What to do about each vector.  From a guest: emulate, or give it to the
 * guest's kernel, or serve the interrupt.  From the hypervisor itself: an
 * interrupt while idle, a fault that extable.h expects, or the end.
 */
#include "hv/base/asm.h"
#include "hv/base/log.h"
#include "hv/cpu/apic.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/extable.h"
#include "hv/cpu/irq.h"
#include "hv/cpu/panic.h"
#include "hv/cpu/vectors.h"
#include "hv/domain/bounce.h"
#include "hv/domain/control.h"
#include "hv/domain/debugreg.h"
#include "hv/domain/domain.h"
#include "hv/domain/vcpu_descriptors.h"
#include "hv/hypercall/exceptions.h"
#include "hv/hypercall/privop.h"
#include "hv/hypercall/ptwr.h"
#include "hv/launch/launch.h"
#include "hv/mem/guest_copy.h"
#include "hv/sched/sched.h"
#include "hv/sched/timer.h"

#define INT_OPCODE 0xcd
#define INT_LENGTH 2
#define LDT_WINDOW 0x10000u /* bytes of the largest */

static void interrupt(uint32_t vector)
{
    switch (vector) {
    case VECTOR_TIMER:
        lapic_eoi();
        timer_interrupt();
        break;
    case VECTOR_KICK:
        lapic_eoi();
        cpu_poll();
        break;
    case VECTOR_PROOF:
        lapic_eoi();
        cpu_prove_left();
        break;
    case VECTOR_APIC_ERROR:
        lapic_eoi();
        log_line("local APIC reports an error");
        break;
    case VECTOR_SPURIOUS:
        break;
    default:
        if (vector <= VECTOR_DEVICE_LAST) {
            irq_dispatch(vector);
        } else {
            lapic_eoi(); /* a message that nobody sends, but a device can */
        }
        break;
    }
}

static bool is_in_ldt(const struct vcpu *vcpu, uint64_t va)
{
    return va - vcpu_ldt_va(vcpu) < LDT_WINDOW;
}

/*
 * The CPU read a descriptor through our window: is it the guest's LDT?  A switch
 * may meet it with no budget left, so there is one for this; it is paid for, and
 * gives the entry no new one.
 */
static bool is_ldt_fault(struct vcpu *vcpu, uint64_t va)
{
    struct cpu *cpu = this_cpu();
    int64_t left = cpu->budget;
    bool is_there;

    if (!is_in_ldt(vcpu, va)) {
        return false;
    }
    cpu->budget = WORK_BUDGET;
    is_there = ldt_fault(vcpu, va - vcpu_ldt_va(vcpu));
    cpu->budget = left - WORK_TABLE;
    return is_there;
}

/* Where the guest knows it: its LDT is where it said. */
static void fault_deliver(struct vcpu *vcpu, struct regs *regs, uint64_t va,
                          uint32_t code)
{
    if (!(code & FAULT_USER) && is_in_ldt(vcpu, va)) {
        va = vcpu->ldt_base + (va - vcpu_ldt_va(vcpu));
    }
    deliver_page_fault(vcpu, regs, va, code);
}

/* A fault that need not be the guest's: true if it was not. */
static bool page_fault_is_ours(struct vcpu *vcpu, struct regs *regs,
                               uint64_t va, uint32_t code)
{
    if (code & FAULT_RESERVED) {
        domain_crash(vcpu->domain, "reserved bits in a mapping of 0x%lx",
                     (unsigned long)va);
        return true;
    }
    if (code & FAULT_USER) {
        return emulate_ptwr(vcpu, regs, va, code);
    }
    if (va - VCPU_GDT_VIRT < (uint64_t)DIRECTMAP_VIRT - VCPU_GDT_VIRT) {
        return is_ldt_fault(vcpu, va);
    }
    return emulate_iret_cpl3(vcpu, regs, va, code);
}

static noinline void page_fault_unusual(struct vcpu *vcpu, struct regs *regs,
                                        uint64_t va, uint32_t code)
{
    if (!page_fault_is_ours(vcpu, regs, va, code)) {
        fault_deliver(vcpu, regs, va, code);
    }
}

static inline void page_fault(struct vcpu *vcpu, struct regs *regs)
{
    uint32_t code = regs->error_code;
    uint32_t write = FAULT_PRESENT | FAULT_WRITE;

    if (unlikely((code & (FAULT_RESERVED | FAULT_USER)) != FAULT_USER ||
                 (vcpu->kernel_mode && (code & write) == write))) {
        page_fault_unusual(vcpu, regs, read_cr2(), code);
    } else {
        deliver_page_fault(vcpu, regs, read_cr2(), code);
    }
}

/* INT n of a guest: the trap table's DPL says who may. */
static bool soft_interrupt(struct vcpu *vcpu, struct regs *regs,
                           uint8_t vector)
{
    const struct trap_entry *trap = &vcpu->traps[vector];
    uint8_t dpl = trap->flags & 3;

    if (trap->address == 0 || dpl < (vcpu->kernel_mode ? 1 : 3)) {
        return false;
    }
    deliver_soft_trap(vcpu, regs, vector);
    return true;
}

/*
 * #GP whose code names an IDT entry: the guest's INT n met one of our gates.
 * n is taken from the instruction, since QEMU before 8.0 reports it doubled.
 */
static bool interrupt_instruction(struct vcpu *vcpu, struct regs *regs)
{
    uint8_t code[INT_LENGTH];

    if (!guest_read(code, GVA(regs->rip), sizeof(code)) ||
        code[0] != INT_OPCODE) {
        return false;
    }
    regs->rip += INT_LENGTH;
    if (soft_interrupt(vcpu, regs, code[1])) {
        return true;
    }
    regs->rip -= INT_LENGTH;
    deliver_trap(vcpu, regs, VECTOR_GP, (uint32_t)code[1] << 3 | 2);
    return true;
}

static void general_protection(struct vcpu *vcpu, struct regs *regs)
{
    uint32_t code = regs->error_code;

    if (likely(code == 0)) {
        if (emulate_privileged(vcpu, regs)) {
            return;
        }
    } else if ((code & 3) == 2 && interrupt_instruction(vcpu, regs)) {
        return;
    }
    deliver_trap(vcpu, regs, VECTOR_GP, code);
}

/* Lazy FPU is the guest's own: its virtual TS, never ours. */
static void device_not_available(struct vcpu *vcpu, struct regs *regs)
{
    if (vcpu->virtual_ts) {
        control_clear_task_switched(vcpu);
        deliver_trap(vcpu, regs, VECTOR_NM, 0);
    } else {
        __asm__ volatile("clts");
    }
}

static void int80(struct vcpu *vcpu, struct regs *regs)
{
    if (!soft_interrupt(vcpu, regs, VECTOR_GUEST_INT80)) {
        regs->rip -= INT_LENGTH;
        deliver_trap(vcpu, regs, VECTOR_GP, VECTOR_GUEST_INT80 << 3 | 2);
    }
}

static noinline void other_exception(struct vcpu *vcpu, struct regs *regs)
{
    switch (regs->vector) {
    case VECTOR_GP:
        general_protection(vcpu, regs);
        break;
    case VECTOR_UD:
        if (!emulate_forced(vcpu, regs)) {
            deliver_trap(vcpu, regs, VECTOR_UD, 0);
        }
        break;
    case VECTOR_NM:
        device_not_available(vcpu, regs);
        break;
    case VECTOR_DB:
        debugreg_merge_status(vcpu);
        deliver_trap(vcpu, regs, VECTOR_DB, 0);
        break;
    case VECTOR_OF:
        deliver_soft_trap(vcpu, regs, VECTOR_OF);
        break;
    case VECTOR_GUEST_INT80:
        int80(vcpu, regs);
        break;
    default:
        if (regs->vector >= VECTOR_DEVICE_FIRST) {
            interrupt(regs->vector);
        } else {
            deliver_trap(vcpu, regs, (uint8_t)regs->vector, regs->error_code);
        }
        break;
    }
}

void guest_exception(struct regs *regs)
{
    struct vcpu *vcpu = current_vcpu();

    if (regs->vector == VECTOR_PF) { /* the most frequent by far */
        page_fault(vcpu, regs);
    } else if (regs->vector == VECTOR_BP) { /* tracing and probes are these */
        deliver_soft_trap(vcpu, regs, VECTOR_BP);
    } else {
        other_exception(vcpu, regs);
    }
}

void hypervisor_exception(struct regs *regs)
{
    uint64_t fixup;

    if (regs->vector >= VECTOR_DEVICE_FIRST) {
        interrupt(regs->vector);
        return;
    }
    if (regs->vector == VECTOR_PF && current_vcpu() != NULL &&
        is_ldt_fault(current_vcpu(), read_cr2())) {
        return; /* a selector of the guest's that we load: it is there now */
    }
    fixup = extable_find(regs->rip);
    if (fixup == 0) {
        panic_at(regs, "exception %u, code 0x%x", regs->vector,
                        regs->error_code);
    }
    this_cpu()->fault_vector = regs->vector;
    this_cpu()->fault_code = regs->error_code;
    regs->rip = fixup;
}

void guest_iret_fault(struct regs *regs)
{
    struct cpu *cpu = this_cpu();
    struct vcpu *vcpu = cpu->current;

    if (cpu->fault_vector == VECTOR_PF) {
        fault_deliver(vcpu, regs, read_cr2(), cpu->fault_code);
    } else {
        deliver_trap(vcpu, regs, (uint8_t)cpu->fault_vector,
                     cpu->fault_code);
    }
}

/* A data breakpoint that the guest left for our own first instruction. */
void hypervisor_debug(struct regs *regs)
{
    debugreg_merge_status(current_vcpu());
}

void ist_exception(struct regs *regs)
{
    if (regs->vector == VECTOR_NMI) {
        return; /* nothing here asks for one */
    }
    panic_at(regs, "%s, code 0x%x",
                    regs->vector == VECTOR_DF ? "double fault"
                                              : "machine check",
                    regs->error_code);
}

/*
 * The vCPU launches: it does not go back to its guest before that is over, and
 * meanwhile only here, between two steps, interrupts are let in.
 */
static void launch_work(struct cpu *cpu)
{
    cpu->budget = WORK_BUDGET;
    launch_go_on(cpu->current);
    interrupts_let_in();
    cpu->has_work = 1;
}

void exit_work(void)
{
    struct cpu *cpu = this_cpu();
    struct vcpu *vcpu = cpu->current;

    cpu->has_work = 0;
    if (vcpu != NULL && vcpu->has_exception && !cpu->need_resched) {
        if (vcpu->has_exception == VCPU_LAUNCHES) {
            launch_work(cpu);
            return;
        }
        vcpu->has_exception = VCPU_NO_EXCEPTION;
        if (vcpu->exception_vector == VECTOR_PF) {
            deliver_page_fault(vcpu, guest_regs(), vcpu->cr2,
                               vcpu->exception_code);
        } else {
            deliver_trap(vcpu, guest_regs(), vcpu->exception_vector,
                         vcpu->exception_code);
        }
    }
    if (cpu->need_resched) {
        schedule();
        if (cpu->current->has_exception || cpu->current->nmi_pending) {
            cpu->has_work = 1;
        }
    } else if (vcpu->nmi_pending && !vcpu->info->evtchn_upcall_mask) {
        deliver_nmi(vcpu, guest_regs());
    }
}
