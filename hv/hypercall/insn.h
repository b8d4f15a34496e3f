/* SPDX-License-Identifier: MIT */
/*
 * A decoded instruction: which of those we emulate it is, and its operands as
 * registers and addresses of the guest that executed it.
 */
#pragma once

#include "hv/base/compiler.h"
#include "hv/cpu/regs.h"

#define INSN_MAX_LENGTH 15 /* Intel SDM vol. 2, 2.3.11 */
#define NO_REGISTER     0xff

enum insn_op {
    INSN_NONE,
#define OP(name, right, class, permission) INSN_##name,
#define OP_PORT(name)                      INSN_##name,
#include "hv/hypercall/privops.def"
#undef OP
#undef OP_PORT
    INSN_iret,
    /* Writes to memory: the operation, then where the operand comes from. */
    INSN_store, /* mov */
    INSN_xchg,
    INSN_xadd,
    INSN_cmpxchg,
    INSN_alu, /* add or adc sbb and sub xor, by insn.function */
    INSN_bit, /* bts btr btc, by insn.function */
};

/* insn.function of INSN_alu: ModRM.reg of opcodes 80, 81 and 83. */
enum insn_alu { ALU_ADD, ALU_OR, ALU_ADC, ALU_SBB, ALU_AND, ALU_SUB, ALU_XOR };
/* insn.function of INSN_bit: ModRM.reg of opcode 0f ba. */
enum insn_bit { BIT_SET = 5, BIT_RESET = 6, BIT_COMPLEMENT = 7 };

/* insn.function of INSN_store_system. */
enum insn_system {
    SYSTEM_SLDT,
    SYSTEM_STR,
    SYSTEM_SGDT,
    SYSTEM_SIDT,
    SYSTEM_SMSW,
};

enum insn_segment { SEGMENT_DEFAULT, SEGMENT_FS, SEGMENT_GS };

enum insn_width { CODE_64, CODE_32 };

struct insn {
    uint8_t op;           /* enum insn_op */
    uint8_t length;       /* bytes, prefixes included */
    uint8_t size;         /* of the operand: 1, 2, 4 or 8 bytes */
    uint8_t address_size; /* 4 or 8 bytes */
    uint8_t function;     /* of INSN_alu, INSN_bit, INSN_store_system */
    uint8_t segment;      /* enum insn_segment */
    bool repeat;          /* REP (F3) or REPNE (F2) */
    bool lock;
    bool has_immediate;
    bool is_memory; /* r/m is memory: base, index, scale, displacement */
    uint8_t reg;    /* ModRM.reg with REX.R: a register number, or CRn, DRn */
    uint8_t rm;     /* a register number, where r/m is no memory */
    uint8_t base, index; /* register numbers or NO_REGISTER */
    uint8_t scale;       /* shift of the index */
    bool rip_relative;
    bool has_rex; /* byte registers 4-7 are SPL, BPL, SIL, DIL */
    int64_t displacement;
    uint64_t immediate; /* sign-extended to 64 bits */
};

/* The linear address of the memory operand, without a segment base. */
uint64_t insn_address(const struct insn *insn, const struct regs *regs);

/* A register by its number (0 RAX ... 15 R15). */
uint64_t *insn_register(struct regs *regs, uint8_t number);
/* Reads and writes as the instruction would: a byte may be AH..BH, a 32-bit
 * write clears the upper half. */
uint64_t insn_get(const struct insn *insn, struct regs *regs, uint8_t number);
void insn_set(const struct insn *insn, struct regs *regs, uint8_t number,
              uint64_t value);
