/* SPDX-License-Identifier: MIT */
/*
 * A PCR of 17-22 that the log does not mention is 00 or FF in a machine where
 * nothing extended it. Neither proves anything: least of all a dynamic launch,
 * which is believed only if the manifest knows the value it leads to.
 */
#include "attest/appraise.h"

#include <stdlib.h>

#include "attest/attribute.h"
#include "attest/record.h"

#define FIRST_RESETTABLE_PCR 17
#define LAST_LAUNCH_PCR      19
#define LAST_QUOTED_PCR      22

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
    for (size_t i = 0; i < COMPONENT_MEASURED_COUNT; i++) {
        out->rows[i].state = ROW_UNKNOWN;
    }
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

/* ---- the PCRs ---- */

static struct sha256_digest filled(uint8_t value)
{
    struct sha256_digest digest;
    memset(digest.bytes, value, SHA256_SIZE);
    return digest;
}

static bool is_untouched(const struct sha256_digest *value)
{
    struct sha256_digest zero = filled(0x00), ones = filled(0xff);
    return sha256_equal(value, &zero) || sha256_equal(value, &ones);
}

/* Evidence without values: those of the log, and 17-22 as nothing but a reset
 * or start of the TPM leaves them, tried in every combination of three. */
static bool guess_values(struct appraiser *appraiser, struct bytes digest,
                         struct sha256_digest values[24])
{
    const struct replay *replay = &appraiser->replay;
    for (unsigned guess = 0; guess < 8; guess++) {
        for (unsigned pcr = 0; pcr < 24; pcr++) {
            unsigned bit = pcr <= LAST_LAUNCH_PCR ? 0 : pcr == 20 ? 1 : 2;
            values[pcr] = replay->pcr[pcr];
            if (pcr >= FIRST_RESETTABLE_PCR && (guess >> bit & 1) != 0 &&
                (replay->extended >> pcr & 1) == 0) {
                values[pcr] = filled(0xff);
            }
        }
        if (quote_covers(&appraiser->hasher, QUOTE_PCRS, values, digest)) {
            return true;
        }
    }
    return false;
}

static enum reason take_values(struct appraiser *appraiser,
                               const struct evidence *evidence,
                               const struct tpms_quote *quote,
                               struct sha256_digest values[24])
{
    if (!evidence->has_values) {
        return guess_values(appraiser, quote->pcr_digest, values)
                   ? REASON_NONE
                   : REASON_LOG_REPLAY;
    }
    memcpy(values, evidence->values, 24 * sizeof(*values));
    return quote_covers(&appraiser->hasher, QUOTE_PCRS, values,
                        quote->pcr_digest)
               ? REASON_NONE
               : REASON_PCR_VALUES;
}

/* Would the events that the log leaves out explain the PCR? */
static bool is_prefix(struct appraiser *appraiser,
                      const struct reference_events *const lists[4],
                      unsigned pcr, const struct sha256_digest *quoted)
{
    const struct replay *replay = &appraiser->replay;
    struct sha256_digest value = replay->pcr[pcr];
    size_t logged = 0;
    for (size_t i = 0; i < replay->count; i++) {
        logged += replay->events[i].event.pcr == pcr &&
                  replay->events[i].event.type != EV_NO_ACTION;
    }
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < lists[i]->count; j++) {
            const struct reference_event *event = &lists[i]->items[j];
            if (event->pcr != pcr || event->type == EV_NO_ACTION) {
                continue;
            }
            if (logged > 0) {
                logged--;
                continue;
            }
            value = hash_pair(&appraiser->hasher, sha256_bytes(&value),
                              sha256_bytes(&event->digests[0]));
            if (sha256_equal(&value, quoted)) {
                return true;
            }
        }
    }
    return false;
}

static enum reason explain_pcr(struct appraiser *appraiser,
                               const struct reference *reference, unsigned pcr,
                               const struct sha256_digest *quoted)
{
    enum reason reason =
        replay_explain(&appraiser->hasher, &appraiser->replay, pcr, quoted);
    for (size_t i = 0;
         i < reference->firmware_count && reason == REASON_LOG_REPLAY; i++) {
        const struct reference_events *const lists[4] = {
            &reference->firmwares[i].before, &reference->boot,
            &reference->firmwares[i].after, &reference->hypervisor};
        if (is_prefix(appraiser, lists, pcr, quoted)) {
            reason = REASON_LOG_SHORT;
        }
    }
    return reason;
}

