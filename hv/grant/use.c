/* SPDX-License-Identifier: MIT */
/*
 * Using an entry of a grant table.  The granter may change the entry at any
 * time: it is read as one word and changed by exchanging that word, so that
 * type, grantee, rights and frame were all true at one moment.  What a use
 * holds of the frame was taken from the frame table, which believes nobody.
 */
#include "hv/base/atomic.h"
#include "hv/grant/internal.h"

/* Against a granter that changes the entry all the time. */
#define ATTEMPTS 4u

static inline uint16_t entry_flags(uint64_t entry)
{
    return (uint16_t)entry;
}

static inline domid_t entry_domid(uint64_t entry)
{
    return (domid_t)(entry >> 16);
}

static inline mfn_t entry_frame(uint64_t entry)
{
    return MFN(entry >> 32);
}

static inline bool entry_permits(uint64_t entry, domid_t user,
                                 enum grant_access access)
{
    return (entry_flags(entry) & GTF_type_mask) == GTF_permit_access &&
           entry_domid(entry) == user &&
           !(access == GRANT_WRITE && (entry & GTF_readonly) != 0);
}

bool frame_get(struct page *frame, const struct memory *owner,
               enum grant_access access)
{
    if (unlikely(frame == NULL || !page_get(frame, owner))) {
        return false;
    }
    /* Frames of ours that are lent to a domain are not its to pass on. */
    if (unlikely(page_type(frame) == PAGE_SHARED ||
                 (access == GRANT_WRITE && page_get_writable(frame) != 0))) {
        page_put(frame);
        return false;
    }
    return true;
}

void frame_put(struct page *frame, enum grant_access access)
{
    if (access == GRANT_WRITE) {
        page_put_type(frame);
    } else {
        page_stamp(frame);
    }
    page_put(frame);
}

/* Says in the entry that it is in use; what it said then is *found. */
static int16_t entry_mark(uint64_t *entry, domid_t user,
                          enum grant_access access, uint64_t *found)
{
    uint64_t mark = GTF_reading | (access == GRANT_WRITE ? GTF_writing : 0);

    *found = READ_ONCE(*entry);
    for (unsigned int i = 0; i < ATTEMPTS; i++) {
        if (unlikely(!entry_permits(*found, user, access))) {
            return GNTST_general_error;
        }
        if (likely(atomic_cas(entry, found, *found | mark))) {
            return GNTST_okay;
        }
    }
    return GNTST_general_error;
}

static void entry_unmark(uint64_t *entry, const struct use *use)
{
    uint64_t mark = (use->any == 0 ? GTF_reading : 0) |
                    (use->writing == 0 ? GTF_writing : 0);

    if (mark != 0) {
        atomic_and(entry, ~mark);
    }
}

/* lock held, ref below the limit. */
static int16_t use_begin(struct domain *granter, uint32_t ref, domid_t user,
                         enum grant_access access, struct page **frame)
{
    struct grant_table *table = granter->grants;
    uint64_t *entry = &table->entries[ref / GRANT_ENTRIES][ref % GRANT_ENTRIES];
    struct use *use = &table->uses[ref / GRANT_ENTRIES][ref % GRANT_ENTRIES];
    uint64_t found;
    int16_t status = entry_mark(entry, user, access, &found);

    if (unlikely(status != GNTST_okay)) {
        return status;
    }
    *frame = page_of(entry_frame(found));
    if (unlikely(!frame_get(*frame, &granter->memory, access))) {
        entry_unmark(entry, use);
        return GNTST_general_error;
    }
    use->any++;
    use->writing += access == GRANT_WRITE;
    return GNTST_okay;
}

int16_t use_get(struct domain *granter, uint32_t ref, domid_t user,
                enum grant_access access, struct page **frame)
{
    struct grant_table *table = granter->grants;
    int16_t status = GNTST_bad_gntref;
    size_t limit;

    spin_lock(&table->lock);
    limit = (size_t)table->frame_count * GRANT_ENTRIES;
    if (likely(ref < limit)) {
        status = use_begin(granter, (uint32_t)index_nospec(ref, limit), user,
                           access, frame);
    }
    spin_unlock(&table->lock);
    return status;
}

void use_put(struct domain *granter, uint32_t ref, enum grant_access access)
{
    struct grant_table *table = granter->grants;

    spin_lock(&table->lock);
    if (likely(ref < table->frame_count * GRANT_ENTRIES)) { /* not yet dead */
        struct use *use =
            &table->uses[ref / GRANT_ENTRIES][ref % GRANT_ENTRIES];

        use->any--;
        use->writing -= access == GRANT_WRITE;
        entry_unmark(&table->entries[ref / GRANT_ENTRIES][ref % GRANT_ENTRIES],
                     use);
    }
    spin_unlock(&table->lock);
}
