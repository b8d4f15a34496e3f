/* SPDX-License-Identifier: MIT */
/* All binary members are decoded into one block, as long as the file at most.
 */
#include "attest/evidence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attest/base64.h"
#include "attest/evidence_parts.h"
#include "attest/lift.h"

#define BANK_NAME "sha256"

void evidence_take_member(struct json_reader *reader, const json_t *object,
                          const char *key, struct buffer *buffer,
                          struct bytes *out)
{
    const json_t *value = json_object_get(object, key);
    size_t size = 0;
    *out = bytes_none();
    if (value == NULL) {
        return;
    }
    if (!json_is_string(value)) {
        reader->failed = true;
        return;
    }
    struct bytes text =
        lift_find(reader->lift, bytes_of(json_string_value(value),
                                         json_string_length(value)));
    uint8_t *at = buffer->data + buffer->used;
    if (BASE64_DECODED_SIZE(text.size) > buffer_room(buffer) ||
        !base64_decode(text, at, &size)) {
        reader->failed = true;
        return;
    }
    buffer->used += size;
    *out = bytes_of(at, size);
}

/* {"bank": "sha256", "pcrs": [0, 1, ...]}, ascending */
static uint32_t take_selection(struct json_reader *reader, const json_t *root)
{
    uint32_t selection = 0;
    const json_t *object = json_take_object(reader, root, "selection");
    json_allow(reader, object, "bank pcrs");
    const char *bank = json_take_string(reader, object, "bank");
    const json_t *list = json_take_array(reader, object, "pcrs");
    if (bank == NULL || strcmp(bank, BANK_NAME) != 0) {
        reader->failed = true;
    }
    for (size_t i = 0; i < json_array_size(list); i++) {
        const json_t *item = json_array_get(list, i);
        json_int_t pcr = json_integer_value(item);
        if (!json_is_integer(item) || pcr < 0 || pcr >= EVIDENCE_PCRS ||
            (selection >> pcr) != 0) {
            reader->failed = true;
            return 0;
        }
        selection |= 1u << pcr;
    }
    return selection;
}

/* {"0": "hex", ...}: exactly the selected ones */
static void take_values(struct json_reader *reader, const json_t *root,
                        struct evidence *out)
{
    size_t count = 0;
    char name[8];
    if (json_object_get(root, "pcrs") == NULL) {
        return;
    }
    const json_t *object = json_take_object(reader, root, "pcrs");
    for (unsigned pcr = 0; pcr < EVIDENCE_PCRS; pcr++) {
        if ((out->selection >> pcr & 1) != 0) {
            snprintf(name, sizeof(name), "%u", pcr);
            json_take_digest(reader, object, name, &out->values[pcr]);
            count++;
        }
    }
    reader->failed |= json_object_size(object) != count;
    out->has_values = true;
}

static void take_platform(struct json_reader *reader, const json_t *object,
                          struct buffer *buffer, struct evidence *out)
{
    evidence_take_member(reader, object, "quote", buffer, &out->quote);
    evidence_take_member(reader, object, "signature", buffer, &out->signature);
    evidence_take_member(reader, object, "ak", buffer, &out->public);
    evidence_take_member(reader, object, "ek_certificate", buffer,
                         &out->certificate);
    evidence_take_member(reader, object, "log", buffer, &out->log);
    out->selection = take_selection(reader, object);
    take_values(reader, object, out);
}

#define PLATFORM_MEMBERS "quote signature ak ek_certificate log selection pcrs"

static void take_both(struct json_reader *reader, const json_t *root,
                      struct buffer *buffer, struct evidence *out)
{
    const json_t *platform = json_take_object(reader, root, "platform");
    json_allow(reader, root, "format platform proof guest");
    json_allow(reader, platform, PLATFORM_MEMBERS);
    take_platform(reader, platform, buffer, out);
    evidence_take_guest(reader, root, buffer, out);
}

