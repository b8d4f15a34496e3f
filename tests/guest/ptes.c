/* SPDX-License-Identifier: MIT */
/*
 * The rules of page-table entries as mmu_update and update_va_mapping see
 * them: what may be mapped how, which flags are refused at which level, which
 * bits come back as written.  Re-creates the public advisories XSA-148 and
 * XSA-182 (a flag added by the fast path) and XSA-109/154-like refusals.
 */
#include "lib/event.h"
#include "lib/paging.h"
#include "lib/tap.h"
#include "lib/trap.h"

#define VA(n)       (TEST_VA + (n)*PAGE_SIZE)
#define TABLE_FLAGS (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define PAGE_FLAGS  (PTE_P | PTE_RW | PTE_US | PTE_A)

static void *page;
static uint64_t mfn, l1e, l2e, l3e, l4e;

static uint64_t entry(unsigned int level)
{
    return *pte_pointer(VA(0), level);
}

static void test_bits(void)
{
    const uint64_t soft = PTE_AVL | 0x7feull << 52;

    tap_is(pte_update(l1e, pte_make(mfn, PAGE_FLAGS | soft | PTE_NX)), 0,
           "an entry with all available bits");
    tap_is(entry(1) & ~PTE_ADJUSTED,
           pte_make(mfn, PTE_P | PTE_RW | PTE_A | soft | PTE_NX),
           "comes back as written");
    tap_is(pte_update(l1e, pte_make(mfn, PTE_P | PTE_RW)), 0,
           "a kernel entry without US");
    tap_is(entry(1) & ~PTE_ADJUSTED, pte_make(mfn, PTE_P | PTE_RW),
           "comes back but for US and the marker");
    *(volatile uint64_t *)VA(0) = 0x77;
    tap_is(*(uint64_t *)page, 0x77, "and the kernel can use it");
    tap_is(pte_update(l1e, 0x123456789abcde00ull), 0,
           "an entry that is not present may hold anything");
    tap_is(entry(1), 0x123456789abcde00ull, "and keeps it");
    pte_update(l1e, 0);
}

static void test_accessed_dirty(void)
{
    struct mmu_update update = {
        .ptr = l1e | MMU_PT_UPDATE_PRESERVE_AD,
        .val = pte_make(mfn, PTE_P | PTE_RW | PTE_US),
    };

    pte_update(l1e, pte_make(mfn, PTE_P | PTE_RW | PTE_US));
    hypercall(__HYPERVISOR_mmuext_op, NULL, 0);
    update_va_mapping(VA(0), pte_make(mfn, PTE_P | PTE_RW | PTE_US),
                      UVMF_INVLPG);
    *(volatile uint64_t *)VA(0) = 1;
    tap_is(entry(1) & (PTE_A | PTE_D), PTE_A | PTE_D, "a write sets A and D");
    tap_is(mmu_update(&update, 1, NULL, DOMID_SELF), 0, "PRESERVE_AD");
    tap_is(entry(1) & (PTE_A | PTE_D), PTE_A | PTE_D, "keeps A and D");
    pte_update(l1e, pte_make(mfn, PTE_P | PTE_RW | PTE_US));
    tap_is(entry(1) & (PTE_A | PTE_D), 0, "a normal update does not");
    pte_update(l1e, 0);
}

static void test_flags(void)
{
    static const uint64_t table_refused[] = {PTE_PS, PTE_G, PTE_PWT, PTE_PCD};
    const uint64_t saved2 = entry(2), saved3 = entry(3), saved4 = entry(4);

    for (unsigned int i = 0; i < ARRAY_SIZE(table_refused); i++) {
        uint64_t flag = table_refused[i];

        tap_refused(pte_update(l2e, saved2 | flag),
                    "L2 entry: flag %lx added is refused", flag);
        tap_refused(pte_update(l3e, saved3 | flag),
                    "L3 entry: flag %lx added is refused", flag);
        tap_refused(pte_update(l4e, saved4 | flag),
                    "L4 entry: flag %lx added is refused", flag);
    }
    tap_refused(pte_update(l2e, pte_make(mfn & ~511ull, TABLE_FLAGS | PTE_PS)),
                "a 2 MiB page over our own memory is refused");
    tap_refused(pte_update(l3e, pte_make(0, TABLE_FLAGS | PTE_PS)),
                "a 1 GiB page is refused");
    tap_is(entry(2), saved2, "the L2 entry is as it was");
    tap_is(entry(3), saved3, "the L3 entry is as it was");
    tap_is(entry(4), saved4, "the L4 entry is as it was");
    tap_is(pte_update(l2e, saved2 & ~PTE_A), 0, "A may be cleared at L2");
    tap_is(pte_update(l2e, saved2 & ~PTE_RW), 0, "RW may be cleared at L2");
    tap_is(pte_update(l2e, saved2), 0, "and set again over an L1 table");
}

