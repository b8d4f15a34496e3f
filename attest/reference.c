/* SPDX-License-Identifier: MIT */
/*
 * Loading is strict, for a verifier that overlooks a member could overlook a
 * condition: unknown members, types or names make the whole manifest malformed.
 */
#include "attest/reference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attest/ek.h"
#include "attest/reference_image.h"
#include "attest/tcg.h"

#define MAX_EVENTS 2048

static unsigned days_of(unsigned year, unsigned month)
{
    static const uint8_t days[] = {31, 28, 31, 30, 31, 30,
                                   31, 31, 30, 31, 30, 31};
    bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return month == 2 && is_leap ? 29 : days[month - 1];
}

bool reference_parse_date(const char *text, int64_t *out)
{
    unsigned year, month, day;
    int used = 0;
    if (strlen(text) != 10 ||
        sscanf(text, "%4u-%2u-%2u%n", &year, &month, &day, &used) != 3 ||
        used != 10 || year < 1970 || month < 1 || month > 12 || day < 1 ||
        day > days_of(year, month)) {
        return false;
    }
    /* Days since 1970 of the proleptic Gregorian calendar, year from March. */
    int64_t y = (int64_t)year - (month <= 2);
    int64_t m = (month + 9) % 12;
    int64_t days = 365 * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 +
                   day - 1 - 719468;
    *out = (days + 1) * 86400;
    return true;
}

static bool load_type(const char *name, uint32_t *out)
{
    char *end;
    if (tcg_type_by_name(name, out)) {
        return true;
    }
    unsigned long value = strtoul(name, &end, 16);
    if (strncmp(name, "0x", 2) != 0 || *end != 0 || value > UINT32_MAX) {
        return false;
    }
    *out = (uint32_t)value;
    return true;
}

static void load_digests(struct json_reader *reader, const json_t *object,
                         struct reference_event *out)
{
    const json_t *list = json_take_array(reader, object, "digests");
    size_t count = json_array_size(list);
    if (count == 0 || count > REFERENCE_MAX_ALTERNATIVES) {
        reader->failed = true;
        return;
    }
    struct sha256_digest *digests = reference_allocate(count, sizeof(*digests));
    out->digests = digests;
    out->digest_count = count;
    for (size_t i = 0; i < count; i++) {
        if (!json_parse_digest(json_array_get(list, i), &digests[i])) {
            reader->failed = true;
        }
    }
}

static void load_data(struct json_reader *reader, const json_t *object,
                      struct reference_event *out)
{
    const char *rule = json_take_string(reader, object, "data");
    if (rule == NULL) {
        return;
    }
    if (strcmp(rule, "covered") == 0) {
        out->data = REFERENCE_DATA_COVERED;
    } else if (strcmp(rule, "exact") == 0) {
        out->data = REFERENCE_DATA_EXACT;
        json_take_digest(reader, object, "data_sha256", &out->data_digest);
    } else if (strcmp(rule, "path") == 0) {
        out->data = REFERENCE_DATA_PATH;
    } else if (strcmp(rule, "found") == 0) {
        out->data = REFERENCE_DATA_FOUND;
    } else if (strcmp(rule, "image") == 0) {
        out->data = REFERENCE_DATA_IMAGE;
        out->image_size = (uint32_t)json_take_number(reader, object,
                                                     "image_size", UINT32_MAX);
    } else {
        reader->failed = true;
    }
}

static void load_text(struct json_reader *reader, const json_t *object,
                      struct reference_event *out)
{
    const json_t *text = json_object_get(object, "text");
    if (text == NULL) {
        reader->failed |= out->data == REFERENCE_DATA_PATH ||
                          out->data == REFERENCE_DATA_FOUND;
        return;
    }
    if (!json_is_string(text)) {
        reader->failed = true;
        return;
    }
    out->text = bytes_of(json_string_value(text), json_string_length(text));
}

