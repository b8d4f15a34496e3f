/* SPDX-License-Identifier: MIT */
/* Page-table roots: every L4 carries the hypervisor's 16 slots. */
#pragma once

#include "hv/base/layout.h"
#include "hv/base/types.h"

/*
 * Puts our entries into slots 256..271; the M2P slot is left out until the
 * table is used as a kernel root.
 */
void root_install_hypervisor(uint64_t *l4);
/* Empties those slots: before a table is validated, and when it is dropped. */
void root_remove_hypervisor(uint64_t *l4);

/*
 * The address of the L1 slot that maps va below this root, or NULL where no L1
 * table does.  The owner's memory.lock held.
 */
uint64_t *root_find_l1(maddr_t root, uint64_t va);
