/* SPDX-License-Identifier: MIT */
/*
 * One bounded pass over an event log: its events, each with its data checked
 * against its digest, and the PCR values they lead to in the SHA-256 bank.
 * Nothing is allocated; events point into the log.
 */
#ifndef VOUCH_ATTEST_REPLAY_H
#define VOUCH_ATTEST_REPLAY_H

#include "attest/reason.h"
#include "attest/tcg.h"

#define REPLAY_MAX_LOG    (1u << 20)
#define REPLAY_MAX_EVENTS 2048

struct replay_event {
    struct tcg_event event;
    enum tcg_cover cover;
};

struct replay {
    size_t count;
    struct replay_event events[REPLAY_MAX_EVENTS];
    struct sha256_digest pcr[EVENTLOG_PCR_COUNT];
    uint32_t extended; /* bit n: the log has an event for PCR n */
    size_t fault;      /* after a refusal: the number of the event at fault */
};

/* Events are numbered from 1; 0 is the log's header. */
enum reason replay_log(struct hasher *hasher, struct bytes log,
                       struct replay *out);

/* Why might PCR pcr not be what the log says? LOG_EXTRA if quoted is what it
 * was earlier, LOG_SHORT if the log is silent about it, else LOG_REPLAY. */
enum reason replay_explain(struct hasher *hasher, const struct replay *replay,
                           unsigned pcr, const struct sha256_digest *quoted);

#endif
