/* SPDX-License-Identifier: MIT */
/*
 * The one way from a #GP at CPL 3 to a handler: decode, find the row in
 * privops.def, ask what the guest's own state allows, ask the policy, call.
 * A row that either refuses leaves the guest with its #GP, as if the
 * instruction were not emulated at all.
 */
#include "hv/hypercall/privop.h"

#include "hv/domain/control.h"
#include "hv/domain/traps.h"
#include "hv/hypercall/cpuid.h"
#include "hv/hypercall/emulation.h"
#include "hv/hypercall/fetch.h"
#include "hv/hypercall/ioport.h"

/* What the guest's own state must allow before an instruction is looked at. */
static inline bool right_none(const struct vcpu *vcpu)
{
    return true;
}

static inline bool right_kernel(const struct vcpu *vcpu)
{
    return vcpu->kernel_mode;
}

static inline bool right_iopl(const struct vcpu *vcpu)
{
    return ioport_has_iopl(vcpu);
}

static inline bool right_tsc(const struct vcpu *vcpu)
{
    return vcpu->kernel_mode || (vcpu->virtual_cr4 & CR4_TSD) == 0;
}

static inline bool may(const struct emulation *e, struct xsm_perm permission,
                       const char *operation)
{
    const struct domain *domain = e->vcpu->domain;

    return emulation_may(e->vcpu, domain->self_label, domain->id, permission,
                         operation);
}

static inline bool may_port(struct emulation *e)
{
    e->port = e->insn->has_immediate ? (uint8_t)e->insn->immediate
                                     : (uint16_t)e->regs->rdx;
    return ioport_guest_may(e->vcpu, e->port, e->insn->size);
}

static enum outcome dispatch(struct emulation *e, unsigned int op)
{
    switch (op) {
#define OP(name, right, class, permission)                                     \
    case INSN_##name:                                                          \
        return right_##right(e->vcpu) &&                                       \
                       may(e, XSM_PERM(class, permission), #name)              \
                   ? privop_##name(e)                                          \
                   : OUTCOME_REFUSED;
#define OP_PORT(name)                                                          \
    case INSN_##name:                                                          \
        return may_port(e) ? privop_##name(e) : OUTCOME_REFUSED;
#include "hv/hypercall/privops.def"
#undef OP
#undef OP_PORT
    default:
        return OUTCOME_REFUSED;
    }
}

/* CR3 has a row of its own: what it changes is guarded by another class. */
static unsigned int row_of(const struct insn *insn)
{
    if (insn->op == INSN_mov_to_cr && insn->reg == 3) {
        return INSN_mov_to_cr3;
    }
    return insn->op;
}

bool emulate_privileged(struct vcpu *vcpu, struct regs *regs)
{
    struct insn insn;
    struct code code;
    struct emulation e = {.vcpu = vcpu, .regs = regs, .insn = &insn};

    if (!code_fetch(vcpu, regs, &code) ||
        !decode_insn(code.bytes, code.width, &insn)) {
        return false;
    }
    e.is_64 = code.width == CODE_64;
    switch (dispatch(&e, row_of(&insn))) {
    case OUTCOME_DONE:
        emulation_finish(vcpu, regs, insn.length, code.width);
        return true;
    case OUTCOME_AGAIN:
        return true;
    case OUTCOME_REFUSED:
        break;
    }
    return false;
}

bool emulate_forced(struct vcpu *vcpu, struct regs *regs)
{
    /* ud2a; "xen"; cpuid: xen/arch-x86/xen.h, XEN_CPUID. */
    static const uint8_t forced[] = {0x0f, 0x0b, 0x78, 0x65, 0x6e, 0x0f, 0xa2};
    const struct insn insn = {.op = INSN_cpuid, .length = sizeof(forced)};
    struct emulation e = {.vcpu = vcpu, .regs = regs, .insn = &insn};
    struct code code;

    if (!code_fetch(vcpu, regs, &code) || code.bytes.size < sizeof(forced) ||
        memcmp(code.bytes.data, forced, sizeof(forced)) != 0 ||
        dispatch(&e, INSN_cpuid) != OUTCOME_DONE) {
        return false;
    }
    emulation_finish(vcpu, regs, insn.length, code.width);
    return true;
}
