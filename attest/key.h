/* SPDX-License-Identifier: MIT */
/*
 * An attestation key: which public areas are good enough for one, its TPM Name,
 * and checking its signatures. Opening a key is slow in OpenSSL 3 (five times
 * a signature check), so a key is opened once and used many times.
 */
#ifndef VOUCH_ATTEST_KEY_H
#define VOUCH_ATTEST_KEY_H

#include <openssl/evp.h>

#include "attest/hash.h"
#include "attest/tpms.h"

#define KEY_MIN_RSA_BITS 2048

/* A Name with SHA-256 as name algorithm: 000b and the digest. */
struct key_name {
    uint8_t bytes[2 + SHA256_SIZE];
};

struct attest_key {
    struct key_name name;
    uint16_t scheme;      /* the signature algorithm it must be used with */
    const char *ek_trust; /* who vouches for its TPM's EK; NULL: not said */
    EVP_PKEY *pkey;
    EVP_PKEY_CTX *verify;
};

struct key_name key_name_of(struct hasher *hasher,
                            const struct tpmt_public *public);

static inline bool key_name_equal(const struct key_name *a,
                                  const struct key_name *b)
{
    return memcmp(a->bytes, b->bytes, sizeof(a->bytes)) == 0;
}

/* KEY_WEAK, KEY_ATTRIBUTES, or NONE: fit to attest with. */
enum reason key_check(const struct tpmt_public *public);

/* Any P-256 or RSA public area as an OpenSSL key, NULL if it is none (such as
 * a point that is not on the curve). To be freed with EVP_PKEY_free. */
EVP_PKEY *key_import(const struct tpmt_public *public);

/* Checks, then opens. On failure there is nothing to close. */
enum reason key_open(struct hasher *hasher, const struct tpmt_public *public,
                     struct attest_key *out);
void key_close(struct attest_key *key);

/* As key_open, into a key that is open or all zero. A P-256 key that takes the
 * place of another costs a fifth of a new one. On failure it is closed. */
enum reason key_reopen(struct hasher *hasher, const struct tpmt_public *public,
                       struct attest_key *key);

/* Did key sign message? SIGNATURE_ALGORITHM or SIGNATURE_INVALID if not. */
enum reason key_verify(const struct attest_key *key, struct hasher *hasher,
                       struct bytes message,
                       const struct tpmt_signature *signature);

#endif
