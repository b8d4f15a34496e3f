/* SPDX-License-Identifier: MIT */
/*
 * Page-table roots: every L4 carries the hypervisor's 16 slots, and a vCPU
 * holds references on the kernel and user roots it uses.
 */
#pragma once

#include "hv/base/compiler.h"
#include "hv/base/layout.h"
#include "hv/domain/vcpu.h"

/* Puts our entries into slots 256..271; the M2P slot is left out until the
 * table is used as a kernel root. */
void root_install_hypervisor(uint64_t *l4);

/*
 * MMUEXT_NEW_BASEPTR and NEW_USER_BASEPTR for the vCPU, which is current or
 * not running.  mm_lock held.  0, -EINVAL, -ERESTART.
 */
int vcpu_set_kernel_root(struct vcpu *vcpu, mfn_t mfn) NODISCARD;
int vcpu_set_user_root(struct vcpu *vcpu, mfn_t mfn) NODISCARD;
/* Drops both roots' references; the vCPU must not be running. */
void vcpu_drop_roots(struct vcpu *vcpu);

/*
 * The address of the L1 slot that maps va in the vCPU's kernel root, and its
 * table's frame, or NULL where no L1 table does.  mm_lock held.
 */
uint64_t *root_find_l1(const struct vcpu *vcpu, uint64_t va,
                       struct page **l1_page);
