/* SPDX-License-Identifier: MIT */
/*
 * Rows: page-table updates one by one and in batches, roots and flushes,
 * pinning, direct writes to a live L1, and the balloon.
 */
#include "measure.h"
#include "tests/guest/lib/paging.h"

#define VA(n) (TEST_VA + (n)*PAGE_SIZE)
#define BATCH 32

static uint64_t read_only, read_write, l1e;

static void rows_va_mapping(void)
{
    MEASURE("update_va_mapping.rw_to_ro",
            update_va_mapping(VA(0), read_write, UVMF_INVLPG),
            update_va_mapping(VA(0), read_only, 0));
    MEASURE("update_va_mapping.ro_to_rw",
            update_va_mapping(VA(0), read_only, UVMF_INVLPG),
            update_va_mapping(VA(0), read_write, 0));
    MEASURE("update_va_mapping.same_invlpg", NOTHING,
            update_va_mapping(VA(0), read_write, UVMF_INVLPG));
    MEASURE("update_va_mapping.unmap",
            update_va_mapping(VA(0), read_write, UVMF_INVLPG),
            update_va_mapping(VA(0), 0, 0));
    MEASURE("update_va_mapping.map", update_va_mapping(VA(0), 0, UVMF_INVLPG),
            update_va_mapping(VA(0), read_write, 0));
}

static void rows_mmu_update(void)
{
    static struct mmu_update batch[BATCH];
    uint64_t one, all;
    bool writable = true;

    for (unsigned int i = 0; i < BATCH; i++) {
        map_page(VA(i), read_write);
        batch[i].ptr = l1e + i * 8;
    }
    MEASURE("mmu_update_1",
            (batch[0].val = (writable = !writable) ? read_write : read_only),
            mmu_update(batch, 1, 0, DOMID_SELF));
    one = samples[SAMPLES / 2];
#define FLIP_ALL                                                               \
    writable = !writable;                                                      \
    for (unsigned int i = 0; i < BATCH; i++) {                                 \
        batch[i].val = writable ? read_write : read_only;                      \
    }
    MEASURE("mmu_update_8", FLIP_ALL, mmu_update(batch, 8, 0, DOMID_SELF));
    MEASURE("mmu_update_32", FLIP_ALL, mmu_update(batch, BATCH, 0, DOMID_SELF));
    all = samples[SAMPLES / 2];
    report_value("mmu_update.per_further_entry", (all - one) / (BATCH - 1));
    batch[0].ptr = virt_to_mfn(start_info) * PAGE_SIZE | MMU_MACHPHYS_UPDATE;
    batch[0].val = mfn_to_pfn(virt_to_mfn(start_info));
    MEASURE("mmu_update.machphys", NOTHING,
            mmu_update(batch, 1, 0, DOMID_SELF));
}

static void rows_mmuext(void)
{
    struct mmuext_op op = {.cmd = MMUEXT_TLB_FLUSH_LOCAL};

    MEASURE("mmuext.tlb_flush_local", NOTHING,
            mmuext_op(&op, 1, 0, DOMID_SELF));
    op = (struct mmuext_op){.cmd = MMUEXT_INVLPG_LOCAL,
                            .arg1.linear_addr = VA(0)};
    MEASURE("mmuext.invlpg_local", NOTHING, mmuext_op(&op, 1, 0, DOMID_SELF));
    op = (struct mmuext_op){.cmd = MMUEXT_NEW_BASEPTR, .arg1.mfn = root_mfn()};
    MEASURE("mmuext.new_baseptr", NOTHING, mmuext_op(&op, 1, 0, DOMID_SELF));
    op = (struct mmuext_op){.cmd = MMUEXT_NEW_USER_BASEPTR};
    op.arg1.mfn = root_mfn();
    MEASURE("mmuext.new_user_baseptr", NOTHING,
            mmuext_op(&op, 1, 0, DOMID_SELF));
}

static void rows_pins(void)
{
    uint64_t *table = page_alloc(), *target = page_alloc();
    struct mmuext_op pin = {.cmd = MMUEXT_PIN_L1_TABLE};
    struct mmuext_op unpin = {.cmd = MMUEXT_UNPIN_TABLE};

    pin.arg1.mfn = unpin.arg1.mfn = virt_to_mfn(table);
    page_make_ro(table);
    MEASURE("mmuext.pin_l1_empty", mmuext_op(&unpin, 1, 0, DOMID_SELF),
            mmuext_op(&pin, 1, 0, DOMID_SELF));
    MEASURE("mmuext.unpin_l1_empty", mmuext_op(&pin, 1, 0, DOMID_SELF),
            mmuext_op(&unpin, 1, 0, DOMID_SELF));
    page_make_rw(table);
    for (unsigned int i = 0; i < 512; i++) {
        table[i] = pte_make(virt_to_mfn(target), PTE_P | PTE_US | PTE_A);
    }
    page_make_ro(table);
    MEASURE("mmuext.pin_l1_512", mmuext_op(&unpin, 1, 0, DOMID_SELF),
            mmuext_op(&pin, 1, 0, DOMID_SELF));
    MEASURE("mmuext.unpin_l1_512", mmuext_op(&pin, 1, 0, DOMID_SELF),
            mmuext_op(&unpin, 1, 0, DOMID_SELF));
}

static void rows_ptwr(void)
{
    volatile uint64_t *entry = pte_pointer(VA(0), 1);
    bool writable = true;

    hypercall(__HYPERVISOR_vm_assist, VMASST_CMD_enable,
              VMASST_TYPE_writable_pagetables);
    MEASURE("ptwr_write", writable = !writable,
            *entry = writable ? read_write : read_only);
}

static void rows_reservation(void)
{
    uint64_t list = pfn_to_mfn(spare_pfn()), pfn = spare_pfn();
    struct xen_memory_reservation call = {.nr_extents = 1, .domid = DOMID_SELF};
    domid_t self = DOMID_SELF;

    set_xen_guest_handle(call.extent_start, &list);
    MEASURE("memory_op.current_reservation", NOTHING,
            memory_op(XENMEM_current_reservation, &self));
    MEASURE("memory_op.maximum_ram_page", NOTHING,
            memory_op(XENMEM_maximum_ram_page, 0));
    /* The frame that populate gives is the one the next round gives back. */
    MEASURE("memory_op.decrease_populate", NOTHING, {
        memory_op(XENMEM_decrease_reservation, &call);
        list = pfn;
        memory_op(XENMEM_populate_physmap, &call);
    });
}

void rows_memory(void)
{
    uint64_t mfn = virt_to_mfn(page_alloc());

    read_only = pte_make(mfn, PTE_P | PTE_US | PTE_A | PTE_D);
    read_write = read_only | PTE_RW;
    map_page(VA(0), read_write);
    l1e = pte_maddr(VA(0), 1);
    rows_va_mapping();
    rows_mmu_update();
    rows_mmuext();
    rows_pins();
    rows_ptwr();
    rows_reservation();
}
