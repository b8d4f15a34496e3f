/* SPDX-License-Identifier: MIT */
/*
 * HMAC with SHA-256 (RFC 2104, FIPS 198-1). What was made of the key is wiped
 * before it is left on the stack.
 */
#include "lib/hmac.h"

#define BLOCK_SIZE 64
#define INNER_PAD  0x36
#define OUTER_PAD  0x5c

static void pad_key(uint8_t block[BLOCK_SIZE], struct bytes key, uint8_t pad)
{
    memset(block, 0, BLOCK_SIZE);
    if (key.size > BLOCK_SIZE) {
        struct sha256_digest digest = sha256_of(key);
        memcpy(block, digest.bytes, SHA256_SIZE);
    } else if (key.size != 0) {
        memcpy(block, key.data, key.size);
    }
    for (size_t i = 0; i < BLOCK_SIZE; i++) {
        block[i] ^= pad;
    }
}

struct sha256_digest hmac_sha256_pair(struct bytes key, struct bytes first,
                                      struct bytes second)
{
    uint8_t block[BLOCK_SIZE];
    struct sha256_context context;
    struct sha256_digest digest;
    pad_key(block, key, INNER_PAD);
    sha256_init(&context);
    sha256_update(&context, bytes_of(block, sizeof(block)));
    sha256_update(&context, first);
    sha256_update(&context, second);
    sha256_final(&context, &digest);

    pad_key(block, key, OUTER_PAD);
    sha256_init(&context);
    sha256_update(&context, bytes_of(block, sizeof(block)));
    sha256_update(&context, sha256_bytes(&digest));
    sha256_final(&context, &digest);
    memset(block, 0, sizeof(block));
    return digest;
}

struct sha256_digest hmac_sha256(struct bytes key, struct bytes message)
{
    return hmac_sha256_pair(key, message, bytes_none());
}

bool hmac_equal(const struct sha256_digest *a, const struct sha256_digest *b)
{
    uint8_t difference = 0;
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        difference |= a->bytes[i] ^ b->bytes[i];
    }
    return difference == 0;
}
