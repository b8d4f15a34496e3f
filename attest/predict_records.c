/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's records in PCR 21, built by the same code that the
 * hypervisor builds them with (lib/vouchlog.h), in its order.
 */
#include <string.h>

#include "attest/json.h"
#include "attest/predict_parts.h"
#include "attest/tcg.h"
#include "lib/vouchlog.h"

/* The event for a record, or one for each alternative. */
static void add_record(struct prediction *prediction, enum component component,
                       const struct buffer *data)
{
    struct sha256_digest digest =
        hash_bytes(prediction->hasher, buffer_bytes(data));
    json_t *event =
        predict_event(VOUCHLOG_PCR_BOOT, EV_EVENT_TAG, component, "covered");
    json_put(event, "digests", predict_digest(&digest));
    json_put(event, "text",
             json_stringn((const char *)data->data + 8, data->used - 8));
    if (component == COMPONENT_MODE) {
        json_put(event, "primary", json_true());
    }
    json_push(prediction->hypervisor, event);
}

static bool add_text_record(struct prediction *prediction,
                            enum component component, enum vouchlog_tag tag,
                            const char *text)
{
    uint8_t data[VOUCHLOG_MAX_DATA];
    struct buffer buffer = buffer_over(data, sizeof(data));
    if (vouchlog_build_text(tag, bytes_of_text(text), &buffer) != VOUCHLOG_OK) {
        return false;
    }
    add_record(prediction, component, &buffer);
    return true;
}

static bool blob_record(struct prediction *prediction, enum vouchlog_tag tag,
                        struct bytes file, struct buffer *buffer)
{
    struct sha256_digest digest = hash_bytes(prediction->hasher, file);
    buffer->used = 0;
    return vouchlog_build_blob(tag, &digest, file.size, buffer) == VOUCHLOG_OK;
}

static bool add_blob_record(struct prediction *prediction,
                            enum component component, enum vouchlog_tag tag)
{
    uint8_t data[VOUCHLOG_MAX_DATA];
    struct buffer buffer = buffer_over(data, sizeof(data));
    const struct predict_input *input = prediction->input;
    const struct grub_step *step = prediction->files[component];
    /* What was not given is measured too, as nothing. */
    if (!blob_record(prediction, tag, step != NULL ? step->file : bytes_none(),
                     &buffer)) {
        return false;
    }
    add_record(prediction, component, &buffer);
    json_t *events = prediction->hypervisor;
    json_t *last = json_array_get(events, json_array_size(events) - 1);
    for (size_t i = 0; i < input->alternative_count; i++) {
        if (input->alternatives[i].component != component) {
            continue;
        }
        if (!blob_record(prediction, tag, input->alternatives[i].file,
                         &buffer)) {
            return false;
        }
        struct sha256_digest digest =
            hash_bytes(prediction->hasher, buffer_bytes(&buffer));
        json_push(json_object_get(last, "digests"),
                  json_hex(sha256_bytes(&digest)));
    }
    return true;
}

static bool add_mode(struct prediction *prediction, const char *exclusive)
{
    char text[128];
    struct buffer buffer = buffer_over(text, sizeof(text) - 1);
    struct writer writer = writer_begin(&buffer);
    struct vouchlog_mode mode = {
        .entry = "efi64",
        .policy = strstr(prediction->cmdline, "policy=permissive") != NULL
                      ? "permissive"
                      : "enforcing",
        .exclusive = exclusive};
    vouchlog_put_mode(&writer, &mode);
    if (!writer_end(&writer)) {
        return false;
    }
    text[buffer.used] = 0;
    return add_text_record(prediction, COMPONENT_MODE, VOUCHLOG_MODE, text);
}

/* With shared PCRs accepted, the record may say so: a second digest. */
static bool add_modes(struct prediction *prediction)
{
    json_t *events = prediction->hypervisor;
    if (prediction->input->mode != NULL) {
        return add_text_record(prediction, COMPONENT_MODE, VOUCHLOG_MODE,
                               prediction->input->mode);
    }
    if (!add_mode(prediction, "yes")) {
        return false;
    }
    if (!prediction->input->is_shared_accepted) {
        return true;
    }
    if (!add_mode(prediction, "no")) {
        return false;
    }
    json_t *digests = json_object_get(json_array_get(events, 1), "digests");
    json_t *first = json_object_get(json_array_get(events, 0), "digests");
    json_push(first, json_incref(json_array_get(digests, 0)));
    return json_array_remove(events, 1) == 0;
}

bool predict_records(struct prediction *prediction)
{
    return add_modes(prediction) &&
           add_text_record(prediction, COMPONENT_CMDLINE, VOUCHLOG_CMDLINE,
                           prediction->cmdline) &&
           add_blob_record(prediction, COMPONENT_POLICY, VOUCHLOG_POLICY) &&
           add_blob_record(prediction, COMPONENT_KERNEL,
                           VOUCHLOG_DOM0_KERNEL) &&
           (prediction->dom0_cmdline == NULL ||
            add_text_record(prediction, COMPONENT_DOM0_CMDLINE,
                            VOUCHLOG_DOM0_CMDLINE, prediction->dom0_cmdline)) &&
           add_blob_record(prediction, COMPONENT_INITRD, VOUCHLOG_DOM0_INITRD);
}
