/* SPDX-License-Identifier: MIT */
/* A vCPU's state as a whole: struct vcpu_guest_context of the public ABI. */
#pragma once

#include "hv/domain/vcpu.h"

/*
 * Gives a vCPU that has none yet the state at the current guest's address va;
 * *flags says VGCF_*.  0, -EEXIST, -EFAULT, -EINVAL, -ENOMEM, -ERESTART, or
 * -ESRCH: its domain dies.
 */
long vcpu_initialise(struct vcpu *vcpu, uint64_t va,
                     uint64_t *flags) NODISCARD;
/* The state of a vCPU that is stopped; *context is zeroed. */
void vcpu_context_get(const struct vcpu *vcpu,
                      struct vcpu_guest_context *context);