static void test_page_tables_read_only(void)
{
    uint64_t l1 = pte_mfn(entry(2)), l2 = pte_mfn(entry(3));
    uint64_t l3 = pte_mfn(entry(4)), tables[4] = {l1, l2, l3, root_mfn()};

    for (unsigned int i = 0; i < 4; i++) {
        tap_refused(pte_update(l1e, pte_make(tables[i], PAGE_FLAGS)),
                    "L%u table: a writable mapping is refused", i + 1);
        tap_is(pte_update(l1e, pte_make(tables[i], PTE_P | PTE_US)), 0,
               "L%u table: a read-only one is not", i + 1);
        tap_refused(pte_update(l1e, pte_make(tables[i], PAGE_FLAGS)),
                    "L%u table: RW added later is refused", i + 1);
        tap_refused(update_va_mapping(VA(0), pte_make(tables[i], PAGE_FLAGS),
                                      UVMF_INVLPG),
                    "L%u table: also by update_va_mapping", i + 1);
        tap_is(entry(1) & PTE_RW, 0, "L%u table: RW is not there", i + 1);
    }
    pte_update(l1e, 0);
}

static void test_wrong_tables(void)
{
    uint64_t l1 = pte_mfn(entry(2)), l2 = pte_mfn(entry(3));
    uint64_t self4 = root_mfn() * PAGE_SIZE + 300 * 8;
    uint64_t saved2 = entry(2), saved3 = entry(3);
    long error;

    tap_refused(pte_update(l2e, pte_make(mfn, TABLE_FLAGS)),
                "a writable page cannot become an L1 table");
    tap_refused(pte_update(l2e, pte_make(root_mfn(), TABLE_FLAGS)),
                "nor can an L4 table");
    tap_refused(pte_update(l3e, pte_make(l1, TABLE_FLAGS)),
                "an L1 table cannot become an L2 table");
    tap_is(entry(2), saved2, "the L2 entry is as it was");
    tap_is(entry(3), saved3, "the L3 entry is as it was");

    /* Linear tables: XSA-240, 286 and 309 need them.  Xen has an option. */
    error = pte_update(self4, pte_make(root_mfn(), PTE_P | PTE_US));
    tap_refused(error, "an L4 mapping itself is refused");
    error = pte_update(self4, pte_make(root_mfn(), TABLE_FLAGS));
    tap_refused(error, "certainly if writable (XSA-182)");
    tap_is(pte_update(self4, 0), 0, "that slot can be cleared");
    error = pte_update(l3e, pte_make(pte_mfn(entry(4)), PTE_P | PTE_US));
    tap_refused(error, "an L3 mapping itself is refused");
    pte_update(l3e, saved3);
    error = pte_update(l2e, pte_make(l2, PTE_P | PTE_US));
    tap_refused(error, "an L2 mapping itself is refused");
    pte_update(l2e, saved2);
    tap_is(entry(3), saved3, "the L3 entry is as it was");
}

static void test_hypervisor_slots(void)
{
    uint64_t root = root_mfn() * PAGE_SIZE;
    volatile uint64_t *slots = mfn_to_virt(root_mfn());
    unsigned int changed = 0, allowed = 0, mapped = 0, frames = 0;

    for (unsigned int slot = 256; slot < 272; slot++) {
        uint64_t before = slots[slot];

        allowed += pte_update(root + slot * 8, 0) == 0 ? 1 : 0;
        allowed += pte_update(root + slot * 8, entry(4)) == 0 ? 1 : 0;
        changed += slots[slot] != before ? 1 : 0;
        /* Xen's own linear slot holds the root itself, ours to read. */
        if ((before & PTE_P) != 0 && pte_mfn(before) != root_mfn()) {
            uint64_t hidden = pte_make(pte_mfn(before), PTE_P | PTE_US);

            frames++;
            mapped += pte_update(l1e, hidden) == 0 ? 1 : 0;
            mapped += pte_update(l1e, hidden | PTE_RW) == 0 ? 1 : 0;
        }
    }
    tap_is(allowed, 0, "hypervisor slots of the L4 cannot be updated");
    tap_is(changed, 0, "and did not change");
    tap_is(mapped, 0, "their tables (%u) cannot be mapped", frames);
    TRY("movq (%%rcx), %%rcx", NONE, "c"(HV_START + (255ull << 30)));
    tap_ok(trap_last.vector == VECTOR_NONE || trap_last.vector == PF,
           "the m2p window is memory or a page fault");
    tap_refused(update_va_mapping(HV_START, 0, 0),
                "update_va_mapping in the m2p window");
    tap_refused(update_va_mapping(HV_PRIVATE, 0, 0),
                "update_va_mapping in the hypervisor");
    tap_refused(update_va_mapping(0x1000000000000000ull, 0, 0),
                "update_va_mapping at a non-canonical address");
    tap_refused(update_va_mapping(TEST_VA + (1ull << 40), 0, 0),
                "update_va_mapping without an L1 table");
}

