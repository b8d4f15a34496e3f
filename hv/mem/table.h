/* SPDX-License-Identifier: MIT */
/*
 * Page tables and descriptor tables as a whole: validating one, dropping one,
 * and the queue of those whose count fell to zero.  All under the owner's
 * memory.lock.
 */
#pragma once

#include "hv/mem/memory.h"

/* Bits of an entry (Intel SDM vol. 3A, 4.5.4; AMD APM vol. 2, 5.4). */
#define PTE_P        0x001ull
#define PTE_RW       0x002ull
#define PTE_US       0x004ull
#define PTE_PWT      0x008ull
#define PTE_PCD      0x010ull
#define PTE_A        0x020ull
#define PTE_D        0x040ull
#define PTE_PAT_PS   0x080ull /* PAT in an L1 entry, page size above */
#define PTE_G        0x100ull
#define PTE_AVL      0xe00ull
#define PTE_NX       (1ull << 63)
#define PTE_KERNEL   (1ull << 52) /* ours: the guest wrote US=0 */
#define PTE_MFN_MASK 0x000ffffffffff000ull
#define PTE_CACHE    (PTE_PWT | PTE_PCD | PTE_PAT_PS)
/* What may change in place: nothing a reference or a right depends on. */
#define PTE_HARMLESS                                                           \
    (PTE_A | PTE_D | PTE_AVL | PTE_G | PTE_NX | PTE_US | 0x7ff0000000000000ull)

#define ENTRIES 512u

/* Retained tables that one call drops at its end. */
#define DRAIN_LIMIT 32u

static inline mfn_t pte_mfn(uint64_t pte)
{
    return MFN((pte & PTE_MFN_MASK) >> PAGE_SHIFT);
}

/*
 * Takes the references a new entry of a table of this type stands for, and
 * adjusts the entry (US forced).  l1_owner owns what an L1 entry maps; tables
 * always belong to memory.  0, -EINVAL, -EPERM or -ERESTART.
 */
int entry_get(struct memory *memory, enum page_type type, uint64_t *entry,
              struct memory *l1_owner) NODISCARD;
void entry_put(enum page_type type, uint64_t entry);

int table_validate(struct memory *owner, struct page *page,
                   enum page_type type) NODISCARD;
/* Drops all that a retained table holds; it is untyped afterwards. */
void table_zap(struct memory *owner, struct page *page);

void retained_add(struct memory *owner, struct page *page);
void retained_remove(struct memory *owner, struct page *page);
/* Zaps retained tables, at most limit; true if none is left. */
bool retained_drain(struct memory *owner, uint32_t limit);
/* What a hypercall on tables ends with: drops some of what it left unused. */
static inline void retained_finish(struct memory *owner)
{
    retained_drain(owner, DRAIN_LIMIT);
}

/*
 * A descriptor that a guest may have in its GDT or LDT; DPL is forced to 3.  A
 * present system descriptor is refused: PV guests need no gates and no TSS.
 */
bool descriptor_fix(uint64_t *descriptor) NODISCARD;
