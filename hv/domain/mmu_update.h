/* SPDX-License-Identifier: MIT */
/*
 * Changing page-table entries on a guest's behalf: the parts of mmu_update,
 * update_va_mapping and write emulation that act.  Their permission was
 * decided by the dispatcher.
 */
#pragma once

#include "hv/base/compiler.h"
#include "hv/domain/vcpu.h"

/*
 * Write emulation: replaces the entry at linear address va, inside an L1 table
 * of the vCPU's domain that it maps read-only.  0, and *old_value is what was
 * exchanged out, with all that hardware set in it; -EAGAIN if compare was asked
 * and the entry was not *old_value (which then says what it is); -EINVAL if
 * the new entry is refused; -ENOENT if va is no such table.
 */
int mmu_write_pte(struct vcpu *vcpu, uint64_t va, uint64_t *old_value,
                  uint64_t new_value, bool compare) NODISCARD;
