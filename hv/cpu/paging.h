/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's own page tables, at run time.  They are built once by
 * hv/boot/paging.c; afterwards only single pages come and go, in areas of
 * their own: device registers and the vCPUs' descriptor tables.  The L3 tables
 * of all our slots exist from the start, so every root shares what is mapped
 * later.  paging_lock guards the tables; it may be held when heap_lock is
 * taken.
 */
#pragma once

#include "hv/base/compiler.h"
#include "hv/base/types.h"

/* Bits of a page-table entry (Intel SDM 3A, 4.5). */
#define HV_PTE_P        0x001ull
#define HV_PTE_RW       0x002ull
#define HV_PTE_US       0x004ull
#define HV_PTE_UNCACHED 0x018ull /* PWT and PCD: UC in our PAT */
#define HV_PTE_AD       0x060ull /* accessed and dirty, set beforehand */
#define HV_PTE_LARGE    0x080ull
#define HV_PTE_NX       (1ull << 63)
#define HV_PTE_ADDRESS  0x000ffffffffff000ull
#define HV_PTE_READ     (HV_PTE_P | HV_PTE_AD | HV_PTE_NX)
#define HV_PTE_WRITE    (HV_PTE_READ | HV_PTE_RW)
#define HV_PTE_EXECUTE  (HV_PTE_P | HV_PTE_AD)
#define HV_PTE_TABLE    (HV_PTE_P | HV_PTE_RW | HV_PTE_AD)

extern maddr_t idle_root;     /* the L4 that is loaded when no guest is */
extern uint64_t m2p_l4_entry; /* of slot 256, for guests' kernel roots */

/*
 * Maps one page in our window; the tables above it exist (map_hv_reserve).
 * What was mapped there before is replaced; flushing is the caller's.
 */
void map_hv_page(uint64_t va, mfn_t mfn, uint64_t flags);
void unmap_hv_page(uint64_t va);
/* Makes the tables for [va, va + size); -ENOMEM. */
int map_hv_reserve(uint64_t va, uint64_t size) NODISCARD;

/* Registers of a device, uncached; NULL without memory for the tables. */
void *ioremap(maddr_t start, size_t size) NODISCARD;
void iounmap(void *va, size_t size);
/* Firmware's tables, cached, read-only: wherever they are. */
const void *map_firmware(maddr_t start, size_t size) NODISCARD;
/* As map_firmware, but to write: the event log area. */
void *map_firmware_writable(maddr_t start, size_t size) NODISCARD;

/* The frame under an address within the image. */
mfn_t image_mfn(const void *va);

/* For hv/boot/paging.c, which sets these up. */
extern maddr_t image_base;
uint64_t *paging_entry(uint64_t va, unsigned int level, uint64_t table_flags);
void paging_set_table_source(maddr_t (*alloc)(void), uint64_t access_offset);
