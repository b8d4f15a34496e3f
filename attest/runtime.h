/* SPDX-License-Identifier: MIT */
/*
 * What the hypervisor told of after boot and a verifier expects: launches of
 * domains and identities of their TPMs, in the order in which they happened.
 * Whose they are is not decided here; all else is left to be unexplained.
 */
#ifndef VOUCH_ATTEST_RUNTIME_H
#define VOUCH_ATTEST_RUNTIME_H

#include "attest/record.h"
#include "attest/replay.h"

struct runtime_record {
    size_t number; /* of the event in the log, from 1 */
    enum { RUNTIME_LAUNCH, RUNTIME_IDENTITY } kind;
    struct record_launch launch;
    struct record_identity identity;
};

struct runtime {
    size_t count;
    struct runtime_record records[REPLAY_MAX_EVENTS];
};

/* From the events of the PCR that run-time events go to. */
void runtime_collect(const struct replay *replay, uint32_t pcr,
                     struct runtime *out);

#endif
