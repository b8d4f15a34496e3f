/* SPDX-License-Identifier: MIT */
/* A domain's beginning; its sudden end, domain_crash(), is in vcpu.h. */
#pragma once

#include "hv/domain/domain.h"

/* A domain under this label, paused, without memory.  NULL: no memory. */
struct domain *domain_create(domid_t id, uint32_t vcpu_count, label_t label);
