/* SPDX-License-Identifier: MIT */
/*
 * Instruction decoding: prefixes, an opcode looked up in one of two tables,
 * ModRM with SIB and displacement, immediate.  Nothing is read outside the
 * bytes given, and every path reads at most INSN_MAX_LENGTH of them.
 * Encodings: Intel SDM vol. 2, chapter 2 and appendix A.
 */
#include "hv/hypercall/decode.h"

enum {
    FORM_MODRM = 1 << 0,
    FORM_BYTE = 1 << 1,   /* opcode bit 0 clear means 8-bit operands */
    FORM_IMM8 = 1 << 2,   /* one byte, sign-extended */
    FORM_IMM = 1 << 3,    /* of the operand's size, at most 4 bytes */
    FORM_MEMORY = 1 << 4, /* writes r/m: takes 66, F2, F3 and LOCK */
    FORM_GROUP = 1 << 5,  /* ModRM.reg is a function, not a register */
    FORM_REG = 1 << 6,    /* ModRM names registers whatever mod says */
    FORM_IO = 1 << 7,     /* at most 32 bits; takes 66, F2 and F3 */
};

struct opcode {
    uint8_t op;
    uint8_t form;
};

/* No operation: taken note of, and another byte follows. */
#define PREFIX 0xff

static const struct opcode one_byte[256] = {
    [0x26] = {PREFIX, 0}, /* ES */
    [0x2e] = {PREFIX, 0}, /* CS */
    [0x36] = {PREFIX, 0}, /* SS */
    [0x3e] = {PREFIX, 0}, /* DS */
    [0x64] = {PREFIX, 0}, /* FS */
    [0x65] = {PREFIX, 0}, /* GS */
    [0x66] = {PREFIX, 0}, /* operand size */
    [0x67] = {PREFIX, 0}, /* address size */
    [0xf0] = {PREFIX, 0}, /* LOCK */
    [0xf2] = {PREFIX, 0}, /* REPNE */
    [0xf3] = {PREFIX, 0}, /* REP */
    [0x08] = {INSN_alu, FORM_MODRM | FORM_BYTE | FORM_MEMORY},
    [0x09] = {INSN_alu, FORM_MODRM | FORM_MEMORY},
    [0x20] = {INSN_alu, FORM_MODRM | FORM_BYTE | FORM_MEMORY},
    [0x21] = {INSN_alu, FORM_MODRM | FORM_MEMORY},
    [0x30] = {INSN_alu, FORM_MODRM | FORM_BYTE | FORM_MEMORY},
    [0x31] = {INSN_alu, FORM_MODRM | FORM_MEMORY},
    [0x6c] = {INSN_ins, FORM_BYTE | FORM_IO},
    [0x6d] = {INSN_ins, FORM_IO},
    [0x6e] = {INSN_outs, FORM_BYTE | FORM_IO},
    [0x6f] = {INSN_outs, FORM_IO},
    [0x80] = {INSN_alu,
              FORM_MODRM | FORM_BYTE | FORM_MEMORY | FORM_GROUP | FORM_IMM8},
    [0x81] = {INSN_alu, FORM_MODRM | FORM_MEMORY | FORM_GROUP | FORM_IMM},
    [0x83] = {INSN_alu, FORM_MODRM | FORM_MEMORY | FORM_GROUP | FORM_IMM8},
    [0x86] = {INSN_xchg, FORM_MODRM | FORM_BYTE | FORM_MEMORY},
    [0x87] = {INSN_xchg, FORM_MODRM | FORM_MEMORY},
    [0x88] = {INSN_store, FORM_MODRM | FORM_BYTE | FORM_MEMORY},
    [0x89] = {INSN_store, FORM_MODRM | FORM_MEMORY},
    [0xc6] = {INSN_store,
              FORM_MODRM | FORM_BYTE | FORM_MEMORY | FORM_GROUP | FORM_IMM8},
    [0xc7] = {INSN_store, FORM_MODRM | FORM_MEMORY | FORM_GROUP | FORM_IMM},
    [0xcf] = {INSN_iret, 0},
    [0xe4] = {INSN_in, FORM_BYTE | FORM_IO | FORM_IMM8},
    [0xe5] = {INSN_in, FORM_IO | FORM_IMM8},
    [0xe6] = {INSN_out, FORM_BYTE | FORM_IO | FORM_IMM8},
    [0xe7] = {INSN_out, FORM_IO | FORM_IMM8},
    [0xec] = {INSN_in, FORM_BYTE | FORM_IO},
    [0xed] = {INSN_in, FORM_IO},
    [0xee] = {INSN_out, FORM_BYTE | FORM_IO},
    [0xef] = {INSN_out, FORM_IO},
    [0xfa] = {INSN_cli, 0},
    [0xfb] = {INSN_sti, 0},
};

