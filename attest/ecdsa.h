/* SPDX-License-Identifier: MIT */
/* Signatures of SHA-256 digests by P-256 keys, in DER. */
#ifndef VOUCH_ATTEST_ECDSA_H
#define VOUCH_ATTEST_ECDSA_H

#include <openssl/evp.h>

#include "lib/sha2.h"

#define ECDSA_MAX_SIGNATURE 80

struct ecdsa_signature {
    uint8_t bytes[ECDSA_MAX_SIGNATURE];
    size_t size;
};

NODISCARD bool ecdsa_sign(EVP_PKEY *key, const struct sha256_digest *digest,
                          struct ecdsa_signature *out);
NODISCARD bool ecdsa_verify(EVP_PKEY *key, const struct sha256_digest *digest,
                            struct bytes signature);

#endif
