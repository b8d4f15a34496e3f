/* SPDX-License-Identifier: MIT */
/* One explanation for each PCR that is not as the log says. */
#include "attest/pcrs.h"

#define LAST_QUOTED_PCR 22

static struct sha256_digest filled(uint8_t value)
{
    struct sha256_digest digest;
    memset(digest.bytes, value, SHA256_SIZE);
    return digest;
}

/* Evidence without values: those of the log, and 17-22 as nothing but a reset
 * or start of the TPM leaves them, tried in every combination of three. */
static bool guess_values(struct hasher *hasher, const struct replay *replay,
                         struct bytes digest, struct sha256_digest values[24])
{
    for (unsigned guess = 0; guess < 8; guess++) {
        for (unsigned pcr = 0; pcr < 24; pcr++) {
            unsigned bit = pcr <= PCRS_LAST_LAUNCH ? 0 : pcr == 20 ? 1 : 2;
            values[pcr] = replay->pcr[pcr];
            if (pcr >= PCRS_FIRST_RESETTABLE && (guess >> bit & 1) != 0 &&
                (replay->extended >> pcr & 1) == 0) {
                values[pcr] = filled(0xff);
            }
        }
        if (quote_covers(hasher, QUOTE_PCRS, values, digest)) {
            return true;
        }
    }
    return false;
}

enum reason pcrs_take_values(struct hasher *hasher, const struct replay *replay,
                             const struct evidence *evidence,
                             const struct tpms_quote *quote,
                             struct sha256_digest values[24])
{
    if (!evidence->has_values) {
        return guess_values(hasher, replay, quote->pcr_digest, values)
                   ? REASON_NONE
                   : REASON_LOG_REPLAY;
    }
    memcpy(values, evidence->values, 24 * sizeof(*values));
    return quote_covers(hasher, QUOTE_PCRS, values, quote->pcr_digest)
               ? REASON_NONE
               : REASON_PCR_VALUES;
}

/* Would the events that the log leaves out explain the PCR? */
static bool is_prefix(struct hasher *hasher, const struct replay *replay,
                      const struct reference_events *const lists[4],
                      unsigned pcr, const struct sha256_digest *quoted)
{
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
            value = hash_pair(hasher, sha256_bytes(&value),
                              sha256_bytes(&event->digests[0]));
            if (sha256_equal(&value, quoted)) {
                return true;
            }
        }
    }
    return false;
}

static enum reason explain_pcr(struct hasher *hasher,
                               const struct replay *replay,
                               const struct reference *reference, unsigned pcr,
                               const struct sha256_digest *quoted)
{
    enum reason reason = replay_explain(hasher, replay, pcr, quoted);
    for (size_t i = 0;
         i < reference->firmware_count && reason == REASON_LOG_REPLAY; i++) {
        const struct reference_events *const lists[4] = {
            &reference->firmwares[i].before, &reference->boot,
            &reference->firmwares[i].after, &reference->hypervisor};
        if (is_prefix(hasher, replay, lists, pcr, quoted)) {
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

static enum reason check_each(struct hasher *hasher,
                              const struct replay *replay,
                              const struct reference *reference,
                              const struct sha256_digest values[24],
                              struct verdict *out)
{
    for (unsigned pcr = 0; pcr <= LAST_QUOTED_PCR; pcr++) {
        bool is_logged = (replay->extended >> pcr & 1) != 0;
        if ((QUOTE_PCRS >> pcr & 1) == 0 ||
            sha256_equal(&values[pcr], &replay->pcr[pcr]) ||
            (pcr >= PCRS_FIRST_RESETTABLE && !is_logged &&
             (pcr <= 20 || pcrs_is_untouched(&values[pcr])))) {
            continue; /* 17 to 20: see check_launch */
        }
        out->pcr = pcr;
        out->has_pcr = true;
        return explain_pcr(hasher, replay, reference, pcr, &values[pcr]);
    }
    return REASON_NONE;
}

enum reason pcrs_check(struct hasher *hasher, const struct replay *replay,
                       const struct reference *reference,
                       const struct sha256_digest values[24],
                       struct verdict *out)
{
    enum reason reason = check_bank(values, out);
    return reason != REASON_NONE
               ? reason
               : check_each(hasher, replay, reference, values, out);
}
