/* SPDX-License-Identifier: MIT */
/*
 * The signed envelope around reference values, and the operator's key. What is
 * signed are the payload's exact bytes with a prefix of our own, so there is
 * no canonical form to get wrong, and no other signature can be taken for one.
 */
#ifndef VOUCH_ATTEST_MANIFEST_H
#define VOUCH_ATTEST_MANIFEST_H

#include <openssl/evp.h>

#include "attest/reason.h"
#include "attest/reference.h"

#define MANIFEST_FORMAT "vouch-manifest-1"

/* P-256 keys in PEM: PKCS #8 and SubjectPublicKeyInfo. NULL if it is none. */
EVP_PKEY *manifest_read_private(struct bytes pem);
EVP_PKEY *manifest_read_public(struct bytes pem);

/* The manifest as text, to be given to free; NULL if signing failed. */
char *manifest_sign(EVP_PKEY *key, struct hasher *hasher, const json_t *payload,
                    size_t *size);

/* Check the envelope with key (NULL: do not, for showing only) and parse its
 * payload. *payload is to be given to json_decref. */
enum reason manifest_open(EVP_PKEY *key, struct hasher *hasher,
                          struct bytes text, json_t **payload);

/* Open and load. now: seconds since 1970, 0 if there is no clock. */
enum reason manifest_load(EVP_PKEY *key, struct hasher *hasher,
                          struct bytes text, int64_t now,
                          struct reference *out);

#endif
