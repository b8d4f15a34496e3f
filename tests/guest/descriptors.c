/* SPDX-License-Identifier: MIT */
/*
 * Segment descriptors: which set_gdt, update_descriptor and a lazily mapped
 * LDT accept, that accepted pages are not writable any more, that DPL is
 * forced to 3, and that a table never reaches the hypervisor's own entries.
 */
#include "lib/event.h"
#include "lib/paging.h"
#include "lib/tap.h"
#include "lib/trap.h"

/* 64-bit descriptors: present, flat. */
#define DATA_DPL3   0x00cff3000000ffffull
#define DATA_DPL0   0x00cf93000000ffffull
#define CODE64_DPL3 0x00affb000000ffffull
#define DPL_MASK    (3ull << 45)
#define ABSENT_DATA 0x00cf73000000ffffull
#define CALL_GATE   0x0000ec0000000000ull
#define TSS64       0x0000890000000067ull
#define LDT_DESC    0x0000820000000fffull
#define TRAP_GATE   0x00008f0000000000ull

static uint64_t *gdt;

static long set_gdt(uint64_t *table, unsigned int entries)
{
    uint64_t frames[16];

    for (unsigned int i = 0; i < ARRAY_SIZE(frames); i++) {
        frames[i] = virt_to_mfn(table);
    }
    return hypercall(__HYPERVISOR_set_gdt, frames, entries);
}

static long update_descriptor(uint64_t *where, uint64_t value)
{
    return hypercall(__HYPERVISOR_update_descriptor,
                     virt_to_mfn(where) * PAGE_SIZE |
                         ((uint64_t)where & (PAGE_SIZE - 1)),
                     value);
}

static void load_fs(uint64_t selector)
{
    TRY("movw %%cx, %%fs", NONE, "c"(selector));
}

static void test_set_gdt(void)
{
    static const uint64_t bad[] = {CALL_GATE, TSS64, LDT_DESC, TRAP_GATE};

    gdt[2] = DATA_DPL3;
    gdt[3] = DATA_DPL0;
    gdt[4] = ABSENT_DATA;
    tap_refused(set_gdt(gdt, 16), "a GDT page that is mapped writable");
    page_make_ro(gdt);
    tap_is(set_gdt(gdt, 16), 0, "set_gdt of a read-only page");
    tap_is(gdt[2] & DPL_MASK, DPL_MASK, "DPL 3 stays");
    tap_is(gdt[3] & DPL_MASK, DPL_MASK, "DPL 0 became 3");
    load_fs(2 << 3);
    tap_is(trap_last.vector, VECTOR_NONE, "its data segment can be loaded");
    load_fs(3 << 3);
    tap_is(trap_last.vector, VECTOR_NONE, "so can the one of DPL 0");
    load_fs(4 << 3);
    tap_is(trap_last.vector, NP, "an absent one is #NP");
    tap_is(trap_last.frame.error, 4 << 3, "with the selector");
    load_fs(9 << 3);
    tap_is(trap_last.vector, GP, "an empty one is #GP");
    load_fs(0);
    tap_refused(
        update_va_mapping(gdt, pte_make(virt_to_mfn(gdt), 0x67), UVMF_INVLPG),
        "the GDT page cannot be made writable");
    tap_refused(pte_update(virt_to_mfn(gdt) * PAGE_SIZE, 0),
                "nor stored to by mmu_update");
    tap_refused(mmuext_one(MMUEXT_PIN_L1_TABLE, virt_to_mfn(gdt)),
                "nor be a page table");
    for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
        uint64_t *other = page_alloc();
        long error;

        other[511] = bad[i];
        page_make_ro(other);
        error = set_gdt(other, 16);
        if (bad[i] == CALL_GATE) {
            tap_refused_hv(error, 0, "a GDT with a call gate");
            set_gdt(gdt, 16);
        } else {
            tap_refused(error, "a GDT with a system descriptor %lx",
                        bad[i] >> 40 & 0xff);
        }
        page_make_rw(other);
        tap_ok(other[511] == bad[i] || error == 0,
               "its page is a plain one still");
    }
    tap_refused(set_gdt(gdt, 7169), "7169 entries");
    tap_refused(set_gdt(gdt, 0xffffffff), "-1 entries");
    tap_is(set_gdt(gdt, 7168), 0, "7168 entries");
    load_fs(2 << 3);
    tap_is(trap_last.vector, VECTOR_NONE, "the GDT is the same");
    load_fs((13 * 512 + 2) << 3);
    tap_is(trap_last.vector, VECTOR_NONE, "and reaches to entry 7168");
    load_fs(0);
    tap_refused(set_gdt((uint64_t *)mfn_to_virt(root_mfn()), 16),
                "a page table as GDT");
    tap_is(set_gdt(gdt, 16), 0, "back to 16 entries");
}

