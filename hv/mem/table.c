/* SPDX-License-Identifier: MIT */
/*
 * Validating and dropping whole tables.  Validation takes one reference per
 * present entry, and gives all back if any entry is refused.  Work is bounded:
 * a table that loses its last use is queued, not torn down with all below it;
 * a validation that runs out of budget leaves the finished tables below it on
 * that queue, valid, so that the next try is quick to pass them.
 */
#include "hv/mem/table.h"

#include "hv/base/errno.h"
#include "hv/base/log.h"
#include "hv/cpu/cpu.h"
#include "hv/mem/roots.h"

static uint64_t *table_of(const struct page *page)
{
    return mfn_to_hva(page_mfn(page));
}

static bool is_ours(enum page_type type, unsigned int slot)
{
    return type == PAGE_L4 && slot >= HV_SLOT_FIRST && slot < HV_SLOT_END;
}

static void entries_put(const uint64_t *table, enum page_type type,
                        unsigned int count)
{
    for (unsigned int i = 0; i < count; i++) {
        if (table[i] != 0 && !is_ours(type, i)) {
            entry_put(type, table[i]);
        }
    }
}

#define DESCRIPTOR_P    (1ull << 47)
#define DESCRIPTOR_S    (1ull << 44) /* code or data, not system */
#define DESCRIPTOR_DPL  (3ull << 45)
#define DESCRIPTOR_TYPE (15ull << 40)

bool descriptor_fix(uint64_t *descriptor)
{
    if (!(*descriptor & DESCRIPTOR_P)) {
        return true;
    }
    if (!(*descriptor & DESCRIPTOR_S)) {
        return (*descriptor & DESCRIPTOR_TYPE) == 0;
    }
    *descriptor |= DESCRIPTOR_DPL;
    return true;
}

static int descriptors_validate(uint64_t *table)
{
    for (unsigned int i = 0; i < ENTRIES; i++) {
        uint64_t descriptor = table[i];

        if (!descriptor_fix(&descriptor)) {
            return -EINVAL;
        }
        table[i] = descriptor;
    }
    return 0;
}

int table_validate(struct memory *owner, struct page *page,
                   enum page_type type)
{
    uint64_t *table = table_of(page);

    this_cpu()->budget -= WORK_TABLE;
    if (type == PAGE_SEGDESC) {
        return descriptors_validate(table);
    }
    for (unsigned int i = 0; i < ENTRIES; i++) {
        uint64_t entry = table[i];
        int rc;

        if (!(entry & PTE_P) || is_ours(type, i)) {
            continue;
        }
        rc = entry_get(owner, type, &entry, owner);
        if (unlikely(rc != 0)) {
            entries_put(table, type, i);
            return rc;
        }
        table[i] = entry;
    }
    if (type == PAGE_L4) {
        root_install_hypervisor(table);
    }
    return 0;
}

void table_zap(struct memory *owner, struct page *page)
{
    enum page_type type = page_type(page);

    CHECK((page->flags & PAGE_RETAINED) && page_type_count(page) == 0);
    this_cpu()->budget -= WORK_TABLE;
    retained_remove(owner, page);
    page->flags &= (uint8_t)~PAGE_VALID;
    if (type != PAGE_SEGDESC) {
        entries_put(table_of(page), type, ENTRIES);
    }
    atomic_set(&page->type, 0);
    page_stamp(page);
}

void retained_add(struct memory *owner, struct page *page)
{
    uint32_t mfn = (uint32_t)page_mfn(page).n;

    page->flags |= PAGE_RETAINED;
    page->prev = MFN_NIL;
    page->next = owner->retained_head;
    if (page->next != MFN_NIL) {
        frame_table[page->next].prev = mfn;
    }
    owner->retained_head = mfn;
}

void retained_remove(struct memory *owner, struct page *page)
{
    page->flags &= (uint8_t)~PAGE_RETAINED;
    if (page->next != MFN_NIL) {
        frame_table[page->next].prev = page->prev;
    }
    if (page->prev != MFN_NIL) {
        frame_table[page->prev].next = page->next;
    } else {
        owner->retained_head = page->next;
    }
}

bool retained_drain(struct memory *owner, uint32_t limit)
{
    while (owner->retained_head != MFN_NIL) {
        if (limit-- == 0) {
            return false;
        }
        table_zap(owner, &frame_table[owner->retained_head]);
    }
    return true;
}
