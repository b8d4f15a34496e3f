/* SPDX-License-Identifier: MIT */
/*
 * What an instruction that changes memory makes of its operand: a pure
 * function of the operand, the registers and the flags.
 */
#pragma once

#include "hv/hypercall/decode.h"

struct rmw {
    uint64_t value; /* of the operand's size */
    uint64_t flags; /* RFLAGS afterwards */
    bool writes;    /* false: a CMPXCHG that found something else */
};

/* Whether the result depends on what the operand was. */
static inline bool rmw_reads(const struct insn *insn)
{
    return insn->op != INSN_store && insn->op != INSN_xchg;
}

/* The operand's linear address: a bit string reaches beyond ModRM's. */
uint64_t rmw_address(const struct insn *insn, struct regs *regs);

/* The source operand: all that matters where rmw_reads() is false. */
uint64_t rmw_source(const struct insn *insn, struct regs *regs);

struct rmw rmw_compute(const struct insn *insn, struct regs *regs,
                       uint64_t operand);

/* After the write: flags, and the registers that take the old operand. */
void rmw_commit(const struct insn *insn, struct regs *regs,
                const struct rmw *rmw, uint64_t operand);
