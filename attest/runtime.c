/* SPDX-License-Identifier: MIT */
/* Only records that are spelt exactly, under a digest that covers them. */
#include "attest/runtime.h"

static bool read_record(const struct replay_event *event,
                        struct runtime_record *out)
{
    struct record record;
    if (event->event.type != EV_EVENT_TAG || event->cover != TCG_COVERED ||
        record_parse(event->event.data, &record) != RECORD_OK) {
        return false;
    }
    if (record_parse_launch(&record, &out->launch)) {
        out->kind = RUNTIME_LAUNCH;
        return true;
    }
    out->kind = RUNTIME_IDENTITY;
    return record_parse_identity(&record, &out->identity);
}

void runtime_collect(const struct replay *replay, uint32_t pcr,
                     struct runtime *out)
{
    out->count = 0;
    for (size_t i = 0; i < replay->count; i++) {
        struct runtime_record *to = &out->records[out->count];
        if (replay->events[i].event.pcr == pcr &&
            read_record(&replay->events[i], to)) {
            to->number = i + 1;
            out->count++;
        }
    }
}
