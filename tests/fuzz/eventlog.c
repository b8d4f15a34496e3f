/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as an event log: walked, measured and replayed. What was walked to
 * the end must be the same bytes when written again by the appender.
 */
#include <stdlib.h>

#include "attest/record.h"
#include "lib/eventlog.h"
#include "tests/unit/lib/eventlog_replay.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_rewrite(struct bytes log)
{
    struct eventlog_reader reader;
    struct eventlog_event event;
    if (eventlog_open(log, &reader) != EVENTLOG_OK) {
        return;
    }
    uint8_t *copy = malloc(log.size);
    if (copy == NULL) {
        return;
    }
    struct buffer again = buffer_over(copy, log.size);
    while (eventlog_next(&reader, &event) == EVENTLOG_OK) {
        struct record record;
        if (event.type == EV_EVENT_TAG) {
            (void)record_parse(event.data, &record);
        }
        size_t start = again.used;
        if (eventlog_append(&reader.header, &again, &event) != EVENTLOG_OK ||
            again.used - start != event.raw.size) {
            abort();
        }
    }
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes log = bytes_of(data, size);
    struct eventlog_pcrs pcrs;
    struct eventlog_header header;
    struct eventlog_reader reader;
    struct eventlog_event event;
    size_t used = 0;
    (void)eventlog_replay_sha256(log, &pcrs);
    if (eventlog_measure_area(log, &used) == EVENTLOG_OK && used > size) {
        abort();
    }
    check_rewrite(log);
    if (eventlog_parse_header(log, &header) == EVENTLOG_OK) {
        struct bytes rest = bytes_of(data + header.size, size - header.size);
        if (eventlog_open_final(&header, rest, &reader) == EVENTLOG_OK) {
            while (eventlog_next(&reader, &event) == EVENTLOG_OK) {
            }
        }
    }
    struct record record;
    (void)record_parse(log, &record);
    return 0;
}
