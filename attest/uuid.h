/* SPDX-License-Identifier: MIT */
/* UUIDs as strings, and back: RFC 9562, 4, in lower case only. */
#ifndef VOUCH_ATTEST_UUID_H
#define VOUCH_ATTEST_UUID_H

#include "lib/bytes.h"

#define UUID_SIZE      16
#define UUID_TEXT_SIZE 37 /* with the NUL */

void uuid_text(const uint8_t uuid[UUID_SIZE], char out[UUID_TEXT_SIZE]);
NODISCARD bool uuid_parse(struct bytes text, uint8_t uuid[UUID_SIZE]);

#endif
