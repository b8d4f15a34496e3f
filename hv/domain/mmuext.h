/* SPDX-License-Identifier: MIT */
/* What others need of mmuext.c; its handlers are rows of hypercalls.def. */
#pragma once

#include "hv/domain/domain.h"

/*
 * Flushes the CPUs on which vCPUs of the domain run: those of the guest's
 * bitmap at bitmap_va, or all if it is 0.  0 or -EFAULT.
 */
int vcpus_flush(struct domain *domain, uint64_t bitmap_va) NODISCARD;
/* Those on which any vCPU of the domain runs. */
void domain_flush(const struct domain *domain);
