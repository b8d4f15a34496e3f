/* SPDX-License-Identifier: MIT */
/*
 * Direct paging for tests: a pool of pages of the image, where page-table
 * entries are, and the few ways to change them.  Every helper stops the guest
 * when the hypervisor refuses what must be allowed, so that a test starts from
 * a known state.
 */
#ifndef TESTS_GUEST_LIB_PAGING_H
#define TESTS_GUEST_LIB_PAGING_H

#include "guest.h"

#define PTE_P        0x1ull
#define PTE_RW       0x2ull
#define PTE_US       0x4ull
#define PTE_PWT      0x8ull
#define PTE_PCD      0x10ull
#define PTE_A        0x20ull
#define PTE_D        0x40ull
#define PTE_PS       0x80ull
#define PTE_G        0x100ull
#define PTE_AVL      0xe00ull
#define PTE_NX       (1ull << 63)
#define PTE_MFN_MASK 0x000ffffffffff000ull
/* Bits the hypervisor may add to an entry: US, G and its marker, bit 52. */
#define PTE_ADJUSTED (PTE_US | PTE_G | 1ull << 52)

/* A test's own mappings: 4 KiB pages here have page tables of their own. */
#define TEST_VA 0xffffc90000000000ull

void paging_init(void);

/* Zeroed, mapped RW at its image address; never freed. */
void *page_alloc(void);
/* A frame of the domain that nothing maps; stays in the p2m. */
uint64_t spare_pfn(void);

uint64_t pfn_to_mfn(uint64_t pfn);
uint64_t mfn_to_pfn(uint64_t mfn);
void p2m_set(uint64_t pfn, uint64_t mfn);
uint64_t virt_to_mfn(const void *va);
/* Only for frames the image's window maps. */
void *mfn_to_virt(uint64_t mfn);

static inline uint64_t pte_make(uint64_t mfn, uint64_t flags)
{
    return mfn << 12 | flags;
}

static inline uint64_t pte_mfn(uint64_t pte)
{
    return (pte & PTE_MFN_MASK) >> 12;
}

/* Kernel root in use, and the entry of va at a level (4 to 1); NULL if a level
 * above is missing. */
uint64_t root_mfn(void);
volatile uint64_t *pte_pointer(uint64_t va, unsigned int level);
/* Machine address of that entry, as mmu_update wants it. */
uint64_t pte_maddr(uint64_t va, unsigned int level);

/* Builds what is missing above va, then maps it. */
void map_page(uint64_t va, uint64_t pte);
void map_prepare(uint64_t va);

/* Results of single updates, as the hypervisor gave them. */
long pte_update(uint64_t maddr, uint64_t value);
long mmuext_one(unsigned int cmd, uint64_t mfn);

void page_make_ro(void *page);
void page_make_rw(void *page);

#endif
