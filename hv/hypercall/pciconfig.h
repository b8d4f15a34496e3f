/* SPDX-License-Identifier: MIT */
/*
 * What of a function's configuration space the hardware domain may write: all
 * but the message-signalled interrupt capabilities, whose addresses and data
 * are the hypervisor's (hv/cpu/msi.h).
 */
#pragma once

#include <stdint.h>

/*
 * Which bits of the 4 bytes at offset (a multiple of 4) a guest may write.
 * read(function, offset, size) reads its configuration space.
 */
uint32_t pciconfig_writable(uint32_t bdf, uint32_t offset,
                            uint32_t (*read)(uint32_t bdf, uint32_t offset,
                                             uint32_t size));