/* {"script": n, "start": a, "end": b, "fixed": c, "block": bool} */
static void load_statement(struct json_reader *reader, const json_t *object,
                           const struct reference *reference,
                           struct reference_event *out)
{
    out->script = out->opens = -1;
    if (json_object_get(object, "opens") != NULL) {
        out->opens = (int)json_take_number(reader, object, "opens",
                                           reference->script_count - 1);
    }
    if (json_object_get(object, "statement") == NULL) {
        return;
    }
    const json_t *at = json_take_object(reader, object, "statement");
    json_allow(reader, at, "script start end fixed block");
    size_t script =
        json_take_number(reader, at, "script", reference->script_count - 1);
    if (reader->failed) {
        return;
    }
    size_t size = reference->scripts[script].text.size;
    out->script = (int)script;
    out->end = json_take_number(reader, at, "end", size);
    out->start = json_take_number(reader, at, "start", out->end);
    out->fixed = json_take_number(reader, at, "fixed", out->text.size);
    out->is_block = json_is_true(json_object_get(at, "block"));
}

static void load_event(struct json_reader *reader, const json_t *object,
                       const struct reference *reference,
                       struct reference_event *out)
{
    if (!json_is_object(object)) {
        reader->failed = true;
        return;
    }
    json_allow(reader, object,
               "pcr type component primary digests data data_sha256 "
               "image_size text statement opens");
    out->pcr = (uint32_t)json_take_number(reader, object, "pcr", 23);
    const char *type = json_take_string(reader, object, "type");
    const char *component = json_take_string(reader, object, "component");
    out->is_primary = json_is_true(json_object_get(object, "primary"));
    if (type == NULL || component == NULL || !load_type(type, &out->type) ||
        !component_by_name(component, &out->component) ||
        (int)out->component >= (int)COMPONENT_PLATFORM_COUNT) {
        reader->failed = true;
    }
    load_digests(reader, object, out);
    load_data(reader, object, out);
    load_text(reader, object, out);
    load_statement(reader, object, reference, out);
}

static void load_events(struct json_reader *reader, const json_t *object,
                        const char *key, const struct reference *reference,
                        struct reference_events *out)
{
    const json_t *list = json_take_array(reader, object, key);
    size_t count = json_array_size(list);
    if (reader->failed || count > MAX_EVENTS) {
        reader->failed = true;
        return;
    }
    out->items = reference_allocate(count, sizeof(*out->items));
    out->count = count;
    for (size_t i = 0; i < count; i++) {
        load_event(reader, json_array_get(list, i), reference, &out->items[i]);
    }
}

static void load_scripts(struct json_reader *reader, const json_t *root,
                         struct reference *out)
{
    const json_t *list = json_take_array(reader, root, "scripts");
    size_t count = json_array_size(list);
    out->scripts = reference_allocate(count, sizeof(*out->scripts));
    out->script_count = count;
    reader->failed |= count == 0;
    for (size_t i = 0; i < count; i++) {
        const json_t *object = json_array_get(list, i);
        json_allow(reader, object, "path text");
        out->scripts[i].path = json_take_string(reader, object, "path");
        (void)json_take_base64(reader, object, "text", &out->scripts[i].text);
    }
}

/* Who vouches for the TPM's EK: manifests have not always said so. */
static const char *load_ek_trust(struct json_reader *reader,
                                 const json_t *object)
{
    enum ek_trust trust;
    if (json_object_get(object, "ek_trust") == NULL) {
        return NULL;
    }
    const char *name = json_take_string(reader, object, "ek_trust");
    if (name == NULL || !ek_trust_by_name(name, &trust)) {
        reader->failed = true;
        return NULL;
    }
    return ek_trust_name(trust);
}

static void load_keys(struct json_reader *reader, const json_t *root,
                      struct hasher *hasher, struct reference *out)
{
    const json_t *list = json_take_array(reader, root, "keys");
    size_t count = json_array_size(list);
    out->keys = reference_allocate(count, sizeof(*out->keys));
    for (size_t i = 0; i < count && !reader->failed; i++) {
        const json_t *object = json_array_get(list, i);
        struct bytes wire;
        struct tpmt_public public;
        json_allow(reader, object, "name public ek_trust");
        const char *name = json_take_string(reader, object, "name");
        uint8_t *data = json_take_base64(reader, object, "public", &wire);
        if (name == NULL || data == NULL ||
            tpms_parse_public(wire, &public) != REASON_NONE ||
            key_open(hasher, &public, &out->keys[i]) != REASON_NONE) {
            reader->failed = true;
        } else {
            out->key_count++;
            out->keys[i].ek_trust = load_ek_trust(reader, object);
            json_t *hex = json_hex(bytes_of(out->keys[i].name.bytes,
                                            sizeof(out->keys[i].name.bytes)));
            reader->failed |= strcmp(json_string_value(hex), name) != 0;
            json_decref(hex);
        }
        free(data);
    }
}