/* After 0f. */
static const struct opcode two_byte[256] = {
    [0x00] = {INSN_store_system, FORM_MODRM | FORM_GROUP},
    [0x06] = {INSN_clts, 0},
    [0x09] = {INSN_wbinvd, 0},
    [0x20] = {INSN_mov_from_cr, FORM_MODRM | FORM_REG},
    [0x21] = {INSN_mov_from_dr, FORM_MODRM | FORM_REG},
    [0x22] = {INSN_mov_to_cr, FORM_MODRM | FORM_REG},
    [0x23] = {INSN_mov_to_dr, FORM_MODRM | FORM_REG},
    [0x30] = {INSN_wrmsr, 0},
    [0x31] = {INSN_rdtsc, 0},
    [0x32] = {INSN_rdmsr, 0},
    [0xa2] = {INSN_cpuid, 0},
    [0xab] = {INSN_bit, FORM_MODRM | FORM_MEMORY},
    [0xb0] = {INSN_cmpxchg, FORM_MODRM | FORM_BYTE | FORM_MEMORY},
    [0xb1] = {INSN_cmpxchg, FORM_MODRM | FORM_MEMORY},
    [0xb3] = {INSN_bit, FORM_MODRM | FORM_MEMORY},
    [0xba] = {INSN_bit, FORM_MODRM | FORM_MEMORY | FORM_GROUP | FORM_IMM8},
    [0xbb] = {INSN_bit, FORM_MODRM | FORM_MEMORY},
    [0xc0] = {INSN_xadd, FORM_MODRM | FORM_BYTE | FORM_MEMORY},
    [0xc1] = {INSN_xadd, FORM_MODRM | FORM_MEMORY},
};

#define REX_B 1
#define REX_X 2
#define REX_R 4
#define REX_W 8

struct decoder {
    const uint8_t *at;
    const uint8_t *end;
    enum insn_width width;
    uint8_t rex; /* 0x40-0x4f, or 0 */
    bool operand_16;
};

static inline bool next_byte(struct decoder *d, uint8_t *byte)
{
    if (d->at == d->end) {
        return false;
    }
    *byte = *d->at++;
    return true;
}

/* A little-endian number of size 1, 2 or 4 bytes, sign-extended. */
static inline bool next_signed(struct decoder *d, unsigned int size,
                               int64_t *value)
{
    const uint8_t *at = d->at;

    if ((size_t)(d->end - at) < size) {
        return false;
    }
    d->at += size;
    if (size == 1) {
        *value = (int8_t)at[0];
    } else if (size == 2) {
        *value = (int16_t)(at[0] | at[1] << 8);
    } else {
        *value =
            (int32_t)(at[0] | at[1] << 8 | at[2] << 16 | (uint32_t)at[3] << 24);
    }
    return true;
}

static void take_legacy_prefix(struct decoder *d, struct insn *insn,
                               uint8_t byte)
{
    d->rex = 0; /* a REX that is not last is void */
    switch (byte) {
    case 0x64:
        insn->segment = SEGMENT_FS;
        break;
    case 0x65:
        insn->segment = SEGMENT_GS;
        break;
    case 0x66:
        d->operand_16 = true;
        break;
    case 0x67:
        insn->address_size = d->width == CODE_64 ? 4 : 2;
        break;
    case 0xf0:
        insn->lock = true;
        break;
    case 0xf2:
    case 0xf3:
        insn->repeat = true;
        break;
    default: /* the other segments: flat, and void in 64-bit code */
        break;
    }
}

