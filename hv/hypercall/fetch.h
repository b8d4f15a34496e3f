/* SPDX-License-Identifier: MIT */
/*
 * The code a guest was running when it faulted.  It is guest memory: what is
 * read here may no longer be what the CPU executed, so that nothing may be
 * done for it that the guest could not ask for openly.
 */
#pragma once

#include "hv/domain/vcpu.h"
#include "hv/hypercall/decode.h"

struct code {
    uint64_t words[3];  /* the aligned words that hold the bytes */
    struct bytes bytes; /* at most INSN_MAX_LENGTH, from RIP on */
    enum insn_width width;
};

/*
 * False: nothing can be read, or CS is no code segment we interpret (16-bit,
 * in an LDT, or 32-bit with a base).
 */
bool code_fetch(const struct vcpu *vcpu, const struct regs *regs,
                struct code *code) NODISCARD;
