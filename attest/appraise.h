/* SPDX-License-Identifier: MIT */
/*
 * From evidence to verdict: the quote, then the log against the quoted PCRs,
 * then the log against the reference values. Evidence of a guest begins with
 * the guest's quote and the path from there, and ends with what the log tells
 * of the guest and its vTPM. Each step relies on those before it, and nothing
 * is accepted that no step explained.
 */
#ifndef VOUCH_ATTEST_APPRAISE_H
#define VOUCH_ATTEST_APPRAISE_H

#include "attest/compare.h"
#include "attest/evidence.h"
#include "attest/reference.h"
#include "attest/runtime.h"
#include "attest/verdict.h"

/* Working space for one thread; no result of one appraisal is kept in it. */
struct appraiser {
    struct hasher hasher;
    struct replay replay, guest; /* the platform's log and the guest's */
    struct runtime runtime;
    struct attest_key guest_key;
    struct compare_stream stream;
};

/* NULL if OpenSSL has no SHA-256 for us. */
struct appraiser *appraiser_create(void);
void appraiser_destroy(struct appraiser *appraiser);

void appraise(struct appraiser *appraiser, const struct reference *reference,
              const struct evidence *evidence, struct bytes nonce,
              struct verdict *out);

/* A verdict for what failed before there was anything to appraise. */
void appraise_refuse(enum component component, enum reason reason,
                     struct verdict *out);

#endif
