/* SPDX-License-Identifier: MIT */
/* Hexadecimal text, read: lower case only, as lib/text.h writes it. */
#ifndef VOUCH_ATTEST_HEX_H
#define VOUCH_ATTEST_HEX_H

#include "lib/bytes.h"

/* Exactly 2 * size characters of 0-9a-f into size bytes at out. */
NODISCARD bool hex_parse(struct bytes text, uint8_t *out, size_t size);

#endif
