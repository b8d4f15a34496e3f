/* SPDX-License-Identifier: MIT */
/*
 * Reading code: in aligned words, because such a word never crosses a page,
 * so that an instruction just before an unmapped page is still read.
 */
#include "hv/hypercall/fetch.h"

#include "hv/cpu/machine.h"
#include "hv/mem/guest_copy.h"

/* Segment descriptor bits: Intel SDM vol. 3A, 3.4.5. */
#define DESCRIPTOR_CODE    (1ull << 43)
#define DESCRIPTOR_SEGMENT (1ull << 44)
#define DESCRIPTOR_LONG    (1ull << 53)
#define DESCRIPTOR_32      (1ull << 54)
#define DESCRIPTOR_BASE    0xff0000ffffff0000ull
#define SELECTOR_LDT       4u

static bool width_of_descriptor(uint64_t descriptor, enum insn_width *width)
{
    const uint64_t code = DESCRIPTOR_CODE | DESCRIPTOR_SEGMENT;

    if ((descriptor & code) != code) {
        return false;
    }
    if ((descriptor & DESCRIPTOR_LONG) != 0) {
        *width = CODE_64;
        return true;
    }
    *width = CODE_32;
    return (descriptor & DESCRIPTOR_32) != 0 &&
           (descriptor & DESCRIPTOR_BASE) == 0;
}

static inline bool code_width(const struct vcpu *vcpu, uint16_t cs,
                              enum insn_width *width)
{
    if (likely(cs == FLAT_RING3_CS64)) {
        *width = CODE_64;
        return true;
    }
    if ((cs & SELECTOR_LDT) != 0 || cs < 4) {
        return false;
    }
    return width_of_descriptor(machine_gdt_entry(vcpu->gdt_slot, cs), width);
}

bool code_fetch(const struct vcpu *vcpu, const struct regs *regs,
                struct code *code)
{
    uint64_t start = regs->rip & ~7ull;
    size_t skip = regs->rip & 7;
    size_t count = 0;

    if (!code_width(vcpu, regs->cs, &code->width)) {
        return false;
    }
    while (8 * count < skip + INSN_MAX_LENGTH &&
           guest_read_u64(&code->words[count], GVA(start + 8 * count))) {
        count++;
    }
    if (count == 0) {
        return false;
    }
    code->bytes = bytes_of((const uint8_t *)code->words + skip,
                           MIN(8 * count - skip, (size_t)INSN_MAX_LENGTH));
    return true;
}
