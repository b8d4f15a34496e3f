/* SPDX-License-Identifier: MIT */
/*
 * Segments, gates and system-call entry.  Every vCPU's GDT is 16 pages: 14 of
 * the guest's, and 2 of ours, which are one pair of pages for all: they have a
 * TSS and an LDT descriptor for each CPU, so a vCPU may run anywhere.
 * Usable from assembly for the selectors.
 */
#pragma once

#define FIRST_RESERVED_ENTRY 7168 /* of a GDT: pages 14 and 15 */
#define HV_CS                0xe008
#define HV_DS                0xe010
#define FLAT_CS32            0xe023
#define FLAT_DS              0xe02b
#define FLAT_CS64            0xe033
#define TSS_SELECTOR         0xe040 /* one of 16 bytes for each CPU */
#define LDT_SELECTOR         0xe0c0 /* the same */

#ifndef __ASSEMBLY__
#include "hv/base/compiler.h"
#include "hv/base/types.h"

/* Sets up the GDT pages and the IDT; loads them on the boot CPU. */
void descriptors_init(void);

/*
 * Loads GDT, IDT, TSS and the SYSCALL entry on this CPU, whose stacks at
 * STACKS_VIRT are mapped; from then on NMI, #DB, #DF and #MC have their own.
 */
void descriptors_load(uint32_t cpu_id);

/* A page of zeros, for the parts of a GDT that the guest does not give. */
extern mfn_t gdt_zero_page;

/*
 * Prepares a vCPU's slot: tables, zero pages, and our two pages.  Once for
 * each slot.  -ENOMEM.
 */
int descriptors_map_slot(uint32_t gdt_slot) NODISCARD;

/* GDTR := the 64 KiB at base, or the hypervisor's own. */
void load_gdt(uint64_t base);
void load_own_gdt(void);

/* LDTR := entries descriptors at base; 0 entries: none. */
void load_ldt(uint64_t base, uint32_t entries);
#endif
