/* SPDX-License-Identifier: MIT */
/*
 * GDT and LDT frames of vCPUs: 14 pages of GDT belong to the guest, the last
 * two hold the hypervisor's descriptors (cpu/descriptors.c).
 */
#include "hv/domain/vcpu_descriptors.h"

#include "hv/base/errno.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/descriptors.h"
#include "hv/cpu/paging.h"
#include "hv/cpu/tlb.h"
#include "hv/domain/domain.h"
#include "hv/mem/guest_copy.h"
#include "hv/mem/page.h"
#include "hv/mem/roots.h"
#include "hv/mem/table.h"

#define PER_FRAME        512u
#define GUEST_GDT_FRAMES 14u
#define LDT_MAX          8192u

static void gdt_frames_put(const mfn_t *frames, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        page_put_and_type(page_of(frames[i]));
    }
}

static uint32_t frames_for(uint32_t entries)
{
    return (entries + PER_FRAME - 1) / PER_FRAME;
}

static void gdt_map(struct vcpu *vcpu, uint32_t count)
{
    for (uint32_t i = 0; i < GUEST_GDT_FRAMES; i++) {
        uint64_t va = vcpu_gdt_va(vcpu) + i * PAGE_SIZE;

        if (i < count) {
            map_hv_page(va, vcpu->gdt_frames[i],
                        PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX);
        } else {
            map_hv_page(va, gdt_zero_page, PTE_P | PTE_A | PTE_NX);
        }
    }
    tlb_flush_all();
}

int vcpu_set_gdt(struct vcpu *vcpu, const uint64_t *mfns, uint32_t count)
{
    uint32_t frames = frames_for(count);
    uint32_t old = frames_for(vcpu->gdt_entries);
    mfn_t new_frames[GUEST_GDT_FRAMES], old_frames[GUEST_GDT_FRAMES];

    if (count > FIRST_RESERVED_GDT_ENTRY) {
        return -EINVAL;
    }
    for (uint32_t i = 0; i < frames; i++) {
        struct page *page = page_of(MFN(mfns[i]));
        int rc = page == NULL ? -EINVAL
                              : page_get_and_type(page, &vcpu->domain->memory,
                                                  PAGE_SEGDESC);

        if (rc != 0) {
            gdt_frames_put(new_frames, i);
            return rc;
        }
        new_frames[i] = MFN(mfns[i]);
    }
    memcpy(old_frames, vcpu->gdt_frames, sizeof(old_frames));
    memcpy(vcpu->gdt_frames, new_frames, frames * sizeof(mfn_t));
    vcpu->gdt_entries = count;
    gdt_map(vcpu, frames);
    gdt_frames_put(old_frames, old);
    return 0;
}

int vcpu_set_ldt(struct vcpu *vcpu, uint64_t base, uint32_t entries)
{
    if (entries > LDT_MAX || (base & ~PAGE_MASK) != 0 ||
        !is_guest_range(base, (uint64_t)entries * 8)) {
        return -EINVAL;
    }
    ldt_unmap(vcpu);
    vcpu->ldt_base = entries == 0 ? 0 : base;
    vcpu->ldt_entries = entries;
    if (vcpu == current_vcpu()) {
        load_ldt(vcpu_ldt_va(vcpu), entries);
    }
    return 0;
}

void ldt_unmap(struct vcpu *vcpu)
{
    uint32_t mapped = vcpu->ldt_mapped;

    if (mapped == 0) {
        return;
    }
    for (uint32_t i = 0; i < 16; i++) {
        if (mapped & 1u << i) {
            unmap_hv_page(vcpu_ldt_va(vcpu) + i * PAGE_SIZE);
        }
    }
    vcpu->ldt_mapped = 0;
    tlb_flush_all();
    for (uint32_t i = 0; i < 16; i++) {
        if (mapped & 1u << i) {
            page_put_and_type(page_of(vcpu->ldt_frames[i]));
        }
    }
}

static bool ldt_map(struct vcpu *vcpu, uint32_t index)
{
    const uint64_t *slot = root_find_l1(MADDR(vcpu->root_kernel),
                                        vcpu->ldt_base + index * PAGE_SIZE);
    uint64_t pte = slot == NULL ? 0 : READ_ONCE(*slot);
    struct page *page = pte & PTE_P ? page_of(pte_mfn(pte)) : NULL;

    if (page == NULL || page_get_and_type(page, &vcpu->domain->memory, PAGE_SEGDESC)) {
        return false;
    }
    vcpu->ldt_frames[index] = pte_mfn(pte);
    vcpu->ldt_mapped |= (uint16_t)(1u << index);
    map_hv_page(vcpu_ldt_va(vcpu) + index * PAGE_SIZE, pte_mfn(pte),
                PTE_P | PTE_RW | PTE_A | PTE_D | PTE_NX);
    return true;
}

bool ldt_fault(struct vcpu *vcpu, uint64_t offset)
{
    uint32_t index = (uint32_t)(offset >> PAGE_SHIFT);
    bool mapped;

    if (index >= frames_for(vcpu->ldt_entries) ||
        (vcpu->ldt_mapped & 1u << index)) {
        return false;
    }
    spin_lock(&vcpu->domain->memory.lock);
    mapped = ldt_map(vcpu, index);
    spin_unlock(&vcpu->domain->memory.lock);
    return mapped;
}

void vcpu_load_descriptor_tables(const struct vcpu *vcpu)
{
    load_gdt(vcpu_gdt_va(vcpu));
    load_ldt(vcpu_ldt_va(vcpu), vcpu->ldt_entries);
}
