/* SPDX-License-Identifier: MIT */
/*
 * A state belongs to a UUID, so a guest without one in its configuration gets
 * one that follows from its name: else each start would be a new guest's. xl
 * must not begin a guest again by itself, for its vTPM domain serves but one
 * life: what would restart it is told to destroy it instead.
 */
#include "attest/cmd/pair.h"

#include <jansson.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "attest/json.h"
#include "attest/uuid.h"
#include "lib/sha2.h"

#define UUID_PREFIX "vouch guest "

/* ---- what the configuration says ---- */

static bool is_plain(const char *text, size_t room)
{
    return text != NULL && *text != 0 && strlen(text) < room &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                        "0123456789_.:+-") == strlen(text);
}

static const char *string_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* Is there a line that sets uuid? */
static bool sets_uuid(struct bytes text)
{
    bool is_start = true;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t at = text.data[i];
        if (is_start && text.size - i > 4 &&
            memcmp(text.data + i, "uuid", 4) == 0 &&
            strchr(" \t=", text.data[i + 4]) != NULL) {
            return true;
        }
        is_start = at == '\n' || at == ';' ||
                   (is_start && (at == ' ' || at == '\t'));
    }
    return false;
}

static void uuid_of_name(const char *name, char out[PAIR_UUID_SIZE])
{
    char text[sizeof(UUID_PREFIX) + PAIR_NAME_SIZE];
    snprintf(text, sizeof(text), UUID_PREFIX "%s", name);
    struct sha256_digest digest = sha256_of(bytes_of_text(text));
    uint8_t *byte = digest.bytes;
    byte[6] = (uint8_t)((byte[6] & 0x0f) | 0x80); /* RFC 9562, version 8 */
    byte[8] = (uint8_t)((byte[8] & 0x3f) | 0x80);
    uuid_text(byte, out);
}

/* xl writes none where the value is "destroy", but for reboot. */
static void take_actions(const json_t *root, struct pair *out)
{
    const char *const keys[PAIR_REASONS] = {"on_poweroff", "on_reboot", NULL,
                                            "on_crash", "on_watchdog"};
    for (size_t i = 0; i < PAIR_REASONS; i++) {
        const char *action = keys[i] == NULL ? NULL : string_of(root, keys[i]);
        out->begins_again[i] =
            action != NULL && strstr(action, "restart") != NULL;
    }
}

static const char *take_label(const json_t *info, struct pair *out)
{
    const char *label = string_of(info, "ssid_label");
    if (!is_plain(label, PAIR_LABEL_SIZE) || strchr(label, ':') == NULL) {
        return "has no seclabel: who has no tenant has no TPM";
    }
    int user = (int)(strchr(label, ':') - label);
    snprintf(out->label, sizeof(out->label), "%.*s:guest_r:vtpm_t", user,
             label);
    return NULL;
}

static const char *take_vtpm(const json_t *root, struct pair *out)
{
    const json_t *vtpms = json_object_get(root, "vtpms");
    const char *name =
        string_of(json_array_get(vtpms, 0), "backend_domname");
    if (json_array_size(vtpms) != 1 || !is_plain(name, PAIR_NAME_SIZE)) {
        return "needs one line vtpm = [\"backend=NAME\"]";
    }
    strcpy(out->vtpm, name);
    return strcmp(out->vtpm, out->guest) == 0
               ? "gives its TPM the name that it has itself"
               : NULL;
}

static const char *plan(struct bytes configuration, const json_t *root,
                        struct pair *out)
{
    const json_t *info = json_object_get(root, "c_info");
    const char *name = string_of(info, "name");
    const char *uuid = string_of(info, "uuid");
    const char *type = string_of(info, "type");
    if (type == NULL || strcmp(type, "pv") != 0) {
        return "is of no PV guest";
    }
    if (!is_plain(name, PAIR_NAME_SIZE) || !is_plain(uuid, PAIR_UUID_SIZE)) {
        return "has a name with characters that are none of a-z, A-Z, 0-9, "
               "_.:+-";
    }
    strcpy(out->guest, name);
    out->has_uuid = sets_uuid(configuration);
    if (out->has_uuid) {
        strcpy(out->uuid, uuid);
    } else {
        uuid_of_name(name, out->uuid);
    }
    take_actions(root, out);
    const char *why = take_vtpm(root, out);
    return why != NULL ? why : take_label(info, out);
}

const char *pair_plan(struct bytes configuration, struct bytes parsed,
                      struct pair *out)
{
    json_t *root;
    *out = (struct pair){0};
    if (json_read(parsed, &root) != JSON_STATUS_OK) {
        return "is not what xl can read";
    }
    const char *why = plan(configuration, root, out);
    json_decref(root);
    return why;
}

/* ---- what xl is told ---- */

__attribute__((format(printf, 2, 3))) static void
add(struct pair_lines *out, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(out->text[out->count++], PAIR_LINE_SIZE, format, arguments);
    va_end(arguments);
}

void pair_vtpm_lines(const struct pair *pair, const char *launcher,
                     const char *bundle, struct pair_lines *out)
{
    out->count = 0;
    add(out, "name=\"%s\"", pair->vtpm);
    add(out, "type=\"pv\"");
    add(out, "kernel=\"%s\"", launcher);
    add(out, "ramdisk=\"%s\"", bundle);
    add(out, "memory=8");
    add(out, "vcpus=1");
    add(out, "seclabel=\"%s\"", pair->label);
    add(out, "on_reboot=\"destroy\"");
}

void pair_guest_lines(const struct pair *pair, struct pair_lines *out)
{
    const char *const keys[PAIR_REASONS] = {"on_poweroff", "on_reboot", NULL,
                                            "on_crash", "on_watchdog"};
    out->count = 0;
    if (!pair->has_uuid) {
        add(out, "uuid=\"%s\"", pair->uuid);
    }
    for (size_t i = 0; i < PAIR_REASONS; i++) {
        if (pair->begins_again[i]) {
            add(out, "%s=\"destroy\"", keys[i]);
        }
    }
}
