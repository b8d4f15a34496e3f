/* SPDX-License-Identifier: MIT */
/*
 * The oracle: it knows the rules and nothing of how they are kept.  Every
 * reference there should be is counted anew from the machine's memory.
 */
#include "machine.h"

#include <stdio.h>
#include <string.h>

#include "hv/mem/table.h"

struct count {
    uint32_t refs, types;
};

static struct count counts[FRAMES];
static char what[160];

static const char *wrong(uint64_t mfn, const char *text, uint64_t is,
                         uint64_t should)
{
    snprintf(what, sizeof(what), "frame %#lx (type %u, flags %#x): %s: %lu, "
             "should be %lu", (unsigned long)mfn,
             (unsigned)page_type(&frame_table[mfn]), frame_table[mfn].flags,
             text, (unsigned long)is, (unsigned long)should);
    return what;
}

static bool is_table(const struct page *page)
{
    return page_type(page) >= PAGE_L1 && page_type(page) <= PAGE_L4 &&
           (page->flags & PAGE_VALID);
}

static bool is_ours(enum page_type type, unsigned int slot)
{
    return type == PAGE_L4 && slot >= HV_SLOT_FIRST && slot < HV_SLOT_END;
}

/* What an entry stands for, and whether it may stand at all. */
static const char *entry_count(uint64_t mfn, unsigned int slot, uint64_t entry)
{
    enum page_type type = page_type(&frame_table[mfn]);
    uint64_t target = pte_mfn(entry).n;
    const struct page *page;

    if (target >= FRAMES) {
        return type == PAGE_L1 ? NULL : wrong(mfn, "maps no RAM", slot, 0);
    }
    page = &frame_table[target];
    if (page->owner == OWNER_IO && type == PAGE_L1) {
        return NULL;
    }
    /* Side 0 is the one that may map another's frames, and only map them. */
    if (page->owner != frame_table[mfn].owner &&
        !(type == PAGE_L1 && frame_table[mfn].owner == 0 && page->owner == 1)) {
        return wrong(mfn, "maps a frame of", page->owner,
                     frame_table[mfn].owner);
    }
    counts[target].refs++;
    if (type == PAGE_L1) {
        if (!(entry & PTE_RW)) {
            return NULL;
        }
        if (page_type(page) != PAGE_WRITABLE &&
            page_type(page) != PAGE_SHARED) {
            return wrong(target, "writable while it has type",
                         page_type(page), PAGE_WRITABLE);
        }
    } else if (page_type(page) != type - 1 || !(page->flags & PAGE_VALID)) {
        return wrong(target, "used as a table but has type", page_type(page),
                     type - 1);
    }
    counts[target].types++;
    return NULL;
}

static const char *table_count(uint64_t mfn)
{
    const uint64_t *table = mfn_to_hva(MFN(mfn));
    enum page_type type = page_type(&frame_table[mfn]);

    for (unsigned int i = 0; i < ENTRIES; i++) {
        const char *problem;

        if (!(table[i] & PTE_P) || is_ours(type, i)) {
            continue;
        }
        if (type != PAGE_L1 && (table[i] & PTE_PAT_PS)) {
            return wrong(mfn, "has a superpage in slot", i, 0);
        }
        problem = entry_count(mfn, i, table[i]);
        if (problem != NULL) {
            return problem;
        }
    }
    return NULL;
}

static void use(uint64_t machine_address)
{
    if (machine_address != 0) {
        counts[machine_address >> PAGE_SHIFT].refs++;
        counts[machine_address >> PAGE_SHIFT].types++;
    }
}

/* Ours, lent to its domain, and not taken back. */
static bool is_lent(uint64_t mfn)
{
    uint16_t owner = frame_table[mfn].owner;

    return owner < 2 && sides[owner].shared_page == &frame_table[mfn];
}

/* Whether the allocation's reference is there: not frozen, nor given up. */
static bool is_allocated(uint64_t mfn)
{
    const struct page *page = &frame_table[mfn];

    return page->owner < 2 && page_type(page) != PAGE_SHARED &&
           !(page->flags & PAGE_FROZEN) &&
           mfn >= sides[page->owner].memory.given_up;
}

static void vcpu_uses(const struct vcpu *vcpu)
{
    use(vcpu->root_kernel);
    use(vcpu->root_user);
    for (uint32_t i = 0; i < (vcpu->gdt_entries + 511) / 512; i++) {
        use(vcpu->gdt_frames[i].n << PAGE_SHIFT);
    }
    for (uint32_t i = 0; i < 16; i++) {
        if (vcpu->ldt_mapped & 1u << i) {
            use(vcpu->ldt_frames[i].n << PAGE_SHIFT);
        }
    }
}

static void other_uses(void)
{
    for (uint64_t mfn = 0; mfn < FRAMES; mfn++) {
        counts[mfn].refs += is_allocated(mfn);
        if ((frame_table[mfn].flags & PAGE_PINNED) || is_lent(mfn)) {
            use(mfn << PAGE_SHIFT);
        }
    }
    for (unsigned int i = 0; i < 2; i++) {
        vcpu_uses(&runners[i]);
    }
}

/* A domain is charged for what it has, but for what is lent. */
static const char *charge_compare(uint16_t side)
{
    uint64_t count = 0;

    for (uint64_t mfn = 0; mfn < FRAMES; mfn++) {
        count += frame_table[mfn].owner == side && !is_lent(mfn);
    }
    return count == sides[side].memory.page_count
               ? NULL
               : wrong(side, "frames charged", sides[side].memory.page_count,
                       count);
}

static const char *frame_compare(uint64_t mfn)
{
    const struct page *page = &frame_table[mfn];
    bool retained = (page->flags & PAGE_RETAINED) != 0;

    if (page->owner == OWNER_FREE || page->owner == OWNER_HV) {
        return page->refs == 0 && page->type == 0
                   ? NULL
                   : wrong(mfn, "nobody's, but referenced", page->refs, 0);
    }
    if (page->owner >= 2) {
        return NULL;
    }
    if (page->refs != counts[mfn].refs) {
        return wrong(mfn, "references", page->refs, counts[mfn].refs);
    }
    if (page_type_count(page) != counts[mfn].types) {
        return wrong(mfn, "type count", page_type_count(page),
                     counts[mfn].types);
    }
    if (page_type(page) >= PAGE_L1 && page_type(page) <= PAGE_SEGDESC &&
        retained != (page_type_count(page) == 0)) {
        return wrong(mfn, "retained", retained, !retained);
    }
    return NULL;
}

const char *oracle_check(void)
{
    const char *problem = NULL;

    memset(counts, 0, sizeof(counts));
    other_uses();
    for (uint64_t mfn = 0; mfn < FRAMES && problem == NULL; mfn++) {
        if (is_table(&frame_table[mfn])) {
            problem = table_count(mfn);
        }
    }
    for (uint64_t mfn = 0; mfn < FRAMES && problem == NULL; mfn++) {
        problem = frame_compare(mfn);
    }
    for (uint16_t side = 0; side < 2 && problem == NULL; side++) {
        problem = charge_compare(side);
    }
    return problem;
}
