/* SPDX-License-Identifier: MIT */
/*
 * vouch log show: every event with its meaning and, given a manifest, the
 * component that it was matched with; then the PCR values it all leads to.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "attest/appraise.h"
#include "attest/cmd/command.h"
#include "attest/cmd/judge.h"
#include "attest/describe.h"
#include "attest/json.h"

static const char command[] = "log show";

struct inputs {
    const char *json, *manifest, *manifest_key, *log;
};

static bool parse_inputs(int argc, char **argv, struct inputs *in)
{
    const struct option_spec options[] = {
        {.name = "--json", .is_flag = true, .value = &in->json},
        {.name = "--manifest", .value = &in->manifest},
        {.name = "--manifest-key", .value = &in->manifest_key},
        {.name = NULL}};
    if (argc < 2 || strcmp(argv[1], "show") != 0 ||
        !command_options(command, options, &argc, argv) || argc != 3 ||
        (in->manifest == NULL) != (in->manifest_key == NULL)) {
        command_error("log", "usage: show [--json] [--manifest M "
                             "--manifest-key PUB] LOG");
        return false;
    }
    in->log = argv[2];
    return true;
}

static bool load_manifest(struct hasher *hasher, const struct inputs *in,
                          struct reference *out)
{
    enum reason reason = judge_load_manifest(command, in->manifest,
                                             in->manifest_key, hasher, out);
    if (reason != REASON_NONE) {
        command_error(command, "%s: %s", reason_code(reason),
                      reason_meaning(reason));
    }
    return reason == REASON_NONE;
}

/* What the manifest says to the event: its component, "?" if unexplained. */
static const char *matched(struct hasher *hasher,
                           const struct reference *reference,
                           const struct replay_event *event)
{
    const struct match_found found = {
        .event = &event->event, .cover = event->cover, .pcr = event->event.pcr};
    for (size_t i = 0; i < reference->firmware_count; i++) {
        const struct reference_firmware *firmware = &reference->firmwares[i];
        const struct reference_events *lists[] = {
            &firmware->before, &reference->boot, &firmware->after,
            &reference->hypervisor};
        for (size_t j = 0; j < 4; j++) {
            for (size_t k = 0; k < lists[j]->count; k++) {
                uint32_t mask;
                const struct reference_event *item = &lists[j]->items[k];
                if (match_events(hasher, item, &found, &mask) == MATCH_SAME) {
                    return component_name(item->component);
                }
            }
        }
    }
    return "?";
}

static const char *cover_text(const struct replay_event *event)
{
    if (event->event.type == EV_NO_ACTION) {
        return "not extended";
    }
    return event->cover == TCG_COVERED ? "data measured"
           : event->cover == TCG_WRONG ? "DATA CHANGED"
                                       : "data not measured";
}

static void put_event(size_t number, const struct replay_event *event,
                      const char *component)
{
    char what[200], digest[65];
    const char *type = tcg_type_name(event->event.type);
    describe_event(&event->event, what, sizeof(what));
    describe_digest(event->event.digest, digest);
    printf("%4zu  PCR %-2" PRIu32 "  %-34s", number, event->event.pcr,
           type != NULL ? type : "unknown type");
    if (component != NULL) {
        printf("  %-12s", component);
    }
    printf("  %s\n      %s  %s\n", what, digest, cover_text(event));
}

static json_t *event_json(size_t number, const struct replay_event *event,
                          const char *component)
{
    char what[1000];
    const char *type = tcg_type_name(event->event.type);
    json_t *object = json_object();
    describe_event(&event->event, what, sizeof(what));
    json_put(object, "event", json_integer((json_int_t)number));
    json_put(object, "pcr", json_integer(event->event.pcr));
    json_put(object, "type",
             type != NULL ? json_string(type)
                          : json_integer(event->event.type));
    json_put(object, "digest", json_hex(sha256_bytes(event->event.digest)));
    json_put(object, "what", json_string(what));
    json_put(object, "data", json_string(cover_text(event)));
    if (component != NULL) {
        json_put(object, "component", json_string(component));
    }
    return object;
}

static bool show_json(struct hasher *hasher, const struct reference *reference,
                      const struct replay *replay)
{
    json_t *root = json_object(), *events = json_array();
    json_t *pcrs = json_object();
    for (size_t i = 0; i < replay->count; i++) {
        const struct replay_event *event = &replay->events[i];
        json_push(events, event_json(i + 1, event,
                                     reference != NULL
                                         ? matched(hasher, reference, event)
                                         : NULL));
    }
    for (unsigned pcr = 0; pcr < 24; pcr++) {
        char name[4];
        snprintf(name, sizeof(name), "%u", pcr % 24);
        if ((replay->extended >> pcr & 1) != 0) {
            json_put(pcrs, name, json_hex(sha256_bytes(&replay->pcr[pcr])));
        }
    }
    json_put(root, "format", json_string("vouch-log-1"));
    json_put(root, "events", events);
    json_put(root, "pcrs", pcrs);
    bool is_done = command_write_json(command, "-", root);
    json_decref(root);
    return is_done;
}

static bool show_text(struct hasher *hasher, const struct reference *reference,
                      const struct replay *replay)
{
    for (size_t i = 0; i < replay->count; i++) {
        const struct replay_event *event = &replay->events[i];
        put_event(i + 1, event,
                  reference != NULL ? matched(hasher, reference, event) : NULL);
    }
    printf("\nPCRs (SHA-256) after these events:\n");
    for (unsigned pcr = 0; pcr < 24; pcr++) {
        char digest[65];
        if ((replay->extended >> pcr & 1) != 0) {
            describe_digest(&replay->pcr[pcr], digest);
            printf("  %2u  %s\n", pcr, digest);
        }
    }
    return command_flush("log show");
}

static int show(struct appraiser *appraiser, const struct inputs *in,
                const struct reference *reference)
{
    struct bytes log = command_read(command, in->log);
    if (log.data == NULL) {
        return EXIT_USAGE;
    }
    struct replay *replay = &appraiser->replay;
    enum reason reason = replay_log(&appraiser->hasher, log, replay);
    bool is_done = in->json != NULL
                       ? show_json(&appraiser->hasher, reference, replay)
                       : show_text(&appraiser->hasher, reference, replay);
    if (reason != REASON_NONE) {
        command_error(command, "%s at event %zu: %s", reason_code(reason),
                      replay->fault, reason_meaning(reason));
    }
    free((void *)log.data);
    return reason != REASON_NONE ? EXIT_USAGE
           : is_done             ? EXIT_DONE
                                 : EXIT_FAILED;
}

int command_log(int argc, char **argv)
{
    struct inputs inputs = {0};
    struct reference reference = {0};
    int status = EXIT_USAGE;
    struct appraiser *appraiser = appraiser_create();
    if (appraiser == NULL) {
        command_error(command, "OpenSSL has no SHA-256");
        return EXIT_FAILED;
    }
    if (parse_inputs(argc, argv, &inputs) &&
        (inputs.manifest == NULL ||
         load_manifest(&appraiser->hasher, &inputs, &reference))) {
        status = show(appraiser, &inputs,
                      inputs.manifest != NULL ? &reference : NULL);
    }
    reference_free(&reference);
    appraiser_destroy(appraiser);
    return status;
}
