/* SPDX-License-Identifier: MIT */
/*
 * The oracle: from the tables in memory and the mappings that guests were told
 * of, it counts anew what every frame, entry, handle and domain should say.
 */
#include <stdio.h>
#include <string.h>

#include "hv/mem/table.h"
#include "world.h"

static struct {
    uint32_t refs, types;
} counts[FRAMES];
static char what[200];

static const char *wrong(const char *text, uint64_t which, uint64_t is,
                         uint64_t should)
{
    snprintf(what, sizeof(what), "%s %#lx: %#lx, should be %#lx", text,
             (unsigned long)which, (unsigned long)is, (unsigned long)should);
    return what;
}

/* Whether a mapping stands for an entry that maps another domain's frame. */
static bool is_held(unsigned int side, const uint64_t *slot, uint64_t pte)
{
    for (uint32_t handle = 0; handle < HANDLES; handle++) {
        const struct held *mapping = &held[side][handle];

        if ((mapping->parts & GNTMAP_host_map) && mapping->slot == slot &&
            mapping->frame == pte_mfn(pte).n &&
            mapping->writes == ((pte & PTE_RW) != 0)) {
            return true;
        }
    }
    return false;
}

static const char *entry_count(uint64_t table, enum page_type type,
                               uint64_t *slot)
{
    uint64_t target = pte_mfn(*slot).n;
    uint16_t side = frame_table[table].owner;
    const struct page *page = &frame_table[target];

    if (target >= FRAMES || page->owner == OWNER_IO) {
        return NULL;
    }
    if (page->owner != side && !is_held(side, slot, *slot)) {
        return wrong("no mapping stands for the entry in", table, target, 0);
    }
    counts[target].refs++;
    if (type != PAGE_L1 || (*slot & PTE_RW)) {
        enum page_type wanted = type == PAGE_L1 ? PAGE_WRITABLE : type - 1;

        counts[target].types++;
        if (page_type(page) != wanted && page_type(page) != PAGE_SHARED) {
            return wrong("type of a frame that is mapped", target,
                         page_type(page), wanted);
        }
    }
    return NULL;
}

static const char *table_count(uint64_t mfn)
{
    uint64_t *table = mfn_to_hva(MFN(mfn));
    enum page_type type = page_type(&frame_table[mfn]);

    for (unsigned int i = 0; i < ENTRIES; i++) {
        const char *problem = NULL;

        if ((table[i] & PTE_P) &&
            !(type == PAGE_L4 && i >= HV_SLOT_FIRST && i < HV_SLOT_END)) {
            problem = entry_count(mfn, type, &table[i]);
        }
        if (problem != NULL) {
            return problem;
        }
    }
    return NULL;
}

/* Ours, and lent: until the table is closed. */
static bool is_lent(uint64_t mfn)
{
    const struct grant_table *table = sides[frame_table[mfn].owner].grants;

    for (uint32_t i = 0; i < table->frame_count; i++) {
        if (hva_to_mfn(table->entries[i]).n == mfn) {
            return true;
        }
    }
    return false;
}

static void frame_count(uint64_t mfn)
{
    const struct page *page = &frame_table[mfn];

    if (page_type(page) == PAGE_SHARED) {
        counts[mfn].refs += is_lent(mfn);
        counts[mfn].types += is_lent(mfn);
    } else {
        counts[mfn].refs += page->owner < 2;
    }
    if (page->flags & PAGE_PINNED) {
        counts[mfn].refs++;
        counts[mfn].types++;
    }
}

static void others_count(void)
{
    for (uint64_t mfn = 0; mfn < FRAMES; mfn++) {
        frame_count(mfn);
    }
    for (unsigned int side = 0; side < 2; side++) {
        uint64_t root = runners[side].root_kernel >> PAGE_SHIFT;

        counts[root].refs += root != 0;
        counts[root].types += root != 0;
        for (uint32_t handle = 0; handle < HANDLES; handle++) {
            const struct held *mapping = &held[side][handle];

            if (mapping->parts & GNTMAP_device_map) {
                counts[mapping->frame].refs++;
                counts[mapping->frame].types += mapping->writes;
            }
        }
    }
}

