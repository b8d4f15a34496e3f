/* SPDX-License-Identifier: MIT */
/*
 * PCI configuration space through ports 0xcf8 and 0xcfc.  pci_lock makes the
 * two one operation; it is a leaf and is taken inside.
 */
#pragma once

#include "hv/base/types.h"

/*
 * size is 1, 2 or 4; offset is aligned to it and below 256.  bdf is
 * bus << 8 | device << 3 | function of segment 0.  Absent functions read as
 * all ones.
 */
uint32_t pci_config_read(uint32_t bdf, uint32_t offset, uint32_t size);
void pci_config_write(uint32_t bdf, uint32_t offset, uint32_t size,
                      uint32_t value);
