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

static noinline void entries_put(enum page_type type, const uint64_t *entry,
                                 const uint64_t *end)
{
    for (; entry != end; entry++) {
        if (*entry != 0) {
            entry_put(type, *entry);
        }
    }
}

static int entries_get(struct memory *owner, enum page_type type,
                       uint64_t *table)
{
    const uint64_t *end = table + ENTRIES;

    for (uint64_t *at = table; at != end; at++) {
        const uint64_t was = *at;

        if (was & PTE_P) {
            uint64_t entry = was;
            int rc = entry_get(owner, type, &entry, owner);

            if (unlikely(rc != 0)) {
                entries_put(type, table, at);
                return rc;
            }
            *at = entry;
        }
    }
    return 0;
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
    int rc;

    this_cpu()->budget -= WORK_TABLE;
    if (type == PAGE_SEGDESC) {
        return descriptors_validate(table);
    }
    if (type == PAGE_L4) {
        root_remove_hypervisor(table);
    }
    rc = entries_get(owner, type, table);
    if (rc == 0 && type == PAGE_L4) {
        root_install_hypervisor(table);
    }
    return rc;
}

void table_zap(struct memory *owner, struct page *page)
{
    enum page_type type = page_type(page);
    uint64_t *table = table_of(page);

    CHECK((page->flags & PAGE_RETAINED) && page_type_count(page) == 0);
    this_cpu()->budget -= WORK_TABLE;
    retained_remove(owner, page);
    page->flags &= (uint8_t)~PAGE_VALID;
    if (type == PAGE_L4) {
        root_remove_hypervisor(table);
    }
    if (type != PAGE_SEGDESC) {
        entries_put(type, table, table + ENTRIES);
    }
    page_stamp(page); /* before anybody may have it for something else */
    atomic_set(&page->type, 0);
}

void retained_add(struct memory *owner, struct page *page)
{
    page->flags |= PAGE_RETAINED;
    page_list_add(&owner->retained_head, page);
}

void retained_remove(struct memory *owner, struct page *page)
{
    page->flags &= (uint8_t)~PAGE_RETAINED;
    page_list_remove(&owner->retained_head, page);
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
