/* SPDX-License-Identifier: MIT */
/*
 * A PCR of 17-22 that the log does not mention is 00 or FF in a machine where
 * nothing extended it. Neither proves anything: least of all a dynamic launch,
 * which is believed only if the manifest knows the value it leads to.
 */
#include "attest/appraise.h"

#include <stdlib.h>

#include "attest/attribute.h"
#include "attest/guest_chain.h"
#include "attest/pcrs.h"
#include "attest/record.h"

struct appraiser *appraiser_create(void)
{
    struct appraiser *appraiser = calloc(1, sizeof(*appraiser));
    if (appraiser != NULL && !hasher_init(&appraiser->hasher)) {
        free(appraiser);
        return NULL;
    }
    return appraiser;
}

void appraiser_destroy(struct appraiser *appraiser)
{
    if (appraiser != NULL) {
        key_close(&appraiser->guest_key);
        hasher_free(&appraiser->hasher);
        free(appraiser);
    }
}

void appraise_refuse(enum component component, enum reason reason,
                     struct verdict *out)
{
    memset(out, 0, sizeof(*out));
    out->component = component;
    out->reason = reason;
    for (size_t i = 0; i < COMPONENT_PLATFORM_COUNT; i++) {
        out->rows[i].state = ROW_UNKNOWN;
    }
}

/* A guest's rows: not looked at, until they are. */
static void expect_guest(struct verdict *out)
{
    out->has_guest = true;
    for (size_t i = COMPONENT_VTPM; i < COMPONENT_MEASURED_COUNT; i++) {
        out->rows[i].state = ROW_UNKNOWN;
    }
    out->rows[COMPONENT_GUEST_QUOTE].state = ROW_UNKNOWN;
    out->rows[COMPONENT_PROOF].state = ROW_UNKNOWN;
}

static enum component component_of(enum reason reason)
{
    switch (reason) {
    case REASON_KEY_MALFORMED:
    case REASON_KEY_UNKNOWN:
    case REASON_KEY_WEAK:
    case REASON_KEY_ATTRIBUTES:
        return COMPONENT_TPM_KEY;
    default:
        return COMPONENT_QUOTE;
    }
}

/* ---- dynamic launch ---- */

static const struct reference_launch *
find_launch(const struct reference *reference, unsigned pcr)
{
    for (size_t i = 0; i < reference->launch_count; i++) {
        if (reference->launches[i].pcr == pcr) {
            return &reference->launches[i];
        }
    }
    return NULL;
}

static void check_launch(struct comparison *comparison,
                         const struct sha256_digest values[24])
{
    const struct reference *reference = comparison->reference;
    struct verdict *verdict = comparison->verdict;
    struct verdict_row *row = &verdict->rows[COMPONENT_LAUNCH];
    verdict->launch =
        reference->launch_count != 0 ? LAUNCH_DYNAMIC : LAUNCH_NONE;
    row->state = reference->launch_count != 0 ? ROW_OK : ROW_ABSENT;
    for (unsigned pcr = PCRS_FIRST_RESETTABLE; pcr <= 20; pcr++) {
        const struct reference_launch *launch = find_launch(reference, pcr);
        bool is_idle = pcrs_is_untouched(&values[pcr]);
        if (launch == NULL
                ? is_idle
                : !is_idle && sha256_equal(&values[pcr], &launch->value)) {
            continue;
        }
        verdict->launch = is_idle ? LAUNCH_NONE : LAUNCH_UNKNOWN;
        struct finding *finding =
            compare_add_finding(comparison, COMPONENT_LAUNCH,
                                launch == NULL ? REASON_DRTM_UNEXPLAINED
                                : is_idle      ? REASON_DRTM_ABSENT
                                               : REASON_COMPONENT_DIFFERS);
        if (finding != NULL) {
            finding->pcr = pcr;
            finding->has_found = true;
            finding->found = values[pcr];
            finding->has_expected = launch != NULL;
            if (launch != NULL) {
                finding->expected = launch->value;
            }
        }
    }
}

/* ---- the hypervisor's PCRs ---- */

