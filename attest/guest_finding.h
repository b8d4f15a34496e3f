/* SPDX-License-Identifier: MIT */
/* Findings and rows about records of the hypervisor's run-time log. */
#ifndef VOUCH_ATTEST_GUEST_FINDING_H
#define VOUCH_ATTEST_GUEST_FINDING_H

#include "attest/compare.h"
#include "attest/runtime.h"

/* record: what it is about, or NULL. */
void guest_finding_add(struct comparison *comparison, enum component component,
                       enum reason reason, const struct runtime_record *record);

/* The expected digest and the found one: a row and, if they differ, a
 * finding. */
void guest_finding_compare(struct comparison *comparison,
                           enum component component, enum reason reason,
                           const struct sha256_digest digests[2],
                           const struct runtime_record *record);

#endif
