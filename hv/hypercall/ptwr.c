/* SPDX-License-Identifier: MIT */
/*
 * Write emulation.  The address is the one the CPU faulted at and must be that
 * of the instruction's operand, naturally aligned, so that the write lies in
 * one entry; the entry is then replaced whole, only if it is still what the
 * result was computed from.
 */
#include "hv/hypercall/ptwr.h"

#include "hv/base/errno.h"
#include "hv/base/layout.h"
#include "hv/domain/mmu_update.h"
#include "hv/hypercall/emulation.h"
#include "hv/hypercall/fetch.h"
#include "hv/hypercall/rmw.h"
#include "hv/mem/guest_copy.h"
#include "hv/mem/table.h"

#define ENTRY_SIZE     8u
#define ATTEMPTS_MAX   4 /* then the guest executes the instruction again */

static bool is_memory_write(const struct insn *insn)
{
    return insn->is_memory && insn->op >= INSN_store &&
           insn->segment == SEGMENT_DEFAULT;
}

/* The permission that mmu_update asks for the same entry. */
static bool may_write(const struct vcpu *vcpu, uint64_t entry)
{
    const struct domain *domain = vcpu->domain;
    struct xsm_perm permission = XSM_PERM(memory2, pt_write);

    if (entry & PTE_P) {
        permission = entry & PTE_RW ? XSM_PERM(mmu, map_write)
                                    : XSM_PERM(mmu, map_read);
    }
    return likely(domain_may_itself(domain, permission)) ||
           emulation_may(vcpu, domain->self_label, domain->id, permission,
                         "page_table_write");
}

/* The whole entry: neither what it was nor the registers matter first. */
static int write_whole(struct vcpu *vcpu, const struct insn *insn,
                       struct regs *regs, uint64_t va)
{
    uint64_t old = 0, value = rmw_source(insn, regs);
    int rc = -EPERM;

    if (likely(may_write(vcpu, value))) {
        rc = mmu_write_pte(vcpu, va, &old, value, false);
    }
    if (rc == 0 && insn->op == INSN_xchg) {
        insn_set(insn, regs, insn->reg, old);
    }
    return rc;
}

static int write_part(struct vcpu *vcpu, const struct insn *insn,
                      struct regs *regs, uint64_t va)
{
    unsigned int shift = 8 * (va & (ENTRY_SIZE - 1));
    uint64_t mask = ~0ull >> (64 - 8 * insn->size) << shift;
    uint64_t entry;
    int rc = -EAGAIN;

    if (!guest_read_u64(&entry, GVA(va & ~(ENTRY_SIZE - 1ull)))) {
        return -ENOENT;
    }
    for (unsigned int i = 0; i < ATTEMPTS_MAX && rc == -EAGAIN; i++) {
        uint64_t operand = (entry & mask) >> shift;
        struct rmw rmw = rmw_compute(insn, regs, operand);
        uint64_t value = (entry & ~mask) | (rmw.value << shift & mask);

        if (!rmw.writes) {
            value = entry; /* still asks whether this is such a table */
        }
        if (unlikely(!may_write(vcpu, value))) {
            return -EPERM;
        }
        rc = mmu_write_pte(vcpu, va, &entry, value, true);
        if (rc == 0) {
            rmw_commit(insn, regs, &rmw, operand);
        }
    }
    return rc;
}

bool emulate_ptwr(struct vcpu *vcpu, struct regs *regs, uint64_t va,
                  uint32_t error_code)
{
    const uint32_t cause =
        FAULT_PRESENT | FAULT_WRITE | FAULT_RESERVED | FAULT_FETCH;
    struct insn insn;
    struct code code;
    int rc;

    if ((error_code & cause) != (FAULT_PRESENT | FAULT_WRITE) ||
        !vcpu->kernel_mode || !is_guest_range(va, ENTRY_SIZE)) {
        return false;
    }
    if (!code_fetch(vcpu, regs, &code) || code.width != CODE_64 ||
        !decode_insn(code.bytes, code.width, &insn) ||
        !is_memory_write(&insn) || rmw_address(&insn, regs) != va ||
        (va & (insn.size - 1u)) != 0) {
        return false;
    }
    if (insn.size == ENTRY_SIZE && !rmw_reads(&insn)) {
        rc = write_whole(vcpu, &insn, regs, va);
    } else {
        rc = write_part(vcpu, &insn, regs, va);
    }
    if (rc == 0) {
        emulation_finish(vcpu, regs, insn.length, code.width);
    }
    return rc == 0 || rc == -EAGAIN;
}
