/* SPDX-License-Identifier: MIT */
/*
 * SHA-256 (FIPS 180-4) in general registers only. A context lives where the
 * caller puts it; final() wipes it.
 */
#ifndef VOUCH_LIB_SHA2_H
#define VOUCH_LIB_SHA2_H

#include "lib/bytes.h"

#define SHA256_SIZE 32

struct sha256_digest {
    uint8_t bytes[SHA256_SIZE];
};

struct sha256_context {
    uint32_t state[8];
    uint64_t size; /* bytes given so far */
    uint8_t block[64];
};

void sha256_init(struct sha256_context *context);
void sha256_update(struct sha256_context *context, struct bytes message);
void sha256_final(struct sha256_context *context, struct sha256_digest *out);
struct sha256_digest sha256_of(struct bytes message);

static inline bool sha256_equal(const struct sha256_digest *a,
                                const struct sha256_digest *b)
{
    return memcmp(a->bytes, b->bytes, SHA256_SIZE) == 0;
}

static inline struct bytes sha256_bytes(const struct sha256_digest *digest)
{
    return bytes_of(digest->bytes, SHA256_SIZE);
}

#endif
