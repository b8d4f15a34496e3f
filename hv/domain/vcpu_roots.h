/* SPDX-License-Identifier: MIT */
/* A vCPU holds references on the kernel and user roots it uses. */
#pragma once

#include "hv/base/compiler.h"
#include "hv/domain/vcpu.h"

/*
 * MMUEXT_NEW_BASEPTR and NEW_USER_BASEPTR for the vCPU, which is current or
 * not running.  memory.lock held.  0, -EINVAL, -ERESTART.
 */
int vcpu_set_kernel_root(struct vcpu *vcpu, mfn_t mfn) NODISCARD;
int vcpu_set_user_root(struct vcpu *vcpu, mfn_t mfn) NODISCARD;
/* One of the two at the current vCPU's own wish; takes the lock. */
int vcpu_change_root(struct vcpu *vcpu, mfn_t mfn,
                     int (*set)(struct vcpu *, mfn_t)) NODISCARD;
/* Roots, GDT and LDT, of one that is not running.  memory.lock held. */
void vcpu_drop_tables(struct vcpu *vcpu);