/* A frame of RAM that no domain has: the m2p has no PFN for it. */
static uint64_t free_frame(void)
{
    uint64_t at = mfn;

    while (at > 0 && mfn_to_pfn(at) < start_info->nr_pages) {
        at--;
    }
    return at;
}

static void test_foreign(void)
{
    uint64_t other = free_frame();
    struct mmu_update update = {.ptr = l1e};

    tap_note("a frame nobody has: %lx", other);
    tap_refused(pte_update(l1e, pte_make(other, PAGE_FLAGS)),
                "a free frame cannot be mapped");
    tap_refused(pte_update(l1e, pte_make(other, PTE_P | PTE_US)),
                "not even read-only");
    tap_refused(pte_update(other * PAGE_SIZE, 0), "nor written by mmu_update");
    tap_refused(pte_update(l2e, pte_make(other, TABLE_FLAGS)),
                "nor hooked as a table");
    tap_refused(pte_update(l1e, pte_make(0xfee00, PAGE_FLAGS)),
                "the local APIC cannot be mapped");
    tap_refused(pte_update(l1e, pte_make(0xffffffffffull, PAGE_FLAGS)),
                "a frame beyond the address width cannot be mapped");
    update.val = pte_make(mfn, PAGE_FLAGS);
    tap_is(mmu_update(&update, 1, NULL, 77), -XEN_ESRCH,
           "mmu_update for an absent domain");
    tap_refused(mmu_update(&update, 1, NULL, DOMID_SELF | 78 << 16),
                "mmu_update of an absent domain's tables");
    tap_is(entry(1), 0, "nothing was mapped");
}

static void test_batch(void)
{
    uint64_t l1 = pte_mfn(entry(2));
    uint32_t done = 99;
    struct mmu_update update[3] = {
        {.ptr = l1e, .val = pte_make(mfn, PAGE_FLAGS)},
        {.ptr = l1e + 8, .val = pte_make(l1, PAGE_FLAGS)},
        {.ptr = l1e + 16, .val = pte_make(mfn, PAGE_FLAGS)},
    };

    tap_refused(mmu_update(update, 3, &done, DOMID_SELF),
                "a batch stops at the entry that is refused");
    tap_is(done, 1, "and says how many were done");
    tap_is(entry(1) & ~PTE_ADJUSTED, update[0].val & ~PTE_ADJUSTED,
           "the entry before it is made");
    tap_is(*pte_pointer(VA(2), 1), 0, "the one after it is not");
    update[0].val = update[1].val = update[2].val = 0;
    done = 99;
    tap_is(mmu_update(update, 3, &done, DOMID_SELF), 0, "a good batch");
    tap_is(done, 3, "is done whole");
    tap_is(mmu_update(update, 0, &done, DOMID_SELF), 0, "an empty batch");
    update[0].ptr |= 5;
    tap_is(mmu_update(update, 1, NULL, DOMID_SELF), -XEN_ENOSYS,
           "an update type there is not");
}

static void test_store(void)
{
    volatile uint64_t *words = page;
    struct mmu_update update = {
        .ptr = mfn * PAGE_SIZE | MMU_MACHPHYS_UPDATE,
        .val = 0x4321,
    };
    uint64_t pfn = mfn_to_pfn(mfn);

    tap_is(pte_update(mfn * PAGE_SIZE + 24, ~0ull), 0,
           "an update of a plain page");
    tap_is(words[3], ~0ull, "is a plain store");
    words[3] = 0;
    tap_is(mmu_update(&update, 1, NULL, DOMID_SELF), 0, "MACHPHYS_UPDATE");
    tap_is(mfn_to_pfn(mfn), 0x4321, "is seen in the m2p");
    update.val = pfn;
    mmu_update(&update, 1, NULL, DOMID_SELF);
    update.ptr = free_frame() * PAGE_SIZE | MMU_MACHPHYS_UPDATE;
    tap_refused(mmu_update(&update, 1, NULL, DOMID_SELF),
                "MACHPHYS_UPDATE of a frame that is not ours");
}

void test_main(void)
{
    page = page_alloc();
    mfn = virt_to_mfn(page);
    map_prepare(VA(0));
    l1e = pte_maddr(VA(0), 1);
    l2e = pte_maddr(VA(0), 2);
    l3e = pte_maddr(VA(0), 3);
    l4e = pte_maddr(VA(0), 4);
    test_bits();
    test_accessed_dirty();
    test_flags();
    test_page_tables_read_only();
    test_wrong_tables();
    test_hypervisor_slots();
    test_foreign();
    test_batch();
    test_store();
}
