/* SPDX-License-Identifier: MIT */
/*
 * What CPUID says to a guest: the host's answer, reduced to the features that
 * cpuid.def names, and the hypervisor's own leaves at 0x40000000.
 */
#pragma once

#include "hv/domain/domain.h"

enum { CPUID_EAX, CPUID_EBX, CPUID_ECX, CPUID_EDX };

/* After features_init(), before any guest runs. */
void cpuid_init(void);

/* vcpu may be NULL: then as for one that enabled all states it may. */
void cpuid_for_domain(const struct domain *domain, const struct vcpu *vcpu,
                      uint32_t leaf, uint32_t subleaf, uint32_t out[4]);
