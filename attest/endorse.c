/* SPDX-License-Identifier: MIT */
/*
 * A firmware endorsement: the events of PCR 0-7 of a boot that is known to be
 * good, split where firmware starts GRUB's image. GRUB's own events are left
 * out, since files predict them.
 */
#include <stdio.h>
#include <stdlib.h>

#include "attest/json.h"
#include "attest/predict.h"
#include "attest/replay.h"
#include "attest/text.h"

#define FIRMWARE_PCRS 8

/* The last application that firmware starts before GRUB measures anything. */
static size_t find_image(const struct replay *replay)
{
    size_t image = replay->count;
    for (size_t i = 0; i < replay->count; i++) {
        const struct tcg_event *event = &replay->events[i].event;
        if (event->pcr == GRUB_PCR_TEXT || event->pcr == GRUB_PCR_FILE) {
            break;
        }
        if (event->pcr == 4 &&
            event->type == EV_EFI_BOOT_SERVICES_APPLICATION) {
            image = i;
        }
    }
    return image;
}

static json_t *event_json(struct hasher *hasher,
                          const struct replay_event *event)
{
    char number[16];
    const char *name = tcg_type_name(event->event.type);
    json_t *object = json_object(), *digests = json_array();
    bool is_covered = event->cover == TCG_COVERED;
    snprintf(number, sizeof(number), "0x%08x", event->event.type);
    json_push(digests, json_hex(sha256_bytes(event->event.digest)));
    json_put(object, "pcr", json_integer(event->event.pcr));
    json_put(object, "type", json_string(name != NULL ? name : number));
    json_put(object, "component",
             json_string(component_name(COMPONENT_FIRMWARE)));
    json_put(object, "digests", digests);
    json_put(object, "data", json_string(is_covered ? "covered" : "exact"));
    if (!is_covered) {
        struct sha256_digest digest = hash_bytes(hasher, event->event.data);
        json_put(object, "data_sha256", json_hex(sha256_bytes(&digest)));
    }
    return object;
}

static json_t *endorse_replay(struct hasher *hasher,
                              const struct replay *replay, const char *name)
{
    size_t image = find_image(replay);
    if (image == replay->count) {
        return NULL;
    }
    json_t *root = json_object(), *before = json_array(), *after = json_array();
    for (size_t i = 0; i < replay->count; i++) {
        const struct replay_event *event = &replay->events[i];
        if (i != image && event->event.pcr < FIRMWARE_PCRS) {
            json_push(i < image ? before : after, event_json(hasher, event));
        }
    }
    json_put(root, "format", json_string(FIRMWARE_FORMAT));
    json_put(root, "name", json_string(name));
    json_put(root, "before", before);
    json_put(root, "after", after);
    return root;
}

json_t *predict_endorse(struct hasher *hasher, struct bytes log,
                        const char *name, char **error)
{
    struct replay *replay = malloc(sizeof(*replay));
    if (replay == NULL) {
        abort();
    }
    json_t *root = NULL;
    enum reason reason = replay_log(hasher, log, replay);
    if (reason != REASON_NONE) {
        *error = text_copy(bytes_of_text(reason_meaning(reason)));
    } else {
        root = endorse_replay(hasher, replay, name);
        if (root == NULL) {
            *error = text_copy(bytes_of_text(
                "the log tells of no image that firmware started"));
        }
    }
    free(replay);
    return root;
}