static void test_update_descriptor(void)
{
    uint64_t *plain = page_alloc();

    tap_is(update_descriptor(&gdt[5], DATA_DPL0), 0, "update_descriptor");
    tap_is(gdt[5] & ~(1ull << 40), (DATA_DPL0 | DPL_MASK) & ~(1ull << 40),
           "the entry, with DPL 3");
    load_fs(5 << 3);
    tap_is(trap_last.vector, VECTOR_NONE, "can be loaded");
    load_fs(0);
    tap_is(update_descriptor(&gdt[5], CODE64_DPL3), 0, "64-bit code");
    tap_is(update_descriptor(&gdt[5], 0), 0, "empty");
    tap_refused(update_descriptor(&gdt[5], TSS64), "a TSS");
    tap_refused(update_descriptor(&gdt[5], LDT_DESC), "an LDT");
    tap_refused(update_descriptor(&gdt[5], TRAP_GATE), "a trap gate");
    tap_is(gdt[5], 0, "refused ones change nothing");
    tap_is(update_descriptor(plain, DATA_DPL3), 0, "in a plain page");
    tap_is(plain[0], DATA_DPL3, "it is a store");
    tap_refused(update_descriptor(mfn_to_virt(root_mfn()), 0),
                "in a page table");
    tap_refused(hypercall(__HYPERVISOR_update_descriptor,
                          virt_to_mfn(plain) * PAGE_SIZE + 4, 0),
                "misaligned");
    tap_refused(hypercall(__HYPERVISOR_update_descriptor, ~7ull, 0), "nowhere");
}

static long set_ldt(void *table, unsigned int entries)
{
    struct mmuext_op op = {
        .cmd = MMUEXT_SET_LDT,
        .arg1.linear_addr = (uint64_t)table,
        .arg2.nr_ents = entries,
    };

    return mmuext_op(&op, 1, NULL, DOMID_SELF);
}

static void test_ldt(void)
{
    uint64_t *ldt = (uint64_t *)(TEST_VA + 0x40000);
    uint64_t *page = page_alloc();
    const uint64_t selector = 3 << 3 | 4 | 3;

    page[3] = DATA_DPL3 & ~(1ull << 40);
    tap_refused(set_ldt((uint8_t *)ldt + 8, 16), "an LDT that is misaligned");
    tap_refused(set_ldt(ldt, 8193), "an LDT of 8193 entries");
    tap_refused(set_ldt((void *)HV_PRIVATE, 16), "an LDT in the hypervisor");
    tap_is(set_ldt(ldt, 16), 0, "an LDT where nothing is mapped yet");
    load_fs(selector);
    tap_ok(trap_last.vector == PF || trap_last.vector == GP,
           "loading from it faults (%lu)", trap_last.vector);
    map_page((uint64_t)ldt, pte_make(virt_to_mfn(page), PTE_P | PTE_US));
    load_fs(selector);
    tap_ok(trap_last.vector == PF || trap_last.vector == GP,
           "also while the page is writable elsewhere (%lu)", trap_last.vector);
    page_make_ro(page);
    load_fs(selector);
    tap_is(trap_last.vector, VECTOR_NONE, "mapped read-only it is found");
    tap_is(page[3] >> 40 & 1, 1, "and the CPU set its accessed bit");
    tap_refused(
        update_va_mapping(page, pte_make(virt_to_mfn(page), 0x67), UVMF_INVLPG),
        "the page cannot be made writable");
    load_fs(0);
    load_fs(600 << 3 | 4);
    tap_ok(trap_last.vector == GP, "beyond its limit is #GP");
    tap_is(set_ldt(NULL, 0), 0, "no LDT");
    load_fs(selector);
    tap_is(trap_last.vector, GP, "then the selector is #GP");
    load_fs(0);
    tap_is(
        update_va_mapping(page, pte_make(virt_to_mfn(page), 0x67), UVMF_INVLPG),
        0, "and the page can be writable again");
    page[3] = TSS64;
    page_make_ro(page);
    set_ldt(ldt, 16);
    load_fs(selector);
    tap_ok(trap_last.vector == PF || trap_last.vector == GP,
           "a page with a system descriptor is no LDT (%lu)", trap_last.vector);
    set_ldt(NULL, 0);
}

static void test_reserved_entries(void)
{
    static const uint16_t private[] = {0xe008, 0xe010, 0xe040, 0xe050};

    for (unsigned int i = 0; i < ARRAY_SIZE(private); i++) {
        load_fs(private[i]);
        tap_ok(trap_last.vector == GP || trap_last.vector == NP ||
                   trap_last.vector == VECTOR_NONE,
               "the hypervisor's selector %x does no harm", private[i]);
    }
    load_fs(FLAT_RING3_DS32);
    tap_is(trap_last.vector, VECTOR_NONE, "FLAT_RING3_DS32 can be loaded");
    load_fs(0);
    tap_is(hypercall(__HYPERVISOR_set_gdt, NULL, 0), 0, "no GDT at all");
    load_fs(2 << 3);
    tap_is(trap_last.vector, GP, "then nothing is there");
    load_fs(0);
    page_make_rw(gdt);
    tap_ok(true, "the page of the old GDT is writable again");
}

void test_main(void)
{
    gdt = page_alloc();
    test_set_gdt();
    test_update_descriptor();
    test_ldt();
    test_reserved_entries();
}
