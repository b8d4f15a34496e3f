/* SPDX-License-Identifier: MIT */
/*
 * Building the hypervisor's address space and giving memory away, at boot:
 *   early_init()   which memory is ours to take
 *   paging_build() final tables, W^X; the boot stack and identity are left
 *   heap_fill()    the rest of memory to the heap
 */
#pragma once

#include "hv/cpu/paging.h"
#include "hv/boot/memory_map.h"

/* What is in use already: image, modules, log.  Before anything below. */
void early_init(void);

/*
 * size bytes of RAM for good, zeroed, below 4 GiB until paging_build(); never
 * fails: without memory there is nothing to boot.
 */
maddr_t early_alloc(uint64_t size, uint64_t align);

/* Makes the tables, loads them; makes the frame table and the M2P. */
void paging_build(void);

/* Maps the stacks of a CPU (layout.h) in fresh frames. */
void paging_map_stacks(uint32_t cpu_id);

/* Maps the AP trampoline page 1:1, executable, for smp.c; and away again. */
void paging_map_trampoline(maddr_t page);
void paging_unmap_trampoline(maddr_t page);

/* A free page below 640 KiB for the trampoline. */
maddr_t early_low_page(void);

/* Gives all RAM that is not in use to the heap. */
void heap_fill(void);
/* Gives back a module, once its bytes are not needed any more. */
void release_memory(maddr_t start, uint64_t size);
