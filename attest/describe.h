/* SPDX-License-Identifier: MIT */
/* What an event says, as one line of printable text. */
#ifndef VOUCH_ATTEST_DESCRIBE_H
#define VOUCH_ATTEST_DESCRIBE_H

#include "attest/tcg.h"

/* At most size - 1 characters and a NUL. */
void describe_event(const struct tcg_event *event, char *out, size_t size);
#define UUID_TEXT_SIZE 37 /* RFC 9562, 4, and a NUL */
void describe_uuid(const uint8_t uuid[16], char out[UUID_TEXT_SIZE]);
void describe_digest(const struct sha256_digest *digest, char out[65]);

#endif
