/* SPDX-License-Identifier: MIT */
/* Read-modify-write arithmetic: Intel SDM vol. 1, 3.4.3.1 for the flags. */
#include "hv/hypercall/rmw.h"

#define FLAG_PF   0x4ull
#define FLAG_AF   0x10ull
#define FLAG_SF   0x80ull
#define FLAG_OF   0x800ull
#define FLAGS_ALU (FLAG_CF | FLAG_PF | FLAG_AF | FLAG_ZF | FLAG_SF | FLAG_OF)

/* Operands and result, cut to their size. */
struct sum {
    uint64_t a, b, result;
    uint64_t carry, overflow; /* overflow: in the sign bit's place */
};

static uint64_t mask_of(const struct insn *insn)
{
    return ~0ull >> (64 - 8 * insn->size);
}

static uint64_t flags_of(const struct insn *insn, const struct sum *sum)
{
    unsigned int sign = 8 * insn->size - 1;
    uint64_t flags = sum->carry;

    flags |= __builtin_parity(sum->result & 0xff) ? 0 : FLAG_PF;
    flags |= (sum->a ^ sum->b ^ sum->result) & FLAG_AF;
    flags |= sum->result == 0 ? FLAG_ZF : 0;
    flags |= (sum->result >> sign & 1) != 0 ? FLAG_SF : 0;
    flags |= (sum->overflow >> sign & 1) != 0 ? FLAG_OF : 0;
    return flags;
}

static void add(const struct insn *insn, struct sum *sum, uint64_t carry)
{
    sum->result = (sum->a + sum->b + carry) & mask_of(insn);
    sum->carry = sum->result < sum->a || (carry != 0 && sum->result == sum->a);
    sum->overflow = (sum->a ^ sum->result) & (sum->b ^ sum->result);
}

static void subtract(const struct insn *insn, struct sum *sum, uint64_t borrow)
{
    sum->result = (sum->a - sum->b - borrow) & mask_of(insn);
    sum->carry = sum->a < sum->b || (borrow != 0 && sum->a == sum->b);
    sum->overflow = (sum->a ^ sum->b) & (sum->a ^ sum->result);
}

/* AND, OR and XOR leave no carries; AF, undefined, is cleared. */
static void logical(struct sum *sum, uint64_t result)
{
    sum->result = result;
    sum->b = sum->a ^ result;
}

static void arithmetic(const struct insn *insn, struct sum *sum, uint64_t carry)
{
    switch (insn->function) {
    case ALU_ADD:
        add(insn, sum, 0);
        break;
    case ALU_OR:
        logical(sum, sum->a | sum->b);
        break;
    case ALU_ADC:
        add(insn, sum, carry);
        break;
    case ALU_SBB:
        subtract(insn, sum, carry);
        break;
    case ALU_AND:
        logical(sum, sum->a & sum->b);
        break;
    case ALU_SUB:
        subtract(insn, sum, 0);
        break;
    default:
        logical(sum, sum->a ^ sum->b);
        break;
    }
}

uint64_t rmw_source(const struct insn *insn, struct regs *regs)
{
    if (insn->has_immediate) {
        return insn->immediate & mask_of(insn);
    }
    return insn_get(insn, regs, insn->reg);
}

static void set_sum(struct rmw *rmw, const struct insn *insn,
                    const struct regs *regs, const struct sum *sum)
{
    rmw->value = sum->result;
    rmw->flags = (regs->rflags & ~FLAGS_ALU) | flags_of(insn, sum);
}

static void bit_operation(const struct insn *insn, struct rmw *rmw,
                          uint64_t operand, uint64_t offset)
{
    uint64_t bit = 1ull << (offset & (8 * insn->size - 1));

    rmw->flags &= ~FLAG_CF;
    rmw->flags |= (operand & bit) != 0 ? FLAG_CF : 0;
    switch (insn->function) {
    case BIT_SET:
        rmw->value = operand | bit;
        break;
    case BIT_RESET:
        rmw->value = operand & ~bit;
        break;
    default:
        rmw->value = operand ^ bit;
        break;
    }
}

static void compare_exchange(const struct insn *insn, struct regs *regs,
                             struct rmw *rmw, uint64_t operand)
{
    struct sum sum = {.a = insn_get(insn, regs, 0), .b = operand};

    subtract(insn, &sum, 0);
    rmw->writes = sum.result == 0;
    set_sum(rmw, insn, regs, &sum);
    rmw->value = rmw_source(insn, regs);
}

uint64_t rmw_address(const struct insn *insn, struct regs *regs)
{
    uint64_t address = insn_address(insn, regs);
    int64_t offset;

    if (insn->op != INSN_bit || insn->has_immediate) {
        return address;
    }
    offset = (int64_t)insn_get(insn, regs, insn->reg);
    if (insn->size < 8) {
        offset = insn->size == 4 ? (int32_t)offset : (int16_t)offset;
    }
    /* 8 * size is 16, 32 or 64: whole operands below or above. */
    return address + (uint64_t)(offset >> (insn->size == 2   ? 4
                                           : insn->size == 4 ? 5
                                                             : 6)) *
                         insn->size;
}

struct rmw rmw_compute(const struct insn *insn, struct regs *regs,
                       uint64_t operand)
{
    struct rmw rmw = {.flags = regs->rflags, .writes = true};
    struct sum sum = {.a = operand};

    switch (insn->op) {
    case INSN_alu:
        sum.b = rmw_source(insn, regs);
        arithmetic(insn, &sum, regs->rflags & FLAG_CF);
        set_sum(&rmw, insn, regs, &sum);
        break;
    case INSN_xadd:
        sum.b = rmw_source(insn, regs);
        add(insn, &sum, 0);
        set_sum(&rmw, insn, regs, &sum);
        break;
    case INSN_bit:
        bit_operation(insn, &rmw, operand, rmw_source(insn, regs));
        break;
    case INSN_cmpxchg:
        compare_exchange(insn, regs, &rmw, operand);
        break;
    default: /* INSN_store, INSN_xchg */
        rmw.value = rmw_source(insn, regs);
        break;
    }
    return rmw;
}

void rmw_commit(const struct insn *insn, struct regs *regs,
                const struct rmw *rmw, uint64_t operand)
{
    regs->rflags = rmw->flags;
    if (insn->op == INSN_xchg || insn->op == INSN_xadd) {
        insn_set(insn, regs, insn->reg, operand);
    } else if (insn->op == INSN_cmpxchg && !rmw->writes) {
        insn_set(insn, regs, 0, operand);
    }
}
