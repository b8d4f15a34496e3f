/* SPDX-License-Identifier: MIT */
/* The verdict for programs: the same facts under stable names. */
#include "attest/describe.h"
#include "attest/json.h"
#include "attest/verdict_members.h"

static const char *const states[] = {[ROW_ABSENT] = "absent",
                                     [ROW_OK] = "ok",
                                     [ROW_DIFFERS] = "differs",
                                     [ROW_FOLLOWS] = "follows",
                                     [ROW_UNKNOWN] = "unknown"};

static void put_digests(json_t *object, bool has_expected,
                        const struct sha256_digest *expected, bool has_found,
                        const struct sha256_digest *found)
{
    if (has_expected) {
        json_put(object, "expected", json_hex(sha256_bytes(expected)));
    }
    if (has_found) {
        json_put(object, "found", json_hex(sha256_bytes(found)));
    }
}

static json_t *rows_json(const struct verdict *verdict)
{
    json_t *list = json_array();
    for (size_t i = 0; i < COMPONENT_COUNT; i++) {
        const struct verdict_row *row = &verdict->rows[i];
        if (row->state == ROW_ABSENT) {
            continue;
        }
        json_t *object = json_object();
        json_put(object, "component",
                 json_string(component_name((enum component)i)));
        json_put(object, "result", json_string(states[row->state]));
        put_digests(object, row->has_expected, &row->expected, row->has_found,
                    &row->found);
        json_push(list, object);
    }
    return list;
}

static json_t *finding_json(const struct finding *finding)
{
    json_t *object = json_object();
    json_put(object, "component",
             json_string(component_name(finding->component)));
    json_put(object, "reason", json_string(reason_code(finding->reason)));
    json_put(object, "cause", json_boolean(!finding->is_consequence));
    if (finding->is_consequence) {
        json_put(object, "follows",
                 json_string(component_name(finding->follows)));
    }
    json_put(object, "pcr", json_integer(finding->pcr));
    if (finding->event != 0) {
        json_put(object, "event", json_integer((json_int_t)finding->event));
    }
    json_put(object, "what", json_string(finding->what));
    put_digests(object, finding->has_expected, &finding->expected,
                finding->has_found, &finding->found);
    return object;
}

static json_t *tpm_json(const struct verdict *verdict)
{
    json_t *object = json_object();
    verdict_put_tpm(verdict, object);
    json_put(object, "clock_ms", json_integer((json_int_t)verdict->clock_ms));
    json_put(object, "reset_count", json_integer(verdict->reset_count));
    json_put(object, "restart_count", json_integer(verdict->restart_count));
    return object;
}

static json_t *guest_json(const struct verdict_guest *guest)
{
    json_t *object = json_object(), *tpm = json_object();
    verdict_put_guest(guest, object);
    json_put(object, "domid", json_integer((json_int_t)guest->domid));
    json_put(object, "instance", json_integer((json_int_t)guest->instance));
    json_put(object, "vtpm", json_integer((json_int_t)guest->vtpm));
    json_put(tpm, "clock_ms", json_integer((json_int_t)guest->clock_ms));
    json_put(tpm, "reset_count", json_integer(guest->reset_count));
    json_put(tpm, "restart_count", json_integer(guest->restart_count));
    json_put(object, "tpm", tpm);
    return object;
}

char *verdict_json(const struct verdict *verdict, size_t *size)
{
    static const char *const launches[] = {[LAUNCH_NONE] = "none",
                                           [LAUNCH_DYNAMIC] = "dynamic",
                                           [LAUNCH_UNKNOWN] = "unknown"};
    json_t *root = json_object(), *findings = json_array();
    bool is_trusted = verdict->reason == REASON_NONE;
    json_put(root, "format", json_string("vouch-verdict-1"));
    json_put(root, "verdict",
             json_string(is_trusted ? "trusted" : "untrusted"));
    if (!is_trusted) {
        json_put(root, "component",
                 json_string(component_name(verdict->component)));
        json_put(root, "reason", json_string(reason_code(verdict->reason)));
        json_put(root, "meaning", json_string(reason_meaning(verdict->reason)));
    }
    if (verdict->has_pcr) {
        json_put(root, "pcr", json_integer(verdict->pcr));
    }
    if (verdict->event != 0) {
        json_put(root, "event", json_integer((json_int_t)verdict->event));
    }
    if (verdict->is_authentic) {
        json_put(root, "tpm", tpm_json(verdict));
    }
    if (verdict->firmware != NULL) {
        json_put(root, "firmware", json_string(verdict->firmware));
        json_put(root, "exclusive", json_boolean(verdict->is_exclusive));
        json_put(root, "launch", json_string(launches[verdict->launch]));
    }
    if (verdict->guest.is_known) {
        json_put(root, "guest", guest_json(&verdict->guest));
    }
    json_put(root, "components", rows_json(verdict));
    for (size_t i = 0; i < verdict->finding_count; i++) {
        json_push(findings, finding_json(&verdict->findings[i]));
    }
    json_put(root, "findings", findings);
    json_put(root, "dropped", json_integer((json_int_t)verdict->dropped));
    char *text = json_text(root, size);
    json_decref(root);
    return text;
}
