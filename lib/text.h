/* SPDX-License-Identifier: MIT */
/*
 * Numbers, digests, UUIDs as text, and back. Parsing is strict: one canonical
 * spelling per value, no sign, no leading zero, lower-case hexadecimal.
 */
#ifndef VOUCH_LIB_TEXT_H
#define VOUCH_LIB_TEXT_H

#include "lib/bytes.h"

void text_put(struct writer *writer, const char *text);
void text_put_decimal(struct writer *writer, uint64_t value);
void text_put_hex(struct writer *writer, struct bytes bytes);
/* RFC 9562, 4. */
void text_put_uuid(struct writer *writer, const uint8_t uuid[16]);

/* All characters between space and tilde. */
bool text_is_printable(struct bytes text);

/* Does text start with prefix? Then *rest is what follows it. */
NODISCARD bool text_take_prefix(struct bytes text, const char *prefix,
                                struct bytes *rest);
NODISCARD bool text_parse_decimal(struct bytes text, uint64_t *out);
/* Exactly 2 * size digits into size bytes at out. */
NODISCARD bool text_parse_hex(struct bytes text, uint8_t *out, size_t size);

#endif
