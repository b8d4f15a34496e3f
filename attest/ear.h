/* SPDX-License-Identifier: MIT */
/*
 * The verdict as an Entity Attestation Token: an EAR (draft-ietf-rats-ear) in
 * a JWT signed with ES256 (RFC 7519, RFC 7515), for those who rely on it
 * without having seen the evidence: it says of which guest it is, and by which
 * manifest.
 */
#ifndef VOUCH_ATTEST_EAR_H
#define VOUCH_ATTEST_EAR_H

#include <openssl/evp.h>

#include "attest/hash.h"
#include "attest/verdict.h"

#define EAR_PROFILE "tag:github.com,2023:veraison/ear"

struct ear_input {
    const struct verdict *verdict;
    struct bytes nonce;
    struct bytes manifest;
    int64_t issued_at; /* seconds since 1970 */
};

/* The token and a newline, to be given to free; NULL if signing failed. key is
 * a P-256 key of the verifier. */
char *ear_sign(EVP_PKEY *key, struct hasher *hasher,
               const struct ear_input *input, size_t *size);

#endif
