/* SPDX-License-Identifier: MIT */
/*
 * Page tables. The hypervisor checks each change, so all changes are
 * hypercalls; tables are read where all memory is mapped. Entries hold machine
 * frames. Changes are collected and made many at a time.
 */
#ifndef VOUCH_VTPM_BASE_PAGING_H
#define VOUCH_VTPM_BASE_PAGING_H

#include "vtpm/base/kernel.h"

#define PTE_P       (1ul << 0)
#define PTE_RW      (1ul << 1)
#define PTE_US      (1ul << 2)
#define PTE_A       (1ul << 5)
#define PTE_D       (1ul << 6)
#define PTE_PAGE    (1ul << 9) /* ours: a page of page_alloc() */
#define PTE_NX      (1ul << 63)
#define PTE_MFN     0x000ffffffffff000ul

#define PTE_TABLE   (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define PTE_READ    (PTE_P | PTE_US | PTE_A | PTE_NX)
#define PTE_WRITE   (PTE_READ | PTE_RW | PTE_D)
#define PTE_EXECUTE (PTE_P | PTE_US | PTE_A)

#define L1_SPAN     (512 * PAGE_SIZE) /* what one L1 table maps */

void paging_init(void);

/* The entry for an address in the table of that level (4 to 1); NULL if a
 * table above it is missing. */
const volatile uint64_t *paging_entry(uint64_t address, unsigned int level);

/* Makes the tables for an address: 0 or -ENOMEM. */
NODISCARD int paging_prepare(uint64_t address);

/* Sets the entry of that level, which exists, soon: at the latest by
 * paging_commit(), which also makes the CPU forget what it was before. */
void paging_set(uint64_t address, unsigned int level, uint64_t entry);
void paging_commit(void);

/* The page becomes a page table, hooked in at this address and level. Its
 * entries must be right already. */
void paging_hook(uint64_t address, unsigned int level, const void *table);

/* Protects the kernel from itself: text cannot be written, and nothing else
 * be executed, up to the address. */
void paging_protect_kernel(uint64_t mapped_end);

/* Changes how a page of ours is mapped where all memory is. */
void paging_protect_page(const void *page, uint64_t flags);

#endif
