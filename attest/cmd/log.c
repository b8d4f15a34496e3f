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
#include "attest/cmd/help.h"
#include "attest/cmd/judge.h"
#include "attest/cmd/log_component.h"
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
        help_after_error("log");
        return false;
    }
    in->log = argv[2];
    return true;
}

/* NULL: there is no manifest. */
static const char *matched(struct appraiser *appraiser,
                           const struct reference *reference, size_t number)
{
    return reference == NULL ? NULL
                             : log_component(appraiser, reference, number);
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
        printf("  %-13s", component);
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

static bool show_json(struct appraiser *appraiser,
                      const struct reference *reference)
{
    const struct replay *replay = &appraiser->replay;
    json_t *root = json_object(), *events = json_array();
    json_t *pcrs = json_object();
    for (size_t i = 0; i < replay->count; i++) {
        const struct replay_event *event = &replay->events[i];
        json_push(events, event_json(i + 1, event,
                                     matched(appraiser, reference, i + 1)));
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

static bool show_text(struct appraiser *appraiser,
                      const struct reference *reference)
{
    const struct replay *replay = &appraiser->replay;
    for (size_t i = 0; i < replay->count; i++) {
        const struct replay_event *event = &replay->events[i];
        put_event(i + 1, event, matched(appraiser, reference, i + 1));
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

static int show_log(struct appraiser *appraiser, const struct inputs *in,
                    const struct reference *reference, struct bytes log)
{
    struct replay *replay = &appraiser->replay;
    enum reason reason = replay_log(&appraiser->hasher, log, replay);
    log_component_collect(appraiser);
    bool is_done = in->json != NULL ? show_json(appraiser, reference)
                                    : show_text(appraiser, reference);
    if (reason != REASON_NONE) {
        command_error(command, "%s at event %zu: %s", reason_code(reason),
                      replay->fault, reason_meaning(reason));
    }
    return reason != REASON_NONE ? EXIT_USAGE
           : is_done             ? EXIT_DONE
                                 : EXIT_FAILED;
}

/* A log begins with the number of a PCR. */
static bool is_evidence(struct bytes file)
{
    return file.size != 0 && file.data[0] == '{';
}

static int show(struct appraiser *appraiser, const struct inputs *in,
                const struct reference *reference)
{
    struct evidence evidence;
    int status = EXIT_USAGE;
    struct bytes file = command_read(command, in->log);
    if (file.data == NULL) {
        return EXIT_FAILED;
    }
    if (!is_evidence(file)) {
        status = show_log(appraiser, in, reference, file);
    } else if (evidence_parse(file, &evidence) == REASON_NONE) {
        status = show_log(appraiser, in, reference, evidence.log);
        evidence_free(&evidence);
    } else {
        command_error(command, "%s is neither a log nor evidence", in->log);
    }
    free((void *)file.data);
    return status;
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
         judge_load_manifest(command, inputs.manifest, inputs.manifest_key,
                             &appraiser->hasher, &reference))) {
        status = show(appraiser, &inputs,
                      inputs.manifest != NULL ? &reference : NULL);
    }
    reference_free(&reference);
    appraiser_destroy(appraiser);
    return status;
}
