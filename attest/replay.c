/* SPDX-License-Identifier: MIT */
/*
 * The log's shape is the business of lib/eventlog; here are digests and PCRs.
 * PCRs count from zero, 17-22 too, which a TPM starts at all ones: a log can
 * only have events for them after the reset or dynamic launch that zeroes them.
 * PCR 0 counts from the locality that a StartupLocality event tells.
 */
#include "attest/replay.h"

#define STARTUP_SIGNATURE      "StartupLocality"
#define STARTUP_SIGNATURE_SIZE 16 /* with its NUL */

static enum reason reason_of(enum eventlog_status status)
{
    switch (status) {
    case EVENTLOG_BAD_HEADER:
        return REASON_LOG_HEADER;
    case EVENTLOG_TRUNCATED:
        return REASON_LOG_TRUNCATED;
    case EVENTLOG_BAD_BANK:
    case EVENTLOG_TOO_MANY_BANKS:
    case EVENTLOG_NO_SHA256:
        return REASON_LOG_BANK;
    default:
        return REASON_LOG_MALFORMED;
    }
}

/* Is all that follows offset one filling byte, as an unused log area has? */
static bool is_filling(struct bytes log, size_t offset)
{
    if (offset >= log.size ||
        (log.data[offset] != 0x00 && log.data[offset] != 0xff)) {
        return false;
    }
    for (size_t i = offset; i < log.size; i++) {
        if (log.data[i] != log.data[offset]) {
            return false;
        }
    }
    return true;
}

static void extend(struct hasher *hasher, struct sha256_digest *pcr,
                   const struct sha256_digest *digest)
{
    *pcr = hash_pair(hasher, sha256_bytes(pcr), sha256_bytes(digest));
}

/* PCR 0 starts with the locality that TPM2_Startup came from (10.4.5.3). */
static enum reason take_startup_locality(const struct tcg_event *event,
                                         struct replay *out)
{
    if (event->data.size != STARTUP_SIGNATURE_SIZE + 1 ||
        memcmp(event->data.data, STARTUP_SIGNATURE, STARTUP_SIGNATURE_SIZE) !=
            0) {
        return REASON_NONE;
    }
    if ((out->extended & 1) != 0) {
        return REASON_LOG_MALFORMED;
    }
    out->pcr[0].bytes[SHA256_SIZE - 1] =
        event->data.data[STARTUP_SIGNATURE_SIZE];
    return REASON_NONE;
}

static enum reason take_event(struct hasher *hasher,
                              const struct eventlog_header *header,
                              const struct eventlog_event *raw,
                              struct replay *out)
{
    struct bytes digest;
    if (!eventlog_find_digest(header, raw, TPM_ALG_SHA256, &digest) ||
        digest.size != SHA256_SIZE) {
        return REASON_LOG_BANK;
    }
    struct replay_event *to = &out->events[out->count++];
    *to = (struct replay_event){
        .event = {.pcr = raw->pcr,
                  .type = raw->type,
                  .digest = (const struct sha256_digest *)digest.data,
                  .data = raw->data},
        .cover = TCG_UNCOVERED};
    if (raw->type == EV_NO_ACTION) {
        return take_startup_locality(&to->event, out);
    }
    if (raw->pcr >= EVENTLOG_PCR_COUNT) {
        return REASON_LOG_MALFORMED;
    }
    to->cover = tcg_check_data(hasher, &to->event);
    extend(hasher, &out->pcr[raw->pcr], to->event.digest);
    out->extended |= 1u << raw->pcr;
    return to->cover == TCG_WRONG ? REASON_LOG_DATA : REASON_NONE;
}

enum reason replay_log(struct hasher *hasher, struct bytes log,
                       struct replay *out)
{
    struct eventlog_reader reader;
    struct eventlog_event event;
    out->count = 0;
    out->extended = 0;
    out->fault = 0;
    memset(out->pcr, 0, sizeof(out->pcr));
    if (log.size > REPLAY_MAX_LOG) {
        return REASON_LOG_TOO_LONG;
    }
    enum eventlog_status status = eventlog_open(log, &reader);
    if (status != EVENTLOG_OK) {
        return reason_of(status);
    }
    for (;;) {
        size_t offset = reader.cursor.offset;
        status = eventlog_next(&reader, &event);
        if (status == EVENTLOG_END) {
            return REASON_NONE;
        }
        out->fault = out->count + 1;
        if (is_filling(log, offset)) {
            return REASON_LOG_PADDED;
        }
        if (status != EVENTLOG_OK) {
            return reason_of(status);
        }
        if (out->count == REPLAY_MAX_EVENTS) {
            return REASON_LOG_TOO_LONG;
        }
        enum reason reason = take_event(hasher, &reader.header, &event, out);
        if (reason != REASON_NONE) {
            return reason;
        }
    }
}

enum reason replay_explain(struct hasher *hasher, const struct replay *replay,
                           unsigned pcr, const struct sha256_digest *quoted)
{
    struct sha256_digest value = {{0}};
    if ((replay->extended >> pcr & 1) == 0) {
        return REASON_LOG_SHORT;
    }
    for (size_t i = 0; i < replay->count; i++) {
        const struct tcg_event *event = &replay->events[i].event;
        if (event->pcr != pcr) {
            continue;
        }
        if (event->type == EV_NO_ACTION) {
            continue;
        }
        if (sha256_equal(&value, quoted)) {
            return REASON_LOG_EXTRA;
        }
        extend(hasher, &value, event->digest);
    }
    return REASON_LOG_REPLAY;
}
