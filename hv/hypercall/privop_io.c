/* SPDX-License-Identifier: MIT */
/*
 * Emulated port I/O.  The string forms do a bounded number of elements each
 * time they fault and leave RIP and the advanced RCX, RSI, RDI to the guest,
 * which then faults again for the rest.
 */
#include "hv/base/layout.h"
#include "hv/cpu/features.h"
#include "hv/cpu/machine.h"
#include "hv/domain/traps.h"
#include "hv/hypercall/emulation.h"
#include "hv/hypercall/ioport.h"
#include "hv/mem/guest_copy.h"

#define ELEMENTS_MAX 256

enum outcome privop_in(struct emulation *e)
{
    insn_set(e->insn, e->regs, 0, ioport_read(e->vcpu, e->port, e->insn->size));
    return OUTCOME_DONE;
}

enum outcome privop_out(struct emulation *e)
{
    ioport_write(e->vcpu, e->port, e->insn->size,
                 (uint32_t)insn_get(e->insn, e->regs, 0));
    return OUTCOME_DONE;
}

/* RCX, RSI or RDI as the address size says. */
static uint64_t get_pointer(const struct emulation *e, uint64_t value)
{
    return e->insn->address_size == 8 ? value : (uint32_t)value;
}

static void advance(const struct emulation *e, uint64_t *pointer)
{
    uint64_t step = e->insn->size;

    if ((e->regs->rflags & FLAG_DF) != 0) {
        step = -step;
    }
    *pointer = get_pointer(e, *pointer + step);
}

/* One element is done: true if that was all of them. */
static bool count_down(const struct emulation *e)
{
    if (!e->insn->repeat) {
        return true;
    }
    e->regs->rcx = get_pointer(e, e->regs->rcx - 1);
    return e->regs->rcx == 0;
}

/* Whether memory could be written; it is not changed. */
static bool is_writable(uint64_t va, unsigned int size)
{
    uint32_t value;

    return guest_read(&value, GVA(va), size) &&
           guest_write(GVA(va), &value, size);
}

static bool byte_is_there(uint64_t va, uint32_t error_code)
{
    uint8_t byte;

    return (error_code & FAULT_WRITE) != 0 ? is_writable(va, 1)
                                           : guest_read_u8(&byte, GVA(va));
}

enum outcome emulation_memory_fault(const struct emulation *e, uint64_t va,
                                    unsigned int size, uint32_t error_code)
{
    if (!is_canonical(va)) {
        return OUTCOME_REFUSED;
    }
    if ((va & ~PAGE_MASK) + size > PAGE_SIZE && byte_is_there(va, error_code)) {
        va = (va | ~PAGE_MASK) + 1;
    }
    error_code |= e->vcpu->kernel_mode ? 0 : FAULT_USER;
    inject_page_fault(e->vcpu, va, error_code);
    return OUTCOME_AGAIN;
}

static enum outcome ins_element(struct emulation *e, uint64_t va)
{
    uint32_t value;

    /* A device may hand out each word once: be sure of the memory first. */
    if (!is_writable(va, e->insn->size)) {
        return emulation_memory_fault(e, va, e->insn->size, FAULT_WRITE);
    }
    value = ioport_read(e->vcpu, e->port, e->insn->size);
    if (!guest_write(GVA(va), &value, e->insn->size)) {
        return emulation_memory_fault(e, va, e->insn->size, FAULT_WRITE);
    }
    advance(e, &e->regs->rdi);
    return OUTCOME_DONE;
}

static enum outcome outs_element(struct emulation *e, uint64_t va)
{
    uint32_t value = 0;

    if (!guest_read(&value, GVA(va), e->insn->size)) {
        return emulation_memory_fault(e, va, e->insn->size, 0);
    }
    ioport_write(e->vcpu, e->port, e->insn->size, value);
    advance(e, &e->regs->rsi);
    return OUTCOME_DONE;
}

uint64_t emulation_segment_base(const struct insn *insn)
{
    switch (insn->segment) {
    case SEGMENT_FS:
        return machine_msr_read(MSR_FS_BASE);
    case SEGMENT_GS:
        return machine_msr_read(MSR_GS_BASE);
    default:
        return 0;
    }
}

static enum outcome
string_io(struct emulation *e, const uint64_t *pointer, uint64_t base,
          enum outcome (*element)(struct emulation *, uint64_t))
{
    /* Outside 64-bit code segments have bases and limits. */
    if (!e->is_64) {
        return OUTCOME_REFUSED;
    }
    if (e->insn->repeat && get_pointer(e, e->regs->rcx) == 0) {
        return OUTCOME_DONE;
    }
    for (unsigned int i = 0; i < ELEMENTS_MAX; i++) {
        enum outcome outcome = element(e, base + get_pointer(e, *pointer));

        if (outcome != OUTCOME_DONE || count_down(e)) {
            return outcome;
        }
    }
    return OUTCOME_AGAIN;
}

enum outcome privop_ins(struct emulation *e)
{
    return string_io(e, &e->regs->rdi, 0, ins_element);
}

enum outcome privop_outs(struct emulation *e)
{
    return string_io(e, &e->regs->rsi, emulation_segment_base(e->insn),
                     outs_element);
}
