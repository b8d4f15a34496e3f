/* SPDX-License-Identifier: MIT */
/* See drbg.h. */
#include "vtpm/base/drbg.h"

#define BLOCK_SIZE 64

static void pad_key(uint8_t out[BLOCK_SIZE], const uint8_t key[SHA256_SIZE],
                    uint8_t pad)
{
    memset(out, pad, BLOCK_SIZE);
    for (size_t i = 0; i < SHA256_SIZE; i++) {
        out[i] ^= key[i];
    }
}

struct message { /* of up to three parts */
    struct bytes part[3];
};

/* HMAC-SHA-256 (FIPS 198-1) under the state's key. */
static void mac(const struct drbg *drbg, const struct message *message,
                uint8_t out[SHA256_SIZE])
{
    uint8_t block[BLOCK_SIZE];
    struct sha256_context context;
    struct sha256_digest digest;

    pad_key(block, drbg->key, 0x36);
    sha256_init(&context);
    sha256_update(&context, bytes_of(block, BLOCK_SIZE));
    for (size_t i = 0; i < 3; i++) {
        sha256_update(&context, message->part[i]);
    }
    sha256_final(&context, &digest);
    pad_key(block, drbg->key, 0x5c);
    sha256_init(&context);
    sha256_update(&context, bytes_of(block, BLOCK_SIZE));
    sha256_update(&context, sha256_bytes(&digest));
    sha256_final(&context, &digest);
    memcpy(out, digest.bytes, SHA256_SIZE);
}

static void next_value(struct drbg *drbg)
{
    struct message message = {{bytes_of(drbg->value, SHA256_SIZE)}};

    mac(drbg, &message, drbg->value);
}

static void mix(struct drbg *drbg, uint8_t round, struct bytes provided)
{
    struct message message = {
        {bytes_of(drbg->value, SHA256_SIZE), bytes_of(&round, 1), provided}};

    mac(drbg, &message, drbg->key);
    next_value(drbg);
}

/* HMAC_DRBG_Update, 10.1.2.2. */
static void update(struct drbg *drbg, struct bytes provided)
{
    mix(drbg, 0, provided);
    if (provided.size != 0) {
        mix(drbg, 1, provided);
    }
}

void drbg_init(struct drbg *drbg, struct bytes seed)
{
    memset(drbg->key, 0, SHA256_SIZE);
    memset(drbg->value, 1, SHA256_SIZE);
    update(drbg, seed);
}

void drbg_reseed(struct drbg *drbg, struct bytes entropy)
{
    update(drbg, entropy);
}

void drbg_generate(struct drbg *drbg, struct buffer *out)
{
    while (buffer_room(out) != 0) {
        size_t size =
            buffer_room(out) < SHA256_SIZE ? buffer_room(out) : SHA256_SIZE;

        next_value(drbg);
        memcpy(out->data + out->used, drbg->value, size);
        out->used += size;
    }
    update(drbg, bytes_none());
}
