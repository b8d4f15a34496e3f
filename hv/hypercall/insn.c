/* SPDX-License-Identifier: MIT */
/* Operands: registers by number, in parts as instructions see them. */
#include "hv/hypercall/insn.h"

#include <stddef.h>

uint64_t *insn_register(struct regs *regs, uint8_t number)
{
    static const uint8_t offsets[16] = {
        offsetof(struct regs, rax), offsetof(struct regs, rcx),
        offsetof(struct regs, rdx), offsetof(struct regs, rbx),
        offsetof(struct regs, rsp), offsetof(struct regs, rbp),
        offsetof(struct regs, rsi), offsetof(struct regs, rdi),
        offsetof(struct regs, r8),  offsetof(struct regs, r9),
        offsetof(struct regs, r10), offsetof(struct regs, r11),
        offsetof(struct regs, r12), offsetof(struct regs, r13),
        offsetof(struct regs, r14), offsetof(struct regs, r15),
    };

    return (uint64_t *)((char *)regs + offsets[number & 15]);
}

static uint64_t read_register(const struct regs *regs, uint8_t number)
{
    return *insn_register((struct regs *)regs, number);
}

uint64_t insn_address(const struct insn *insn, const struct regs *regs)
{
    uint64_t address = (uint64_t)insn->displacement;

    if (insn->base != NO_REGISTER) {
        address += read_register(regs, insn->base);
    }
    if (insn->index != NO_REGISTER) {
        address += read_register(regs, insn->index) << insn->scale;
    }
    if (insn->rip_relative) {
        address += regs->rip + insn->length;
    }
    return insn->address_size == 8 ? address : (uint32_t)address;
}

/* Whether number means AH, CH, DH or BH. */
static inline bool is_high_byte(const struct insn *insn, uint8_t number)
{
    return insn->size == 1 && !insn->has_rex && number >= 4 && number < 8;
}

uint64_t insn_get(const struct insn *insn, struct regs *regs, uint8_t number)
{
    if (is_high_byte(insn, number)) {
        return *insn_register(regs, number - 4) >> 8 & 0xff;
    }
    return *insn_register(regs, number) & ~0ull >> (64 - 8 * insn->size);
}

void insn_set(const struct insn *insn, struct regs *regs, uint8_t number,
              uint64_t value)
{
    uint64_t *to;

    if (is_high_byte(insn, number)) {
        to = insn_register(regs, number - 4);
        *to = (*to & ~0xff00ull) | (value & 0xff) << 8;
        return;
    }
    to = insn_register(regs, number);
    if (insn->size >= 4) {
        *to = insn->size == 8 ? value : (uint32_t)value;
    } else {
        uint64_t mask = insn->size == 1 ? 0xff : 0xffff;
        *to = (*to & ~mask) | (value & mask);
    }
}
