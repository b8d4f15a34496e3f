/* SPDX-License-Identifier: MIT */
/*
 * SHA-256 by OpenSSL, with its method and context fetched once: in OpenSSL 3
 * the fetch costs more than hashing a short event. A hasher serves one thread.
 */
#ifndef VOUCH_ATTEST_HASH_H
#define VOUCH_ATTEST_HASH_H

#include <openssl/evp.h>

#include "lib/bytes.h"
#include "lib/sha2.h"

struct hasher {
    EVP_MD *method;
    EVP_MD_CTX *context;
};

/* False if OpenSSL has no SHA-256 for us. */
NODISCARD bool hasher_init(struct hasher *hasher);
void hasher_free(struct hasher *hasher);

struct sha256_digest hash_bytes(struct hasher *hasher, struct bytes message);
/* The hash of a followed by b. */
struct sha256_digest hash_pair(struct hasher *hasher, struct bytes a,
                               struct bytes b);

#endif
