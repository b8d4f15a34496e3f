/* SPDX-License-Identifier: MIT */
/*
 * Guests' descriptor tables.  A GDT or LDT frame has the segment-descriptor
 * type while it is mapped in the vCPU's part of the hypervisor's window.
 */
#pragma once

#include "hv/base/compiler.h"
#include "hv/base/layout.h"
#include "hv/domain/vcpu.h"

/* Replaces the vCPU's GDT by count entries in these frames. memory.lock held. */
int vcpu_set_gdt(struct vcpu *vcpu, const uint64_t *mfns, uint32_t count)
    NODISCARD;

/* MMUEXT_SET_LDT: remembered, mapped when the CPU first asks for it. */
int vcpu_set_ldt(struct vcpu *vcpu, uint64_t base, uint32_t entries) NODISCARD;
void ldt_unmap(struct vcpu *vcpu);
/*
 * The CPU faulted on the LDT window at this offset: maps the guest's page
 * there. False: it has none, or it is not a descriptor table.
 */
bool ldt_fault(struct vcpu *vcpu, uint64_t offset);
/* Loads the running vCPU's GDT and LDT registers (at a vCPU switch). */
void vcpu_load_descriptor_tables(const struct vcpu *vcpu);

static inline uint64_t vcpu_gdt_va(const struct vcpu *vcpu)
{
    return VCPU_GDT_VIRT + (uint64_t)vcpu->gdt_slot * VCPU_GDT_STRIDE;
}

static inline uint64_t vcpu_ldt_va(const struct vcpu *vcpu)
{
    return vcpu_gdt_va(vcpu) + 0x10000;
}
