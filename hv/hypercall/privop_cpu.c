/* SPDX-License-Identifier: MIT */
/* Emulated instructions that read or change the processor's state. */
#include "hv/base/errno.h"
#include "hv/cpu/machine.h"
#include "hv/domain/control.h"
#include "hv/domain/debugreg.h"
#include "hv/domain/mmu_update.h"
#include "hv/domain/traps.h"
#include "hv/domain/vcpu_roots.h"
#include "hv/hypercall/cpuid.h"
#include "hv/hypercall/emulation.h"
#include "hv/hypercall/msr.h"

static enum outcome undefined(const struct emulation *e)
{
    inject_exception(e->vcpu, VECTOR_UD, 0);
    return OUTCOME_AGAIN;
}

static uint64_t wide(uint64_t high, uint64_t low)
{
    return high << 32 | (uint32_t)low;
}

static void set_wide(struct regs *regs, uint64_t value)
{
    regs->rax = (uint32_t)value;
    regs->rdx = value >> 32;
}

/* A PV guest masks events in its vcpu_info; hardware IF is not its own, so
 * that these have nothing to do. */
enum outcome privop_cli(struct emulation *e)
{
    return OUTCOME_DONE;
}

enum outcome privop_sti(struct emulation *e)
{
    return OUTCOME_DONE;
}

enum outcome privop_mov_from_cr(struct emulation *e)
{
    uint64_t value;

    switch (e->insn->reg) {
    case 0:
        value = control_read_cr0(e->vcpu);
        break;
    case 2:
        value = e->vcpu->cr2;
        break;
    case 3:
        value = e->vcpu->root_kernel;
        break;
    case 4:
        value = control_read_cr4(e->vcpu);
        break;
    default:
        return OUTCOME_REFUSED;
    }
    insn_set(e->insn, e->regs, e->insn->rm, value);
    return OUTCOME_DONE;
}

/* Of CR0, only TS is the guest's. */
static enum outcome write_cr0(struct vcpu *vcpu, uint64_t value)
{
    if (((value ^ control_read_cr0(vcpu)) & ~CR0_TS) != 0) {
        return OUTCOME_REFUSED;
    }
    if ((value & CR0_TS) != 0) {
        control_set_task_switched(vcpu);
    } else {
        control_clear_task_switched(vcpu);
    }
    return OUTCOME_DONE;
}

enum outcome privop_mov_to_cr(struct emulation *e)
{
    uint64_t value = insn_get(e->insn, e->regs, e->insn->rm);

    switch (e->insn->reg) {
    case 0:
        return write_cr0(e->vcpu, value);
    case 2:
        control_write_cr2(e->vcpu, value);
        return OUTCOME_DONE;
    case 4:
        control_write_cr4(e->vcpu, value);
        return OUTCOME_DONE;
    default:
        return OUTCOME_REFUSED;
    }
}

/* As MMUEXT_NEW_BASEPTR.  What takes too long is gone on with when the guest
 * executes the instruction again. */
enum outcome privop_mov_to_cr3(struct emulation *e)
{
    uint64_t value = insn_get(e->insn, e->regs, e->insn->rm);
    int rc = vcpu_change_root(e->vcpu, maddr_to_mfn(MADDR(value)),
                              vcpu_set_kernel_root);

    if (rc == -ERESTART) {
        return OUTCOME_AGAIN;
    }
    return rc == 0 ? OUTCOME_DONE : OUTCOME_REFUSED;
}

enum outcome privop_clts(struct emulation *e)
{
    control_clear_task_switched(e->vcpu);
    return OUTCOME_DONE;
}

enum outcome privop_mov_from_dr(struct emulation *e)
{
    uint64_t value;

    if (e->insn->reg > 7 || debugreg_read(e->vcpu, e->insn->reg, &value) != 0) {
        return undefined(e);
    }
    insn_set(e->insn, e->regs, e->insn->rm, value);
    return OUTCOME_DONE;
}

enum outcome privop_mov_to_dr(struct emulation *e)
{
    uint64_t value = insn_get(e->insn, e->regs, e->insn->rm);
    int rc;

    if (e->insn->reg > 7) {
        return undefined(e);
    }
    rc = debugreg_write(e->vcpu, e->insn->reg, value);
    if (rc == -ENODEV) {
        return undefined(e);
    }
    return rc == 0 ? OUTCOME_DONE : OUTCOME_REFUSED;
}

enum outcome privop_rdmsr(struct emulation *e)
{
    uint64_t value;

    if (!msr_read(e->vcpu, (uint32_t)e->regs->rcx, &value)) {
        return OUTCOME_REFUSED;
    }
    set_wide(e->regs, value);
    return OUTCOME_DONE;
}

enum outcome privop_wrmsr(struct emulation *e)
{
    uint64_t value = wide(e->regs->rdx, e->regs->rax);

    return msr_write(e->vcpu, (uint32_t)e->regs->rcx, value) ? OUTCOME_DONE
                                                             : OUTCOME_REFUSED;
}

enum outcome privop_rdtsc(struct emulation *e)
{
    set_wide(e->regs, machine_tsc());
    return OUTCOME_DONE;
}

enum outcome privop_rdtscp(struct emulation *e)
{
    if (!cpu_features.rdtscp) {
        return undefined(e);
    }
    set_wide(e->regs, machine_tsc());
    e->regs->rcx = (uint32_t)e->vcpu->tsc_aux;
    return OUTCOME_DONE;
}

enum outcome privop_xsetbv(struct emulation *e)
{
    uint64_t value = wide(e->regs->rdx, e->regs->rax);

    if ((e->vcpu->virtual_cr4 & CR4_OSXSAVE) == 0) {
        return undefined(e);
    }
    return control_write_xcr(e->vcpu, (uint32_t)e->regs->rcx, value) == 0
               ? OUTCOME_DONE
               : OUTCOME_REFUSED;
}

/* Matters only to a domain whose devices may not snoop the caches. */
enum outcome privop_wbinvd(struct emulation *e)
{
    if (e->vcpu->domain->is_hardware) {
        machine_cache_flush();
    }
    return OUTCOME_DONE;
}

enum outcome privop_cpuid(struct emulation *e)
{
    uint32_t out[4];

    cpuid_for_domain(e->vcpu->domain, e->vcpu, (uint32_t)e->regs->rax,
                     (uint32_t)e->regs->rcx, out);
    e->regs->rax = out[CPUID_EAX];
    e->regs->rbx = out[CPUID_EBX];
    e->regs->rcx = out[CPUID_ECX];
    e->regs->rdx = out[CPUID_EDX];
    return OUTCOME_DONE;
}
