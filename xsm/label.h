/* SPDX-License-Identifier: MIT */
/*
 * The table of labels: at most as many as the matrix has room for, one per
 * context. A label without references stays valid, because tools hold SIDs as
 * numbers, until its place is needed; then the longest unused one goes.
 */
#ifndef VOUCH_XSM_LABEL_H
#define VOUCH_XSM_LABEL_H

#include "xsm/policy.h"

struct xsm_label {
    struct policy_context context; /* user 0: not in use */
    uint32_t references;
    uint64_t put_at; /* when the last reference went, in puts */
};

struct xsm_labels {
    struct xsm_label *list;
    uint32_t capacity;
    uint64_t puts;
};

NODISCARD bool labels_init(struct xsm *xsm, uint16_t labels);

/* Give the initial SIDs their labels. */
NODISCARD enum xsm_status labels_start(struct xsm *xsm);

/* Work the whole matrix out again, in place. */
NODISCARD enum xsm_status labels_rebuild(struct xsm *xsm);

NODISCARD enum xsm_status
label_of_context(struct xsm *xsm, struct policy_context context, label_t *out);

static inline struct xsm_label *label_entry(const struct xsm *xsm,
                                            label_t label)
{
    return &xsm->labels->list[label.index & xsm->mask];
}

#endif
