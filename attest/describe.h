/* SPDX-License-Identifier: MIT */
/* What an event says, as one line of printable text. */
#ifndef VOUCH_ATTEST_DESCRIBE_H
#define VOUCH_ATTEST_DESCRIBE_H

#include "attest/tcg.h"

/* At most size - 1 characters and a NUL. */
void describe_event(const struct tcg_event *event, char *out, size_t size);
void describe_digest(const struct sha256_digest *digest, char out[65]);

#endif
