/* SPDX-License-Identifier: MIT */
/*
 * SGDT, SIDT, SLDT, STR and SMSW.  CR4.UMIP makes them fault at CPL 3 so that
 * no guest learns where our tables are; programs that use them nevertheless
 * get values that mean nothing, the same ones that Linux gives its users.
 */
#include "hv/domain/control.h"
#include "hv/hypercall/emulation.h"
#include "hv/mem/guest_copy.h"

#define DUMMY_GDT_BASE 0xfffffffffffe0000ull
#define DUMMY_IDT_BASE 0xffffffffffff0000ull
#define DUMMY_TASK     0x40u
#define DUMMY_LDT      0u

/* What SGDT and SIDT store: Intel SDM vol. 3A, 3.5.1. */
struct table_register {
    uint16_t limit;
    uint8_t base[8];
};
_Static_assert(sizeof(struct table_register) == 10, "as the CPU stores it");

static enum outcome store(struct emulation *e, const void *value,
                          unsigned int size)
{
    uint64_t va = insn_address(e->insn, e->regs);

    if (e->insn->segment != SEGMENT_DEFAULT) {
        if (!e->is_64) { /* bases of other code are in descriptors */
            return OUTCOME_REFUSED;
        }
        va += emulation_segment_base(e->insn);
    }
    if (!guest_write(GVA(va), value, size)) {
        return emulation_memory_fault(e, va, size, FAULT_WRITE);
    }
    return OUTCOME_DONE;
}

static enum outcome store_table(struct emulation *e, uint64_t base)
{
    struct table_register table = {.limit = 0};
    unsigned int base_size = e->is_64 ? 8 : 4;

    memcpy(table.base, &base, sizeof(base));
    return store(e, &table, sizeof(table.limit) + base_size);
}

/* To memory always 16 bits, to a register as many as it has. */
static enum outcome store_word(struct emulation *e, uint64_t value)
{
    if (e->insn->is_memory) {
        return store(e, &value, sizeof(uint16_t));
    }
    insn_set(e->insn, e->regs, e->insn->rm, value);
    return OUTCOME_DONE;
}

enum outcome privop_store_system(struct emulation *e)
{
    switch (e->insn->function) {
    case SYSTEM_SLDT:
        return store_word(e, DUMMY_LDT);
    case SYSTEM_STR:
        return store_word(e, DUMMY_TASK);
    case SYSTEM_SGDT:
        return store_table(e, DUMMY_GDT_BASE);
    case SYSTEM_SIDT:
        return store_table(e, DUMMY_IDT_BASE);
    default: /* SYSTEM_SMSW */
        return store_word(e, control_read_cr0(e->vcpu));
    }
}
