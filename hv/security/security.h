/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's security server: the loaded policy, the one question, and
 * the audit of refusals.  Only the dispatchers (hv/hypercall) and the
 * emulation tables ask; handlers never do.
 */
#pragma once

#include "hv/base/compiler.h"
#include "hv/domain/domain.h"
#include "lib/bytes.h"
#include "xsm/xsm.h"

/* The policy in force, constant after boot. */
extern struct xsm security_policy;

/* Loads the policy module or refuses to boot, naming section, offset and name. */
void security_init(struct bytes module, bool enforcing);

/* What was asked, for the audit line. */
struct security_question {
    label_t source, target;
    struct xsm_perm permission;
    domid_t source_id, target_id;
    const char *operation; // "event_channel_op.bind_interdomain"
};
/*
 * Writes the refusal (or the auditallow) to the audit ring and the console,
 * within the domain's rate.  Returns whether to go on (permissive mode).
 */
bool security_refused(const struct security_question *question);

/*
 * A reference on the label that a SID from outside names; false if it names
 * none, or the one of what has no label.
 */
bool security_label_get(uint32_t sid, label_t *out) NODISCARD;
/* The label of a context "user:role:type": takes a reference. */
bool security_label_of(struct bytes context, label_t *out) NODISCARD;
void security_label_put(label_t label);
/* Its context with a NUL behind; empty if that is longer than size. */
void security_label_text(label_t label, char *text, size_t size);
/* xsm_label_transition(): takes a reference.  False if there is no such. */
bool security_label_transition(label_t source, label_t target,
                               enum xsm_class class, label_t *out) NODISCARD;
/*
 * The label of an end that domain has, or will have, of a channel to peer; the
 * domain keeps it.  False: the policy has none, or the domain has too many.
 */
bool security_end_label(struct domain *domain, const struct domain *peer,
                        label_t *out) NODISCARD;
/* Drops those that it kept; nobody can find the domain any more. */
void security_domain_forget(struct domain *domain);
