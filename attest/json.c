/* SPDX-License-Identifier: MIT */
/* Jansson with our strictness on top; see json.h. */
#include "attest/json.h"

#include <stdlib.h>
#include <string.h>

#include "attest/base64.h"
#include "lib/text.h"

enum json_status json_read(struct bytes text, json_t **root)
{
    json_error_t error;
    *root = json_loadb((const char *)text.data, text.size,
                       JSON_REJECT_DUPLICATES, &error);
    if (*root == NULL) {
        return json_error_code(&error) == json_error_duplicate_key
                   ? JSON_STATUS_TWICE
                   : JSON_STATUS_MALFORMED;
    }
    if (!json_is_object(*root)) {
        json_decref(*root);
        *root = NULL;
        return JSON_STATUS_MALFORMED;
    }
    return JSON_STATUS_OK;
}

static bool is_listed(const char *key, const char *keys)
{
    size_t size = strlen(key);
    for (const char *at = keys; *at != 0;) {
        size_t word = strcspn(at, " ");
        if (word == size && memcmp(at, key, size) == 0) {
            return true;
        }
        at += word;
        at += strspn(at, " ");
    }
    return false;
}

void json_allow(struct json_reader *reader, const json_t *object,
                const char *keys)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)object, key, value)
    {
        if (!is_listed(key, keys)) {
            reader->failed = true;
        }
    }
}

static json_t *take(struct json_reader *reader, const json_t *object,
                    const char *key, json_type type)
{
    json_t *value = json_object_get(object, key);
    if (reader->failed || value == NULL || json_typeof(value) != type) {
        reader->failed = true;
        return NULL;
    }
    return value;
}

const char *json_take_string(struct json_reader *reader, const json_t *object,
                             const char *key)
{
    return json_string_value(take(reader, object, key, JSON_STRING));
}

json_t *json_take_array(struct json_reader *reader, const json_t *object,
                        const char *key)
{
    return take(reader, object, key, JSON_ARRAY);
}

json_t *json_take_object(struct json_reader *reader, const json_t *object,
                         const char *key)
{
    return take(reader, object, key, JSON_OBJECT);
}

uint64_t json_take_number(struct json_reader *reader, const json_t *object,
                          const char *key, uint64_t max)
{
    json_int_t value =
        json_integer_value(take(reader, object, key, JSON_INTEGER));
    if (value < 0 || (uint64_t)value > max) {
        reader->failed = true;
        return 0;
    }
    return (uint64_t)value;
}

bool json_parse_digest(const json_t *string, struct sha256_digest *out)
{
    struct bytes text =
        bytes_of(json_string_value(string), json_string_length(string));
    return text_parse_hex(text, out->bytes, sizeof(out->bytes));
}

void json_take_digest(struct json_reader *reader, const json_t *object,
                      const char *key, struct sha256_digest *out)
{
    if (!json_parse_digest(take(reader, object, key, JSON_STRING), out)) {
        reader->failed = true;
    }
}

uint8_t *json_take_base64(struct json_reader *reader, const json_t *object,
                          const char *key, struct bytes *out)
{
    const json_t *value = take(reader, object, key, JSON_STRING);
    *out = bytes_none();
    if (value == NULL) {
        return NULL;
    }
    struct bytes text =
        bytes_of(json_string_value(value), json_string_length(value));
    uint8_t *data = malloc(BASE64_DECODED_SIZE(text.size) + 1);
    if (data == NULL || !base64_decode(text, data, &out->size)) {
        reader->failed = true;
        free(data);
        *out = bytes_none();
        return NULL;
    }
    out->data = data;
    return data;
}

/* ---- writing ---- */

void json_put(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, value) != 0) {
        abort();
    }
}

void json_push(json_t *array, json_t *value)
{
    if (json_array_append_new(array, value) != 0) {
        abort();
    }
}

json_t *json_hex(struct bytes bytes)
{
    struct buffer text =
        buffer_over(malloc(2 * bytes.size + 1), 2 * bytes.size);
    if (text.data == NULL) {
        abort();
    }
    struct writer writer = writer_begin(&text);
    text_put_hex(&writer, bytes);
    json_t *string = json_stringn((const char *)text.data, text.used);
    free(text.data);
    return string;
}

json_t *json_base64(struct bytes bytes)
{
    char *text = malloc(BASE64_ENCODED_SIZE(bytes.size) + 1);
    if (text == NULL) {
        abort();
    }
    size_t size = base64_encode(BASE64_STANDARD, bytes, text);
    json_t *string = json_stringn(text, size);
    free(text);
    return string;
}

char *json_text(const json_t *root, size_t *size)
{
    char *text = json_dumps(root, JSON_INDENT(1));
    if (text == NULL) {
        abort();
    }
    *size = strlen(text);
    text = realloc(text, *size + 2);
    if (text == NULL) {
        abort();
    }
    text[(*size)++] = '\n';
    text[*size] = 0;
    return text;
}