static void predict_pcr0(struct hasher *hasher, struct reference_firmware *out)
{
    const struct reference_events *lists[] = {&out->before, &out->after};
    for (size_t i = 0; i < 2; i++) {
        for (size_t j = 0; j < lists[i]->count; j++) {
            const struct reference_event *event = &lists[i]->items[j];
            if (event->pcr == 0 && event->type != EV_NO_ACTION) {
                out->pcr0 = hash_pair(hasher, sha256_bytes(&out->pcr0),
                                      sha256_bytes(&event->digests[0]));
            }
        }
    }
}

static void load_firmwares(struct json_reader *reader, const json_t *root,
                           struct hasher *hasher, struct reference *out)
{
    const json_t *list = json_take_array(reader, root, "firmware");
    size_t count = json_array_size(list);
    out->firmwares = reference_allocate(count, sizeof(*out->firmwares));
    out->firmware_count = count;
    reader->failed |= count == 0;
    for (size_t i = 0; i < count; i++) {
        const json_t *object = json_array_get(list, i);
        struct reference_firmware *to = &out->firmwares[i];
        json_allow(reader, object, "name before after");
        to->name = json_take_string(reader, object, "name");
        load_events(reader, object, "before", out, &to->before);
        load_events(reader, object, "after", out, &to->after);
        if (!reader->failed) {
            predict_pcr0(hasher, to);
        }
    }
}

static void load_launches(struct json_reader *reader, const json_t *root,
                          struct reference *out)
{
    const json_t *list = json_take_array(reader, root, "dynamic_launch");
    size_t count = json_array_size(list);
    if (count > sizeof(out->launches) / sizeof(out->launches[0])) {
        reader->failed = true;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        const json_t *object = json_array_get(list, i);
        struct reference_launch *to = &out->launches[i];
        json_allow(reader, object, "pcr value");
        to->pcr = (unsigned)json_take_number(reader, object, "pcr", 19);
        json_take_digest(reader, object, "value", &to->value);
        reader->failed |= to->pcr < 17;
    }
    out->launch_count = count;
}

bool reference_load(struct hasher *hasher, json_t *root, struct reference *out)
{
    struct json_reader reader = {.failed = false};
    *out = (struct reference){.root = json_incref(root)};
    json_allow(&reader, root,
               "format expires accept_shared dynamic_launch keys firmware "
               "boot hypervisor scripts guests vtpms");
    const char *format = json_take_string(&reader, root, "format");
    if (format == NULL || strcmp(format, REFERENCE_FORMAT) != 0) {
        reader.failed = true;
    }
    if (json_object_get(root, "expires") != NULL) {
        out->expires = json_take_string(&reader, root, "expires");
        reader.failed |= out->expires == NULL ||
                         !reference_parse_date(out->expires, &out->expires_at);
    }
    const json_t *shared = json_object_get(root, "accept_shared");
    out->is_shared_accepted = json_is_true(shared);
    reader.failed |= !json_is_boolean(shared);
    load_launches(&reader, root, out);
    load_scripts(&reader, root, out);
    load_keys(&reader, root, hasher, out);
    load_firmwares(&reader, root, hasher, out);
    load_events(&reader, root, "boot", out, &out->boot);
    load_events(&reader, root, "hypervisor", out, &out->hypervisor);
    reference_load_images(&reader, root, out);
    if (reader.failed) {
        reference_free(out);
    }
    return !reader.failed;
}

static void free_events(struct reference_events *events)
{
    for (size_t i = 0; i < events->count; i++) {
        free((void *)events->items[i].digests);
    }
    free(events->items);
}

void reference_free(struct reference *reference)
{
    for (size_t i = 0; i < reference->key_count; i++) {
        key_close(&reference->keys[i]);
    }
    free(reference->keys);
    for (size_t i = 0; i < reference->firmware_count; i++) {
        free_events(&reference->firmwares[i].before);
        free_events(&reference->firmwares[i].after);
    }
    free(reference->firmwares);
    free_events(&reference->boot);
    free_events(&reference->hypervisor);
    for (size_t i = 0; i < reference->script_count; i++) {
        free((void *)reference->scripts[i].text.data);
    }
    free(reference->scripts);
    reference_free_images(reference);
    json_decref(reference->root);
    *reference = (struct reference){0};
}