/* Prefixes, and the first byte that is none. */
static inline bool take_prefixes(struct decoder *d, struct insn *insn,
                                 uint8_t *byte)
{
    while (next_byte(d, byte)) {
        if ((*byte & 0xf0) == 0x40 && d->width == CODE_64) {
            d->rex = *byte;
        } else if (likely(one_byte[*byte].op != PREFIX)) {
            return true;
        } else {
            take_legacy_prefix(d, insn, *byte);
        }
    }
    return false;
}

static inline bool take_sib(struct decoder *d, struct insn *insn, uint8_t mod,
                            unsigned int *displacement_size)
{
    uint8_t sib;
    uint8_t index;

    if (!next_byte(d, &sib)) {
        return false;
    }
    index = (sib >> 3 & 7) | ((d->rex & REX_X) != 0 ? 8 : 0);
    if (index != 4) {
        insn->index = index;
        insn->scale = sib >> 6;
    }
    if ((sib & 7) == 5 && mod == 0) {
        *displacement_size = 4;
    } else {
        insn->base = (sib & 7) | ((d->rex & REX_B) != 0 ? 8 : 0);
    }
    return true;
}

static inline bool take_memory(struct decoder *d, struct insn *insn,
                               uint8_t modrm)
{
    unsigned int displacement_size;
    uint8_t mod = modrm >> 6;

    if (insn->address_size == 2) {
        return false;
    }
    insn->is_memory = true;
    displacement_size = mod == 0 ? 0 : mod == 1 ? 1 : 4;
    if ((modrm & 7) == 4) {
        if (!take_sib(d, insn, mod, &displacement_size)) {
            return false;
        }
    } else if ((modrm & 7) == 5 && mod == 0) {
        displacement_size = 4;
        insn->rip_relative = d->width == CODE_64;
    } else {
        insn->base = (modrm & 7) | ((d->rex & REX_B) != 0 ? 8 : 0);
    }
    return displacement_size == 0 ||
           next_signed(d, displacement_size, &insn->displacement);
}

static inline bool take_modrm(struct decoder *d, struct insn *insn,
                              uint8_t form)
{
    uint8_t modrm;

    if (!next_byte(d, &modrm)) {
        return false;
    }
    insn->reg = modrm >> 3 & 7;
    if ((form & FORM_GROUP) != 0) {
        insn->function = insn->reg;
    } else {
        insn->reg |= (d->rex & REX_R) != 0 ? 8 : 0;
    }
    if (modrm >= 0xc0 || (form & FORM_REG) != 0) {
        insn->rm = (modrm & 7) | ((d->rex & REX_B) != 0 ? 8 : 0);
        return true;
    }
    return take_memory(d, insn, modrm);
}

static inline bool take_immediate(struct decoder *d, struct insn *insn,
                                  uint8_t form)
{
    unsigned int size = 1;
    int64_t value;

    if ((form & FORM_IMM) != 0) {
        size = insn->size < 4 ? insn->size : 4;
    }
    if (!next_signed(d, size, &value)) {
        return false;
    }
    insn->has_immediate = true;
    insn->immediate = (uint64_t)value;
    return true;
}

static inline uint8_t operand_size(const struct decoder *d, uint8_t form)
{
    if ((form & FORM_BYTE) != 0) {
        return 1;
    }
    if ((form & FORM_REG) != 0) {
        return d->width == CODE_64 ? 8 : 4;
    }
    if ((d->rex & REX_W) != 0) {
        return (form & FORM_IO) != 0 ? 4 : 8;
    }
    return d->operand_16 ? 2 : 4;
}

