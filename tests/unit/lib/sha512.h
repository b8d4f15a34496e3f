/* SPDX-License-Identifier: MIT */
/* SHA-384 and SHA-512 (FIPS 180-4), for the further banks of a test's TPM. */
#ifndef VOUCH_TESTS_SHA512_H
#define VOUCH_TESTS_SHA512_H

#include "lib/bytes.h"

#define SHA384_SIZE 48
#define SHA512_SIZE 64

struct sha384_digest {
    uint8_t bytes[SHA384_SIZE];
};

struct sha512_digest {
    uint8_t bytes[SHA512_SIZE];
};

struct sha384_digest sha384_of(struct bytes message);
struct sha512_digest sha512_of(struct bytes message);

#endif
