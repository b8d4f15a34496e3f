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

/*
 * domain may be NULL: what a domain sees whose toolstack hides nothing.  vcpu
 * may be NULL: then as for one that enabled all states it may.
 */
void cpuid_for_domain(const struct domain *domain, const struct vcpu *vcpu,
                      uint32_t leaf, uint32_t subleaf, uint32_t out[4]);

/*
 * The words of feature bits, of which there are CPUID_WORDS, in the order of
 * the public ABI's featureset; one beyond is 0.
 */
uint32_t cpuid_word(const struct domain *domain, unsigned int word);
/* Which of them a register of a leaf is, or CPUID_WORDS. */
unsigned int cpuid_find_word(uint32_t leaf, uint32_t subleaf,
                             unsigned int reg);