/* Whether the function in ModRM.reg is one the group has for us. */
static inline bool group_is_ours(const struct insn *insn)
{
    switch (insn->op) {
    case INSN_alu:
        return insn->function <= ALU_XOR; /* 7 is CMP, which writes nothing */
    case INSN_bit:
        return insn->function >= BIT_SET; /* 4 is BT, which writes nothing */
    case INSN_store_system:
        return insn->function <= SYSTEM_STR;
    default:
        return insn->function == 0; /* MOV */
    }
}

static inline bool prefixes_are_ours(const struct decoder *d,
                                     const struct insn *insn, uint8_t form)
{
    if (insn->lock && ((form & FORM_MEMORY) == 0 || !insn->is_memory ||
                       insn->op == INSN_store)) {
        return false;
    }
    if ((form & (FORM_MEMORY | FORM_IO)) != 0 || insn->op == INSN_iret) {
        return true;
    }
    if (insn->op == INSN_store_system) {
        return !insn->repeat;
    }
    /* F3 makes WBNOINVD of WBINVD; other opcodes it makes something else. */
    return !d->operand_16 && (!insn->repeat || insn->op == INSN_wbinvd);
}

/* SGDT, SIDT to memory; SMSW. */
static bool take_store_system(struct decoder *d, struct insn *insn)
{
    insn->op = INSN_store_system;
    insn->size = operand_size(d, 0);
    if (!take_modrm(d, insn, FORM_MODRM | FORM_GROUP)) {
        return false;
    }
    switch (insn->function) {
    case 0:
        insn->function = SYSTEM_SGDT;
        return insn->is_memory;
    case 1:
        insn->function = SYSTEM_SIDT;
        return insn->is_memory;
    default:
        return insn->function == SYSTEM_SMSW;
    }
}

/* 0f 01: with registers, the whole of ModRM is opcode. */
static bool take_system(struct decoder *d, struct insn *insn)
{
    uint8_t modrm;

    if (!next_byte(d, &modrm)) {
        return false;
    }
    switch (modrm) {
    case 0xd1:
        insn->op = INSN_xsetbv;
        return true;
    case 0xf9:
        insn->op = INSN_rdtscp;
        return true;
    default:
        d->at--;
        return take_store_system(d, insn);
    }
}

static inline bool take_operands(struct decoder *d, struct insn *insn,
                                 uint8_t opcode, uint8_t form)
{
    insn->size = operand_size(d, form);
    insn->function = opcode >> 3 & 7;
    if ((form & FORM_MODRM) != 0 && !take_modrm(d, insn, form)) {
        return false;
    }
    if ((form & FORM_GROUP) != 0 && !group_is_ours(insn)) {
        return false;
    }
    return (form & (FORM_IMM8 | FORM_IMM)) == 0 ||
           take_immediate(d, insn, form);
}

static inline bool take_opcode(struct decoder *d, struct insn *insn,
                               uint8_t opcode)
{
    const struct opcode *entry = &one_byte[opcode];

    if (opcode == 0x0f) {
        if (!next_byte(d, &opcode)) {
            return false;
        }
        if (opcode == 0x01) {
            return take_system(d, insn) && prefixes_are_ours(d, insn, 0);
        }
        entry = &two_byte[opcode];
    }
    insn->op = entry->op;
    return insn->op != INSN_NONE &&
           take_operands(d, insn, opcode, entry->form) &&
           prefixes_are_ours(d, insn, entry->form);
}

bool decode_insn(struct bytes code, enum insn_width width, struct insn *insn)
{
    struct decoder d = {.at = code.data, .width = width};
    uint8_t byte;

    d.end = code.data + MIN(code.size, (size_t)INSN_MAX_LENGTH);
    *insn = (struct insn){.base = NO_REGISTER, .index = NO_REGISTER};
    insn->address_size = width == CODE_64 ? 8 : 4;
    if (!take_prefixes(&d, insn, &byte)) {
        return false;
    }
    insn->has_rex = d.rex != 0;
    if (!take_opcode(&d, insn, byte)) {
        return false;
    }
    insn->length = (uint8_t)(d.at - code.data);
    return true;
}
