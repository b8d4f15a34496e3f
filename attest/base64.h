/* SPDX-License-Identifier: MIT */
/*
 * RFC 4648 base64, both alphabets. Decoding is strict: no line breaks, padding
 * exactly where it belongs, unused bits zero; so one value has one spelling.
 */
#ifndef VOUCH_ATTEST_BASE64_H
#define VOUCH_ATTEST_BASE64_H

#include "lib/bytes.h"

enum base64_form {
    BASE64_STANDARD, /* section 4: + and /, padded */
    BASE64_URL,      /* section 5: - and _, not padded, as JOSE has it */
};

#define BASE64_ENCODED_SIZE(size) (((size) + 2) / 3 * 4)
#define BASE64_DECODED_SIZE(size) ((size) / 4 * 3)

/* out must have room for BASE64_ENCODED_SIZE. Returns the characters put;
 * no NUL is. */
size_t base64_encode(enum base64_form form, struct bytes in, char *out);
/* Standard form. out needs BASE64_DECODED_SIZE; false if it is not base64. */
NODISCARD bool base64_decode(struct bytes text, uint8_t *out, size_t *size);

#endif
