/* SPDX-License-Identifier: MIT */
/*
 * One evidence file: a JSON object with a quote, its signature, the public key,
 * the event log and the PCR values, all but the last in the TPM's own form.
 * A guest's evidence has the same of the guest's TPM beside the platform's, and
 * the path that ties the two together. Nothing in it is trusted; what is not
 * signed must follow from what is.
 */
#ifndef VOUCH_ATTEST_EVIDENCE_H
#define VOUCH_ATTEST_EVIDENCE_H

#include <jansson.h>

#include "attest/merkle.h"
#include "attest/reason.h"
#include "lib/bytes.h"
#include "lib/sha2.h"

#define EVIDENCE_FORMAT       "vouch-evidence-1" /* of a platform alone */
#define EVIDENCE_GUEST_FORMAT "vouch-evidence-2" /* of a guest on it */
#define EVIDENCE_MAX_SIZE     (8u << 20)
#define EVIDENCE_PCRS         24

/* What a guest's own TPM says. */
struct evidence_guest {
    struct bytes quote;     /* TPMS_ATTEST */
    struct bytes signature; /* TPMT_SIGNATURE */
    struct bytes public;    /* TPM2B_PUBLIC of the AK */
    struct bytes ek;        /* TPM2B_PUBLIC */
    struct bytes log;       /* may be empty */
};

struct evidence {
    struct bytes quote;       /* TPMS_ATTEST */
    struct bytes signature;   /* TPMT_SIGNATURE */
    struct bytes public;      /* TPM2B_PUBLIC */
    struct bytes certificate; /* of the EK, X.509 DER; may be empty */
    struct bytes log;
    uint32_t selection; /* the PCRs that the quote is said to cover */
    bool has_values;
    struct sha256_digest values[EVIDENCE_PCRS]; /* those in selection */
    bool has_guest;
    struct evidence_guest guest;
    struct merkle_path proof; /* from the guest's quote to the platform's */
    void *memory; /* what the bytes point into, if evidence_parse made it */
};

/* EVIDENCE_MALFORMED, EVIDENCE_DUPLICATE_KEY or EVIDENCE_VERSION: then there
 * is nothing to free. */
enum reason evidence_parse(struct bytes text, struct evidence *out);
void evidence_free(struct evidence *evidence);

/* As text, to be given to free. */
char *evidence_format(const struct evidence *evidence, size_t *size);

#endif