/* Are its events in PCRs that only it can extend? */
static bool is_exclusive(const struct replay *replay)
{
    bool has_shared = false;
    for (size_t i = 0; i < replay->count; i++) {
        const struct tcg_event *event = &replay->events[i].event;
        struct record record;
        if (event->pcr == VOUCHLOG_PCR_BOOT || event->pcr == VOUCHLOG_PCR_RUN) {
            return true;
        }
        has_shared |= event->pcr == VOUCHLOG_PCR_BOOT_SHARED &&
                      event->type == EV_EVENT_TAG &&
                      record_parse(event->data, &record) == RECORD_OK;
    }
    return !has_shared;
}

static void check_exclusive(struct comparison *comparison)
{
    struct verdict *verdict = comparison->verdict;
    verdict->is_exclusive = is_exclusive(comparison->replay);
    if (!verdict->is_exclusive && !comparison->reference->is_shared_accepted) {
        struct finding *finding = compare_add_finding(
            comparison, COMPONENT_HYPERVISOR, REASON_NOT_EXCLUSIVE);
        if (finding != NULL) {
            finding->pcr = VOUCHLOG_PCR_BOOT_SHARED;
        }
    }
}

/* ---- the verdict ---- */

static void conclude(struct verdict *out)
{
    for (size_t i = 0; i < out->finding_count; i++) {
        const struct finding *finding = &out->findings[i];
        struct verdict_row *row = &out->rows[finding->component];
        if (finding->is_consequence) {
            row->state = row->state == ROW_DIFFERS ? ROW_DIFFERS : ROW_FOLLOWS;
            continue;
        }
        if (row->state != ROW_DIFFERS && finding->has_found) {
            row->has_expected = finding->has_expected;
            row->expected = finding->expected;
            row->has_found = true;
            row->found = finding->found;
        }
        row->state = ROW_DIFFERS;
        if (out->reason == REASON_NONE) {
            out->reason = finding->reason;
            out->component = finding->component;
        }
    }
    /* No finding may be lost to a lack of room, nor hide behind another. */
    for (size_t i = 0; i < COMPONENT_COUNT; i++) {
        if ((out->dropped_of >> i & 1) != 0) {
            out->rows[i].state = ROW_DIFFERS;
        }
    }
    if (out->reason == REASON_NONE &&
        (out->finding_count != 0 || out->dropped != 0)) {
        out->reason = REASON_EVENT_UNEXPLAINED;
        out->component = COMPONENT_LOG;
    }
}

/* What one appraisal hands on from step to step. */
struct appraisal {
    struct appraiser *appraiser;
    const struct reference *reference;
    const struct evidence *evidence;
    struct guest_quote guest; /* with has_guest */
    struct tpms_quote quote;
    const struct attest_key *signer; /* of quote, the manifest's */
    struct sha256_digest values[24];
};

static void check_guest(const struct appraisal *appraisal,
                        struct comparison *comparison)
{
    const struct guest_chain chain = {.comparison = comparison,
                                      .evidence = &appraisal->evidence->guest,
                                      .quote = &appraisal->guest,
                                      .work = &appraisal->appraiser->guest};
    struct verdict *out = comparison->verdict;
    out->rows[COMPONENT_PROOF] =
        (struct verdict_row){.state = ROW_OK,
                             .has_expected = true,
                             .has_found = true,
                             .expected = appraisal->guest.root,
                             .found = appraisal->guest.root};
    out->guest.clock_ms = appraisal->guest.quote.clock_ms;
    out->guest.reset_count = appraisal->guest.quote.reset_count;
    out->guest.restart_count = appraisal->guest.quote.restart_count;
    guest_chain_check(&chain);
}

static void appraise_machine(const struct appraisal *appraisal,
                             struct verdict *out)
{
    struct appraiser *appraiser = appraisal->appraiser;
    struct comparison comparison = {.stream = &appraiser->stream,
                                    .reference = appraisal->reference,
                                    .replay = &appraiser->replay,
                                    .runtime = &appraiser->runtime,
                                    .hasher = &appraiser->hasher,
                                    .verdict = out};
    for (size_t i = 0; i < COMPONENT_PLATFORM_COUNT; i++) {
        out->rows[i].state = ROW_ABSENT;
    }
    check_exclusive(&comparison);
    runtime_collect(&appraiser->replay,
                    out->is_exclusive ? VOUCHLOG_PCR_RUN
                                      : VOUCHLOG_PCR_RUN_SHARED,
                    &appraiser->runtime);
    compare_logs(&comparison);
    check_launch(&comparison, appraisal->values);
    if (out->finding_count != 0) {
        attribute_findings(&comparison);
    }
    guest_chain_check_vtpms(&comparison);
    if (appraisal->evidence->has_guest) {
        check_guest(appraisal, &comparison);
    }
    conclude(out);
}

