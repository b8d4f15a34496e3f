/* SPDX-License-Identifier: MIT */
/* The oracle of the log's tests: what a TPM holds that extended a log. */
#ifndef VOUCH_TESTS_EVENTLOG_REPLAY_H
#define VOUCH_TESTS_EVENTLOG_REPLAY_H

#include "lib/eventlog.h"

struct eventlog_pcrs {
    struct sha256_digest pcr[EVENTLOG_PCR_COUNT];
    uint32_t extended; /* bit n: the log extends PCR n */
    uint8_t startup_locality;
};

/*
 * What the SHA-256 bank holds after the events. PCRs start at zero, PCR 0 at
 * the StartupLocality if the log tells one. PCRs 17 to 22, which a TPM starts
 * at all ones, count from zero too: the log can only have events for them
 * after the reset or dynamic launch that sets them to zero.
 */
NODISCARD enum eventlog_status
eventlog_replay_sha256(struct bytes log, struct eventlog_pcrs *out);

#endif
