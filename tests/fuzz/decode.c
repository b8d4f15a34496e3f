/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as code: what is decoded has a length that was there, is decoded
 * alike from exactly that many bytes and not from fewer, and can be computed.
 */
#include <stdlib.h>

#include "hv/hypercall/rmw.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void compute(const struct insn *insn)
{
    struct regs regs = {.rax = 1,
                        .rcx = ~0ull,
                        .rdx = 0x8000000000000000,
                        .rip = 0x1000,
                        .rdi = 64,
                        .r15 = 0x7fffffff};
    struct rmw rmw;

    if (insn->op < INSN_store || !insn->is_memory) {
        return;
    }
    (void)rmw_address(insn, &regs);
    for (unsigned int i = 0; i < 2; i++) {
        rmw = rmw_compute(insn, &regs,
                          i == 0 ? 0 : ~0ull >> (64 - 8 * insn->size));
        require(insn->size == 8 || rmw.value >> (8 * insn->size) == 0);
        rmw_commit(insn, &regs, &rmw, 0);
    }
}

static void check(struct bytes code, enum insn_width width)
{
    struct insn insn, again;

    if (!decode_insn(code, width, &insn)) {
        return;
    }
    require(insn.length >= 1 && insn.length <= INSN_MAX_LENGTH);
    require(insn.length <= code.size);
    require(insn.op != INSN_NONE && insn.reg < 16 && insn.rm < 16);
    require(decode_insn(bytes_of(code.data, insn.length), width, &again));
    require(again.op == insn.op && again.length == insn.length);
    require(!decode_insn(bytes_of(code.data, insn.length - 1u), width, &again));
    compute(&insn);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check(bytes_of(data, size), CODE_64);
    check(bytes_of(data, size), CODE_32);
    return 0;
}