static enum reason check_log(struct appraisal *appraisal, struct verdict *out)
{
    struct appraiser *appraiser = appraisal->appraiser;
    const struct evidence *evidence = appraisal->evidence;
    enum reason reason =
        replay_log(&appraiser->hasher, evidence->log, &appraiser->replay);
    out->event_count = appraiser->replay.count;
    if (reason != REASON_NONE) {
        out->event = appraiser->replay.fault;
        return reason;
    }
    reason = pcrs_take_values(&appraiser->hasher, &appraiser->replay, evidence,
                              &appraisal->quote, appraisal->values);
    if (reason == REASON_NONE) {
        reason = pcrs_check(&appraiser->hasher, &appraiser->replay,
                            appraisal->reference, appraisal->values, out);
    }
    return reason;
}

static void refuse(const struct appraisal *appraisal, enum component component,
                   enum reason reason, struct verdict *out)
{
    appraise_refuse(component, reason, out);
    if (appraisal->evidence->has_guest) {
        expect_guest(out);
    }
}

/* What must have been signed: the nonce, or what leads to it. */
static bool check_quote(struct appraisal *appraisal, struct bytes signed_nonce,
                        struct verdict *out)
{
    const struct evidence *evidence = appraisal->evidence;
    const struct reference *reference = appraisal->reference;
    const struct quote_input input = {.quote = evidence->quote,
                                      .signature = evidence->signature,
                                      .public = evidence->public,
                                      .nonce = signed_nonce,
                                      .claimed_pcrs = evidence->selection,
                                      .required_pcrs = QUOTE_PCRS};
    const struct keyring ring = {.keys = reference->keys,
                                 .count = reference->key_count};
    enum reason reason =
        quote_check(&input, &ring, &appraisal->appraiser->hasher,
                    &appraisal->quote, &appraisal->signer);
    if (reason == REASON_NONCE_MISMATCH && evidence->has_guest) {
        refuse(appraisal, COMPONENT_PROOF, REASON_PROOF_MISMATCH, out);
    } else if (reason != REASON_NONE) {
        refuse(appraisal, component_of(reason), reason, out);
    }
    return reason == REASON_NONE;
}

/* A guest's quote comes first: what the platform signed depends on it. */
static bool check_guest_quote(struct appraisal *appraisal, struct bytes *nonce,
                              struct verdict *out)
{
    if (!appraisal->evidence->has_guest) {
        if (appraisal->reference->is_guest_required) {
            refuse(appraisal, COMPONENT_GUEST, REASON_GUEST_ABSENT, out);
        }
        return !appraisal->reference->is_guest_required;
    }
    enum reason reason = guest_quote_check(
        &appraisal->appraiser->hasher, &appraisal->appraiser->guest_key,
        appraisal->evidence, *nonce, &appraisal->guest);
    if (reason != REASON_NONE) {
        refuse(appraisal, appraisal->guest.about, reason, out);
    }
    *nonce = sha256_bytes(&appraisal->guest.root);
    return reason == REASON_NONE;
}

void appraise(struct appraiser *appraiser, const struct reference *reference,
              const struct evidence *evidence, struct bytes nonce,
              struct verdict *out)
{
    struct appraisal appraisal = {
        .appraiser = appraiser, .reference = reference, .evidence = evidence};
    if (!check_guest_quote(&appraisal, &nonce, out) ||
        !check_quote(&appraisal, nonce, out)) {
        return;
    }
    refuse(&appraisal, COMPONENT_QUOTE, REASON_NONE, out);
    out->is_authentic = true;
    out->ak = appraisal.signer->name;
    out->ek_trust = appraisal.signer->ek_trust;
    out->clock_ms = appraisal.quote.clock_ms;
    out->reset_count = appraisal.quote.reset_count;
    out->restart_count = appraisal.quote.restart_count;
    out->reason = check_log(&appraisal, out);
    if (out->reason != REASON_NONE) {
        out->component = COMPONENT_LOG;
        return;
    }
    appraise_machine(&appraisal, out);
}
