/* SPDX-License-Identifier: MIT */
/*
 * HMAC (RFC 2104) with SHA-256. The message may come in two parts, so that
 * nobody has to copy a name and a number into one buffer first.
 */
#ifndef VOUCH_LIB_HMAC_H
#define VOUCH_LIB_HMAC_H

#include "lib/sha2.h"

struct sha256_digest hmac_sha256(struct bytes key, struct bytes message);
struct sha256_digest hmac_sha256_pair(struct bytes key, struct bytes first,
                                      struct bytes second);

/* Are they the same? Takes the same time wherever they differ. */
NODISCARD bool hmac_equal(const struct sha256_digest *a,
                          const struct sha256_digest *b);

#endif
