/* SPDX-License-Identifier: MIT */
/*
 * Model-specific registers as a guest kernel sees them: the rows of msrs.def.
 * The vCPU is current and in guest kernel mode.
 */
#pragma once

#include "hv/base/compiler.h"
#include "hv/domain/vcpu.h"

/* False: #GP. */
bool msr_read(const struct vcpu *vcpu, uint32_t msr, uint64_t *value) NODISCARD;
bool msr_write(struct vcpu *vcpu, uint32_t msr, uint64_t value) NODISCARD;
