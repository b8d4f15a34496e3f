/* SPDX-License-Identifier: MIT */
/*
 * What a log says the PCRs of the SHA-256 bank hold: the events extended one
 * after the other, from the value that the TPM started with.
 */
#include "tests/unit/lib/eventlog_replay.h"

/* TCG_EfiStartupLocalityEvent (PFP 1.06, 10.4.5.3) */
#define LOCALITY_SIGNATURE_SIZE 16

static const char locality_signature[LOCALITY_SIGNATURE_SIZE] =
    "StartupLocality";

/* An EV_NO_ACTION that starts with the signature must be it in all parts. */
static bool is_locality_event(const struct eventlog_event *event)
{
    struct bytes signature;
    return bytes_slice(event->data, 0, LOCALITY_SIGNATURE_SIZE, &signature) &&
           bytes_equal(signature,
                       bytes_of(locality_signature, LOCALITY_SIGNATURE_SIZE));
}

static enum eventlog_status set_locality(struct eventlog_pcrs *pcrs,
                                         const struct eventlog_event *event,
                                         bool *seen)
{
    if (*seen || event->pcr != 0 || (pcrs->extended & 1) != 0 ||
        event->data.size != LOCALITY_SIGNATURE_SIZE + 1) {
        return EVENTLOG_BAD_LOCALITY;
    }
    uint8_t locality = event->data.data[LOCALITY_SIGNATURE_SIZE];
    if (locality != 0 && locality != 3 && locality != 4) {
        return EVENTLOG_BAD_LOCALITY;
    }
    *seen = true;
    pcrs->startup_locality = locality;
    pcrs->pcr[0].bytes[SHA256_SIZE - 1] = locality;
    return EVENTLOG_OK;
}

static enum eventlog_status extend(struct eventlog_pcrs *pcrs,
                                   const struct eventlog_header *header,
                                   const struct eventlog_event *event)
{
    struct bytes found;
    struct sha256_digest digest;
    if (event->pcr >= EVENTLOG_PCR_COUNT) {
        return EVENTLOG_BAD_PCR;
    }
    if (!eventlog_find_digest(header, event, TPM_ALG_SHA256, &found)) {
        return EVENTLOG_NO_SHA256;
    }
    memcpy(digest.bytes, found.data, SHA256_SIZE);
    eventlog_extend_sha256(&pcrs->pcr[event->pcr], &digest);
    pcrs->extended |= UINT32_C(1) << event->pcr;
    return EVENTLOG_OK;
}

enum eventlog_status eventlog_replay_sha256(struct bytes log,
                                            struct eventlog_pcrs *out)
{
    struct eventlog_reader reader;
    struct eventlog_event event;
    bool locality_seen = false;
    memset(out, 0, sizeof(*out));

    enum eventlog_status status = eventlog_open(log, &reader);
    while (status == EVENTLOG_OK) {
        status = eventlog_next(&reader, &event);
        if (status != EVENTLOG_OK) {
            break;
        }
        if (event.type != EV_NO_ACTION) {
            status = extend(out, &reader.header, &event);
        } else if (is_locality_event(&event)) {
            status = set_locality(out, &event, &locality_seen);
        }
    }
    return status == EVENTLOG_END ? EVENTLOG_OK : status;
}
