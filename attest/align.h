/* SPDX-License-Identifier: MIT */
/*
 * Which found event stands where an expected one should? The cheapest way to
 * turn one sequence into the other, found once something differs: most boots
 * match position by position and never get here.
 */
#ifndef VOUCH_ATTEST_ALIGN_H
#define VOUCH_ATTEST_ALIGN_H

#include <stdbool.h>
#include <stddef.h>

#define ALIGN_NONE ((size_t)-1)

struct align_pair {
    size_t expected, found; /* either may be ALIGN_NONE, not both */
};

struct align_input {
    size_t expected_count, found_count;
    void *context;
    /* 0: they match. Up to 5: more alike than one missing and one extra;
     * above: not alike. */
    unsigned (*cost)(void *context, size_t expected, size_t found);
};

/* pairs has room for expected_count + found_count. Returns how many there are,
 * in order. */
size_t align_sequences(const struct align_input *input,
                       struct align_pair *pairs);

#endif
