/* SPDX-License-Identifier: MIT */
/*
 * TPM2_MakeCredential in software (TPM 2.0 Library, Part 1, clause 24): a
 * secret that only the TPM with this EK can read, and only while it has the
 * object with this Name loaded. Made outside of the TPM that is to prove it.
 */
#ifndef VOUCH_ATTEST_CREDENTIAL_H
#define VOUCH_ATTEST_CREDENTIAL_H

#include "attest/key.h"

#define CREDENTIAL_SECRET_SIZE 32
#define CREDENTIAL_MAX_BLOB    128
#define CREDENTIAL_MAX_SEED    512

struct credential {
    uint8_t blob[CREDENTIAL_MAX_BLOB]; /* TPM2B_ID_OBJECT without its size */
    size_t blob_size;
    uint8_t seed[CREDENTIAL_MAX_SEED]; /* TPM2B_ENCRYPTED_SECRET without it */
    size_t seed_size;
};

/* secret has CREDENTIAL_SECRET_SIZE bytes. ek: an RSA or P-256 storage key with
 * SHA-256 and AES-128-CFB, as the TCG EK Credential Profile's templates L-1 and
 * L-2 make. */
NODISCARD bool credential_make(EVP_PKEY *ek, const struct key_name *name,
                               const uint8_t *secret, struct credential *out);

#endif
