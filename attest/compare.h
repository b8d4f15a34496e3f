/* SPDX-License-Identifier: MIT */
/*
 * A log against reference values, event by event. Everything that the log has
 * and the reference does not explain is a finding, and so is everything that
 * the reference predicts and the log does not have.
 */
#ifndef VOUCH_ATTEST_COMPARE_H
#define VOUCH_ATTEST_COMPARE_H

#include "attest/match.h"
#include "attest/reference.h"
#include "attest/replay.h"
#include "attest/runtime.h"
#include "attest/verdict.h"

/* An event of the log that stands where another was expected. */
struct change {
    const struct reference_event *expected;
    const struct tcg_event *found;
    size_t finding; /* in the verdict */
};

#define COMPARE_MAX_EXPECTED 6144

/* Events whose order means something, expected and found. */
struct compare_stream {
    size_t expected_count, found_count;
    const struct reference_event *expected[COMPARE_MAX_EXPECTED];
    struct match_found found[REPLAY_MAX_EVENTS];
};

struct comparison {
    struct compare_stream *stream; /* working space */
    const struct reference *reference;
    const struct replay *replay;
    const struct runtime *runtime; /* events that are looked at elsewhere */
    struct hasher *hasher;
    struct verdict *verdict;
    uint32_t alternatives[COMPONENT_COUNT]; /* those that fit so far */
    struct change changes[VERDICT_MAX_FINDINGS];
    size_t change_count;
};

/* Fills in the verdict's findings and rows, with all findings as causes. */
void compare_logs(struct comparison *comparison);

struct finding *compare_add_finding(struct comparison *comparison,
                                    enum component component,
                                    enum reason reason);

#endif
