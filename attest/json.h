/* SPDX-License-Identifier: MIT */
/*
 * Strict reading of JSON that somebody may have forged: a key twice in one
 * object, a key that we do not know, or a member of another type is an error.
 * A reader remembers the first, so a caller takes all members and looks once.
 */
#ifndef VOUCH_ATTEST_JSON_H
#define VOUCH_ATTEST_JSON_H

#include <jansson.h>

#include "lib/bytes.h"
#include "lib/sha2.h"

enum json_status { JSON_STATUS_OK, JSON_STATUS_MALFORMED, JSON_STATUS_TWICE };

/* *root is a JSON object, to be given to json_decref. */
NODISCARD enum json_status json_read(struct bytes text, json_t **root);

struct json_reader {
    bool failed;
    const struct lift *lift; /* where evidence's long strings are */
};

/* object must have no keys but these (separated by spaces). */
void json_allow(struct json_reader *reader, const json_t *object,
                const char *keys);
/* Members that must be there; NULL, none or 0 after a failure. Strings live as
 * long as the object. */
const char *json_take_string(struct json_reader *reader, const json_t *object,
                             const char *key);
json_t *json_take_array(struct json_reader *reader, const json_t *object,
                        const char *key);
json_t *json_take_object(struct json_reader *reader, const json_t *object,
                         const char *key);
uint64_t json_take_number(struct json_reader *reader, const json_t *object,
                          const char *key, uint64_t max);
void json_take_digest(struct json_reader *reader, const json_t *object,
                      const char *key, struct sha256_digest *out);
/* Base64. The result is to be given to free. */
uint8_t *json_take_base64(struct json_reader *reader, const json_t *object,
                          const char *key, struct bytes *out);
bool json_parse_digest(const json_t *string, struct sha256_digest *out);

/* ---- writing; a failure to allocate stops the program ---- */

void json_put(json_t *object, const char *key, json_t *value);
void json_push(json_t *array, json_t *value);
json_t *json_hex(struct bytes bytes);
json_t *json_base64(struct bytes bytes);
/* Text for people and programs, with a newline; to be given to free. */
char *json_text(const json_t *root, size_t *size);

#endif
