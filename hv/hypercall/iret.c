/* SPDX-License-Identifier: MIT */
/*
 * IRET at CPL 3, to CPL 3, in the guest's place.  QEMU before 8.0 reads the
 * frame with supervisor rights, which CR4.SMAP forbids on a guest's pages: a
 * read fault without the user bit, at the stack, from guest mode.  No CPU
 * raises that for anything else but descriptor tables, which are not at RSP.
 */
#include "hv/cpu/cpu.h"
#include "hv/hypercall/emulation.h"
#include "hv/hypercall/fetch.h"
#include "hv/hypercall/privop.h"
#include "hv/mem/guest_copy.h"

#define SELECTOR_RPL  3u

/* What IRET at CPL 3 takes from the frame: not IF, IOPL, VM, VIF, VIP. */
#define FLAGS_IRET    (0xcd5ull | FLAG_TF | FLAG_NT | FLAG_RF | FLAG_AC | FLAG_ID)
#define FLAGS_IRET_16 (FLAGS_IRET & 0xffff)

enum { FRAME_RIP, FRAME_CS, FRAME_RFLAGS, FRAME_RSP, FRAME_SS, FRAME_WORDS };

/* 64-bit code always takes RSP and SS; other code only to an outer ring. */
static unsigned int frame_words(enum insn_width width)
{
    return width == CODE_64 ? FRAME_WORDS : FRAME_RSP;
}

static bool read_frame(const struct insn *insn, const struct regs *regs,
                       unsigned int words, uint64_t frame[FRAME_WORDS])
{
    uint8_t raw[FRAME_WORDS * 8];

    if (!guest_read(raw, GVA(regs->rsp), words * insn->size)) {
        return false;
    }
    for (unsigned int i = 0; i < words; i++) {
        frame[i] = 0;
        memcpy(&frame[i], raw + i * insn->size, insn->size);
    }
    return true;
}

static bool refuse(struct vcpu *vcpu, uint64_t selector)
{
    inject_exception(vcpu, VECTOR_GP, selector & 0xfffc);
    return true;
}

static bool load_frame(struct vcpu *vcpu, struct regs *regs,
                       const struct insn *insn, unsigned int words,
                       const uint64_t frame[FRAME_WORDS])
{
    uint64_t flags = insn->size == 2 ? FLAGS_IRET_16 : FLAGS_IRET;
    uint16_t cs = (uint16_t)frame[FRAME_CS];
    uint16_t ss = (uint16_t)frame[FRAME_SS];

    if ((regs->rflags & FLAG_NT) != 0) {
        return refuse(vcpu, 0);
    }
    if ((cs & SELECTOR_RPL) != SELECTOR_RPL || cs < 4) {
        return refuse(vcpu, cs);
    }
    if (words == FRAME_WORDS &&
        ((ss & SELECTOR_RPL) != SELECTOR_RPL || ss < 4)) {
        return refuse(vcpu, ss);
    }
    if (!is_canonical(frame[FRAME_RIP])) {
        return refuse(vcpu, 0);
    }
    regs->rip = frame[FRAME_RIP];
    regs->cs = cs;
    regs->rflags = (regs->rflags & ~flags) | (frame[FRAME_RFLAGS] & flags);
    if (words == FRAME_WORDS) {
        regs->rsp = frame[FRAME_RSP];
        regs->ss = ss;
    } else {
        regs->rsp = (uint32_t)(regs->rsp + words * insn->size);
    }
    return true;
}

bool emulate_iret_cpl3(struct vcpu *vcpu, struct regs *regs, uint64_t va,
                       uint32_t error_code)
{
    uint64_t frame[FRAME_WORDS] = {0};
    struct insn insn;
    struct code code;
    unsigned int words;

    if (error_code != FAULT_PRESENT || !regs_from_guest(regs) ||
        !code_fetch(vcpu, regs, &code) ||
        !decode_insn(code.bytes, code.width, &insn) || insn.op != INSN_iret ||
        insn.lock) {
        return false;
    }
    words = frame_words(code.width);
    if (va - regs->rsp >= words * insn.size ||
        !read_frame(&insn, regs, words, frame)) {
        return false;
    }
    return load_frame(vcpu, regs, &insn, words, frame);
}
