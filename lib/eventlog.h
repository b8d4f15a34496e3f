/* SPDX-License-Identifier: MIT */
/*
 * The TCG crypto-agile event log (PC Client Platform Firmware Profile 1.06,
 * section 10): one Spec ID Event03 header in the old format, then
 * TCG_PCR_EVENT2 records. Nothing here trusts a size found in a log, and a log
 * must end exactly where its last event ends. Events point into the log.
 */
#ifndef VOUCH_LIB_EVENTLOG_H
#define VOUCH_LIB_EVENTLOG_H

#include "lib/bytes.h"
#include "lib/sha2.h"
#include "lib/status.h"
#include "lib/tpm_alg.h"

#define EVENTLOG_PCR_COUNT 24

/* Event types that matter to a replay or that we write (10.4.1). */
#define EV_NO_ACTION 0x00000003
#define EV_SEPARATOR 0x00000004
#define EV_EVENT_TAG 0x00000006

#define EVENTLOG_STATUS(S)                                                     \
    S(EVENTLOG_OK, "ok")                                                       \
    S(EVENTLOG_END, "no more events")                                          \
    S(EVENTLOG_TRUNCATED, "event log ends inside a record")                    \
    S(EVENTLOG_BAD_HEADER, "event log does not start with a Spec ID Event03")  \
    S(EVENTLOG_BAD_BANK,                                                       \
      "event log header names a bank twice or with a wrong size")              \
    S(EVENTLOG_TOO_MANY_BANKS, "event log header names no bank or too many")   \
    S(EVENTLOG_BAD_DIGESTS,                                                    \
      "digests of an event are not those of the log's banks")                  \
    S(EVENTLOG_BAD_PCR, "event extends a PCR that does not exist")             \
    S(EVENTLOG_BAD_LOCALITY,                                                   \
      "StartupLocality event is malformed, late or repeated")                  \
    S(EVENTLOG_NO_SHA256, "event log has no SHA-256 bank")                     \
    S(EVENTLOG_BAD_FINAL_TABLE, "Final Events table has an unknown version")   \
    S(EVENTLOG_NO_SPACE, "no space left for the event log")

enum eventlog_status { EVENTLOG_STATUS(STATUS_CODE) };

struct eventlog_header {
    struct tpm_bank banks[TPM_MAX_BANKS];
    size_t bank_count;
    size_t size; /* of the header event, that is where the events start */
};

struct eventlog_event {
    uint32_t pcr;
    uint32_t type;
    struct bytes digests[TPM_MAX_BANKS]; /* in the order of header.banks */
    struct bytes data;
    struct bytes raw; /* the whole record */
    size_t offset;    /* of the record, in what the reader was given */
    size_t index;     /* 0 for the first event after the header */
};

struct eventlog_reader {
    struct eventlog_header header;
    struct cursor cursor;
    size_t index;
    size_t limit; /* number of events after which to stop */
};

NODISCARD enum eventlog_status
eventlog_parse_header(struct bytes log, struct eventlog_header *out);

/* Read a whole log: parses its header, then stands before the first event. */
NODISCARD enum eventlog_status eventlog_open(struct bytes log,
                                             struct eventlog_reader *out);

/* Read a bare run of TCG_PCR_EVENT2 in the banks of header. */
struct eventlog_reader
eventlog_open_events(const struct eventlog_header *header, struct bytes events);

/* Read an EFI_TCG2_FINAL_EVENTS_TABLE (EFI TCG2 protocol 1.0, 7): version,
 * number of events, events. What follows the last event is not looked at. */
NODISCARD enum eventlog_status
eventlog_open_final(const struct eventlog_header *header, struct bytes table,
                    struct eventlog_reader *out);

/* The next event; EVENTLOG_END after the last. After an error the reader
 * stands at the record at fault: reader->cursor.offset tells where. */
NODISCARD enum eventlog_status eventlog_next(struct eventlog_reader *reader,
                                             struct eventlog_event *out);

/* Which digest of an event is of this algorithm? False if there is none. */
NODISCARD bool eventlog_find_digest(const struct eventlog_header *header,
                                    const struct eventlog_event *event,
                                    uint16_t algorithm, struct bytes *out);

/* The size of the log at the start of area, which firmware filled with zeros
 * (or 0xff) behind it. An area that holds no log is EVENTLOG_BAD_HEADER. */
NODISCARD enum eventlog_status eventlog_measure_area(struct bytes area,
                                                     size_t *used);

/* Start a log: a header event that names these banks. */
NODISCARD enum eventlog_status eventlog_create(struct buffer *log,
                                               const struct tpm_bank *banks,
                                               size_t bank_count);

/* Append event (pcr, type, digests, data) to a log with this header. */
NODISCARD enum eventlog_status
eventlog_append(const struct eventlog_header *header, struct buffer *log,
                const struct eventlog_event *event);

/* pcr := SHA-256(pcr || digest) */
void eventlog_extend_sha256(struct sha256_digest *pcr,
                            const struct sha256_digest *digest);

const char *eventlog_status_text(enum eventlog_status status);

#endif
