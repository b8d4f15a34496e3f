/* SPDX-License-Identifier: MIT */
/*
 * HMAC_DRBG with SHA-256 (NIST SP 800-90A Rev. 1, 10.1.2), without additional
 * input. Its state tells nothing about what it gave before. Pure: where the
 * entropy comes from is random.c's business.
 */
#ifndef VOUCH_VTPM_BASE_DRBG_H
#define VOUCH_VTPM_BASE_DRBG_H

#include "lib/sha2.h"

#define DRBG_REQUEST_MAX 65536 /* bytes of one drbg_generate(), table 2 */

struct drbg {
    uint8_t key[SHA256_SIZE], value[SHA256_SIZE];
};

/* seed: entropy input, nonce and personalization string, one after another. */
void drbg_init(struct drbg *drbg, struct bytes seed);
void drbg_reseed(struct drbg *drbg, struct bytes entropy);
/* Fills the buffer, which has at most DRBG_REQUEST_MAX bytes of room. */
void drbg_generate(struct drbg *drbg, struct buffer *out);

#endif
