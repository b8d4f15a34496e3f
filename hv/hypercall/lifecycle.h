/* SPDX-License-Identifier: MIT */
/* A domain's beginning and end; its sudden end, domain_crash(), is in vcpu.h. */
#pragma once

#include "hv/domain/domain.h"

struct domain_config {
    domid_t id; /* DOMID_INVALID: the next in turn */
    label_t label;
    uint32_t max_vcpus;
    uint32_t ports; /* how many it may have; 0: EVTCHN_PORTS */
    int32_t max_grant_frames, max_maptrack_frames; /* below 0: the default */
};

/*
 * A domain without vCPUs and memory, which cannot be found by its id yet
 * (is_complete).  0 and a reference in *out, or -EINVAL, -ENOMEM.
 */
int domain_create(const struct domain_config *config,
                  struct domain **out) NODISCARD;
/* Makes all its vCPUs, down.  0, -ENOMEM, or -ESRCH: it dies. */
int domain_make_vcpus(struct domain *domain) NODISCARD;
/*
 * Ends the domain, as far as one call may go: 0 when what is left is only what
 * others have mapped, or -ERESTART.
 */
int domain_kill(struct domain *domain) NODISCARD;
