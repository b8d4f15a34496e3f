/* SPDX-License-Identifier: MIT */
/*
 * What the rules and constraints of a policy say about one pair of contexts,
 * worked out from the start. The matrix keeps the answers.
 */
#ifndef VOUCH_XSM_ACCESS_H
#define VOUCH_XSM_ACCESS_H

#include "xsm/policy.h"

struct access {
    uint32_t allow[XSM_CLASSES];
    uint32_t audit_allow[XSM_CLASSES];
    uint32_t audit_deny[XSM_CLASSES]; /* denials to be audited */
};

void access_compute(const struct policy *policy, struct policy_context source,
                    struct policy_context target, struct access *out);

/* The context of an object of class that source makes beside target. */
struct policy_context access_transition(const struct policy *policy,
                                        struct policy_context source,
                                        struct policy_context target,
                                        enum xsm_class class);

/* After the policy was read and after each change of a boolean. */
void conditions_update(struct policy *policy);
bool constraint_holds(const struct policy *policy,
                      const struct policy_constraint *constraint,
                      struct policy_context source,
                      struct policy_context target);

#endif
