/* SPDX-License-Identifier: MIT */
/*
 * What the dispatchers of emulation (privop.c, ioport.c, ptwr.c, iret.c) and
 * the handlers of privops.def share: nobody else includes this.
 */
#pragma once

#include "hv/cpu/vectors.h"
#include "hv/domain/traps.h"
#include "hv/hypercall/decode.h"
#include "hv/security/security.h"

/* One instruction being emulated for the current vCPU. */
struct emulation {
    struct vcpu *vcpu;
    struct regs *regs;
    const struct insn *insn;
    bool is_64;    /* 64-bit code: flat segments */
    uint16_t port; /* of the I/O instructions */
};

enum outcome {
    OUTCOME_DONE,    /* RIP goes past the instruction */
    OUTCOME_AGAIN,   /* RIP stays: more to do, or an exception was injected */
    OUTCOME_REFUSED, /* the guest gets its #GP */
};

#define OP(name, right, class, permission)                                     \
    enum outcome privop_##name(struct emulation *e);
#define OP_PORT(name) enum outcome privop_##name(struct emulation *e);
#include "hv/hypercall/privops.def"
#undef OP
#undef OP_PORT

#define DR6_SINGLE_STEP 0x4000ull

/* An instruction of length bytes was done. */
static inline void emulation_finish(struct vcpu *vcpu, struct regs *regs,
                                    uint8_t length, enum insn_width width)
{
    regs->rip += length;
    if (width == CODE_32) {
        regs->rip = (uint32_t)regs->rip;
    }
    regs->rflags &= ~FLAG_RF;
    if (unlikely((regs->rflags & FLAG_TF) != 0)) {
        vcpu->debugreg[6] |= DR6_SINGLE_STEP;
        inject_exception(vcpu, VECTOR_DB, 0);
    }
}

/*
 * size bytes at va could not be read or (FAULT_WRITE) written: the guest's
 * page fault, at the page that lacks it, or #GP where there can be no page.
 */
enum outcome emulation_memory_fault(const struct emulation *e, uint64_t va,
                                    unsigned int size, uint32_t error_code);
/* What an FS or GS prefix adds to addresses, in 64-bit code. */
uint64_t emulation_segment_base(const struct insn *insn);

/*
 * Asks the policy whether the vCPU's domain may do what a row says to an
 * object: target_id is XSM_NO_DOMAIN unless that is a domain.
 */
static inline bool emulation_may(const struct vcpu *vcpu, label_t target,
                                 uint16_t target_id, struct xsm_perm permission,
                                 const char *operation)
{
    const struct domain *domain = vcpu->domain;
    struct security_question question;

    if (likely(
            xsm_allowed(&security_policy, domain->label, target, permission))) {
        return true;
    }
    question = (struct security_question){
        .source = domain->label,
        .target = target,
        .permission = permission,
        .source_id = domain->id,
        .target_id = target_id,
        .operation = operation,
    };
    return security_refused(&question);
}
