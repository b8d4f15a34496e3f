/* SPDX-License-Identifier: MIT */
/* Making the memory map that the hardware domain is shown. */
#pragma once

#include "hv/hypercall/firmware.h"

/* At boot: from boot_info.memory and these pages of device registers. */
void machine_map_init(const uint64_t *reserved_pages, size_t count);