/* text: all of the file. */
static enum reason take_evidence(const json_t *root, struct bytes text,
                                 const struct lift *lift, struct evidence *out)
{
    struct json_reader reader = {.lift = lift};
    const char *format = json_take_string(&reader, root, "format");
    if (reader.failed) {
        return REASON_EVIDENCE_MALFORMED;
    }
    bool has_guest = strcmp(format, EVIDENCE_GUEST_FORMAT) == 0;
    if (!has_guest && strcmp(format, EVIDENCE_FORMAT) != 0) {
        return REASON_EVIDENCE_VERSION;
    }
    out->memory = malloc(text.size + 1);
    if (out->memory == NULL) {
        abort();
    }
    struct buffer buffer = buffer_over(out->memory, text.size);
    if (has_guest) {
        take_both(&reader, root, &buffer, out);
    } else {
        json_allow(&reader, root, "format " PLATFORM_MEMBERS);
        take_platform(&reader, root, &buffer, out);
    }
    return reader.failed ? REASON_EVIDENCE_MALFORMED : REASON_NONE;
}

static enum json_status read_lifted(struct bytes text, struct lift *lift,
                                    json_t **root)
{
    uint8_t *shorter = malloc(text.size + 1);
    if (shorter == NULL) {
        abort();
    }
    size_t size = lift_strings(text, shorter, lift);
    enum json_status status = json_read(bytes_of(shorter, size), root);
    free(shorter);
    return status;
}

enum reason evidence_parse(struct bytes text, struct evidence *out)
{
    json_t *root;
    struct lift lift;
    *out = (struct evidence){0};
    if (text.size > EVIDENCE_MAX_SIZE) {
        return REASON_EVIDENCE_MALFORMED;
    }
    switch (read_lifted(text, &lift, &root)) {
    case JSON_STATUS_OK:
        break;
    case JSON_STATUS_TWICE:
        return REASON_EVIDENCE_DUPLICATE_KEY;
    case JSON_STATUS_MALFORMED:
        return REASON_EVIDENCE_MALFORMED;
    }
    enum reason reason = take_evidence(root, text, &lift, out);
    json_decref(root);
    if (reason != REASON_NONE) {
        evidence_free(out);
    }
    return reason;
}

void evidence_free(struct evidence *evidence)
{
    free(evidence->memory);
    *evidence = (struct evidence){0};
}

static void put_platform(json_t *to, const struct evidence *evidence)
{
    json_t *selection = json_object();
    json_t *pcrs = json_array(), *values = json_object();
    char name[8];
    for (unsigned pcr = 0; pcr < EVIDENCE_PCRS; pcr++) {
        if ((evidence->selection >> pcr & 1) != 0) {
            snprintf(name, sizeof(name), "%u", pcr);
            json_push(pcrs, json_integer(pcr));
            json_put(values, name,
                     json_hex(sha256_bytes(&evidence->values[pcr])));
        }
    }
    json_put(selection, "bank", json_string(BANK_NAME));
    json_put(selection, "pcrs", pcrs);
    json_put(to, "quote", json_base64(evidence->quote));
    json_put(to, "signature", json_base64(evidence->signature));
    json_put(to, "ak", json_base64(evidence->public));
    if (evidence->certificate.size != 0) {
        json_put(to, "ek_certificate", json_base64(evidence->certificate));
    }
    json_put(to, "selection", selection);
    if (evidence->has_values) {
        json_put(to, "pcrs", values);
    } else {
        json_decref(values);
    }
    json_put(to, "log", json_base64(evidence->log));
}

char *evidence_format(const struct evidence *evidence, size_t *size)
{
    json_t *root = json_object();
    if (evidence->has_guest) {
        json_t *platform = json_object();
        put_platform(platform, evidence);
        json_put(root, "format", json_string(EVIDENCE_GUEST_FORMAT));
        json_put(root, "platform", platform);
        evidence_put_guest(root, evidence);
    } else {
        json_put(root, "format", json_string(EVIDENCE_FORMAT));
        put_platform(root, evidence);
    }
    char *text = json_text(root, size);
    json_decref(root);
    return text;
}
