/* SPDX-License-Identifier: MIT */
/*
 * From the hypervisor's log to the guest's key: which domains were launched as
 * vTPMs and from what, which of them registered the key, for which guest, and
 * what that guest was launched with afterwards. Each step is a record in a PCR
 * that nobody but the hypervisor extends.
 */
#ifndef VOUCH_ATTEST_GUEST_CHAIN_H
#define VOUCH_ATTEST_GUEST_CHAIN_H

#include "attest/compare.h"
#include "attest/guest_quote.h"
#include "attest/runtime.h"

struct guest_chain {
    struct comparison *comparison; /* takes the findings */
    const struct evidence_guest *evidence;
    const struct guest_quote *quote;
    struct replay *work; /* for the guest's log */
};

/* Is each vTPM of the log one of the manifest's? A manifest that has none asks
 * nothing. */
void guest_chain_check_vtpms(struct comparison *comparison);

/* All that is said above of one guest. */
void guest_chain_check(const struct guest_chain *chain);

#endif