static enum reason check_bank(const struct sha256_digest values[24],
                              struct verdict *out)
{
    struct sha256_digest zero = filled(0);
    for (unsigned pcr = 0; pcr < 8; pcr++) {
        if (sha256_equal(&values[pcr], &zero)) {
            out->pcr = pcr;
            out->has_pcr = true;
            return REASON_BANK_ZERO;
        }
    }
    return REASON_NONE;
}

static enum reason check_pcrs(struct appraiser *appraiser,
                              const struct reference *reference,
                              const struct sha256_digest values[24],
                              struct verdict *out)
{
    const struct replay *replay = &appraiser->replay;
    for (unsigned pcr = 0; pcr <= LAST_QUOTED_PCR; pcr++) {
        bool is_logged = (replay->extended >> pcr & 1) != 0;
        if ((QUOTE_PCRS >> pcr & 1) == 0 ||
            sha256_equal(&values[pcr], &replay->pcr[pcr]) ||
            (pcr >= FIRST_RESETTABLE_PCR && !is_logged &&
             (pcr <= 20 || is_untouched(&values[pcr])))) {
            continue; /* 17 to 20: see check_launch */
        }
        out->pcr = pcr;
        out->has_pcr = true;
        return explain_pcr(appraiser, reference, pcr, &values[pcr]);
    }
    return REASON_NONE;
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
    for (unsigned pcr = FIRST_RESETTABLE_PCR; pcr <= 20; pcr++) {
        const struct reference_launch *launch = find_launch(reference, pcr);
        bool is_idle = is_untouched(&values[pcr]);
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
    if (out->reason == REASON_NONE &&
        (out->finding_count != 0 || out->dropped != 0)) {
        out->reason = REASON_EVENT_UNEXPLAINED;
        out->component = COMPONENT_LOG;
    }
}

static void appraise_machine(struct appraiser *appraiser,
                             const struct reference *reference,
                             const struct sha256_digest values[24],
                             struct verdict *out)
{
    struct comparison comparison = {.stream = &appraiser->stream,
                                    .reference = reference,
                                    .replay = &appraiser->replay,
                                    .hasher = &appraiser->hasher,
                                    .verdict = out};
    for (size_t i = 0; i < COMPONENT_MEASURED_COUNT; i++) {
        out->rows[i].state = ROW_ABSENT;
    }
    check_exclusive(&comparison);
    compare_logs(&comparison);
    check_launch(&comparison, values);
    if (out->finding_count != 0) {
        attribute_findings(&comparison);
    }
    conclude(out);
}

static enum reason
check_log(struct appraiser *appraiser, const struct reference *reference,
          const struct evidence *evidence, const struct tpms_quote *quote,
          struct sha256_digest values[24], struct verdict *out)
{
    enum reason reason =
        replay_log(&appraiser->hasher, evidence->log, &appraiser->replay);
    out->event_count = appraiser->replay.count;
    if (reason != REASON_NONE) {
        out->event = appraiser->replay.fault;
        return reason;
    }
    reason = take_values(appraiser, evidence, quote, values);
    if (reason == REASON_NONE) {
        reason = check_bank(values, out);
    }
    if (reason == REASON_NONE) {
        reason = check_pcrs(appraiser, reference, values, out);
    }
    return reason;
}

void appraise(struct appraiser *appraiser, const struct reference *reference,
              const struct evidence *evidence, struct bytes nonce,
              struct verdict *out)
{
    struct tpms_quote quote;
    struct sha256_digest values[24];
    const struct quote_input input = {.quote = evidence->quote,
                                      .signature = evidence->signature,
                                      .public = evidence->public,
                                      .nonce = nonce,
                                      .claimed_pcrs = evidence->selection};
    const struct keyring ring = {.keys = reference->keys,
                                 .count = reference->key_count};
    appraise_refuse(COMPONENT_QUOTE, REASON_NONE, out);
    enum reason reason = quote_check(&input, &ring, &appraiser->hasher, &quote);
    if (reason != REASON_NONE) {
        appraise_refuse(component_of(reason), reason, out);
        return;
    }
    out->is_authentic = true;
    out->clock_ms = quote.clock_ms;
    out->reset_count = quote.reset_count;
    out->restart_count = quote.restart_count;
    out->reason =
        check_log(appraiser, reference, evidence, &quote, values, out);
    if (out->reason != REASON_NONE) {
        out->component = COMPONENT_LOG;
        return;
    }
    appraise_machine(appraiser, reference, values, out);
}
