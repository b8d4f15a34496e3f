/* SPDX-License-Identifier: MIT */
/*
 * The only ways to touch guest memory by guest virtual address.  Ranges that
 * reach into the hypervisor's window, are not canonical or fault give false;
 * what was copied before a fault stays copied.  The current vCPU's kernel
 * root is loaded.  Read a guest structure once, then use the private copy.
 */
#pragma once

#include "hv/base/compiler.h"
#include "hv/base/types.h"

bool guest_read(void *to, gva_t from, size_t size) NODISCARD;
bool guest_write(gva_t to, const void *from, size_t size) NODISCARD;
/* One aligned word, with a single access. */
bool guest_read_u64(uint64_t *to, gva_t from) NODISCARD;
bool guest_write_u64(gva_t to, uint64_t value) NODISCARD;
bool guest_read_u8(uint8_t *to, gva_t from) NODISCARD;