static const char *frames_compare(void)
{
    for (uint64_t mfn = 0; mfn < FRAMES; mfn++) {
        const struct page *page = &frame_table[mfn];

        if (page->owner == OWNER_FREE && (page->refs != 0 || page->type != 0)) {
            return wrong("references on free frame", mfn, page->refs, 0);
        }
        if (page->owner >= 2) {
            continue;
        }
        if (page->refs != counts[mfn].refs) {
            return wrong("references on frame", mfn, page->refs,
                         counts[mfn].refs);
        }
        if (page_type_count(page) != counts[mfn].types) {
            return wrong("type count of frame", mfn, page_type_count(page),
                         counts[mfn].types);
        }
    }
    return NULL;
}

/* An entry's uses, and what the granter sees of them. */
static const char *entries_compare(unsigned int side)
{
    const struct grant_table *table = sides[side].grants;

    for (uint32_t ref = 0; ref < REFS && table->frame_count != 0; ref++) {
        struct use use = {0, 0};
        uint64_t shown, seen = *entry_of(side, ref);

        for (unsigned int mapper = 0; mapper < 2; mapper++) {
            for (uint32_t handle = 0; handle < HANDLES; handle++) {
                const struct held *mapping = &held[mapper][handle];

                if (mapping->parts != 0 && mapping->granter == side &&
                    mapping->ref == ref) {
                    use.any++;
                    use.writing += mapping->writes;
                }
            }
        }
        if (use.any != table->uses[0][ref].any) {
            return wrong("uses of", ref, table->uses[0][ref].any, use.any);
        }
        if (use.writing != table->uses[0][ref].writing) {
            return wrong("writing uses of", ref, table->uses[0][ref].writing,
                         use.writing);
        }
        shown = (use.any != 0 ? GTF_reading : 0) |
                (use.writing != 0 ? GTF_writing : 0);
        seen &= GTF_reading | GTF_writing;
        if (!tampered[side][ref] && seen != shown) {
            return wrong("what the granter sees of", ref, seen, shown);
        }
    }
    return NULL;
}

/* Every handle is a mapping that somebody was told of, or free. */
static const char *handles_compare(unsigned int side)
{
    const struct grant_table *table = sides[side].grants;
    uint32_t total = table->map_frame_count * MAPPINGS_PER_FRAME, used = 0,
             free = 0;

    for (uint32_t handle = 0; handle < HANDLES; handle++) {
        const struct held *mapping = &held[side][handle];
        uint8_t parts = handle < total
                            ? mapping_of(table, handle)->flags & MAPPING_PARTS
                            : 0;

        if (parts != mapping->parts) {
            return wrong("parts of mapping", handle, parts, mapping->parts);
        }
        if (parts != 0 && mapping_of(table, handle)->dropping != 0) {
            return wrong("being unmapped still", handle, 1, 0);
        }
        used += parts != 0;
    }
    for (uint32_t handle = table->free_handle;
         handle != GRANT_NONE && free <= total && total != 0;
         handle = mapping_of(table, handle)->next) {
        free++;
    }
    return used + free == total
               ? NULL
               : wrong("handles of domain", side, used + free, total);
}

static const char *domain_compare(unsigned int side)
{
    uint32_t refs = 1;

    for (unsigned int mapper = 0; mapper < 2; mapper++) {
        for (uint32_t handle = 0; handle < HANDLES; handle++) {
            refs += held[mapper][handle].parts != 0 &&
                    held[mapper][handle].granter == side;
        }
    }
    return sides[side].refs == refs
               ? NULL
               : wrong("references on domain", side, sides[side].refs, refs);
}

const char *oracle_check(void)
{
    const char *problem = surprise;

    memset(counts, 0, sizeof(counts));
    others_count();
    for (uint64_t mfn = 0; mfn < FRAMES && problem == NULL; mfn++) {
        const struct page *page = &frame_table[mfn];

        if (page_type(page) >= PAGE_L1 && page_type(page) <= PAGE_L4 &&
            (page->flags & PAGE_VALID)) {
            problem = table_count(mfn);
        }
    }
    problem = problem != NULL ? problem : frames_compare();
    for (unsigned int side = 0; side < 2 && problem == NULL; side++) {
        problem = entries_compare(side);
        problem = problem != NULL ? problem : handles_compare(side);
        problem = problem != NULL ? problem : domain_compare(side);
    }
    return problem;
}
