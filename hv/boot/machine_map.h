/* SPDX-License-Identifier: MIT */
/*
 * The memory map that the hardware domain is shown (XENMEM_machine_memory_map):
 * the firmware's, with interrupt controllers reserved.
 */
#pragma once

#include "hv/base/compiler.h"
#include <stddef.h>
#include <stdint.h>

/* As guests read it (E820). */
struct e820_entry {
    uint64_t start, size;
    uint32_t type;
} packed;
_Static_assert(sizeof(struct e820_entry) == 20, "E820 entry");

/* At boot: from boot_info.memory and these pages of device registers. */
void machine_map_init(const uint64_t *reserved_pages, size_t count);

const struct e820_entry *machine_map(size_t *count);
