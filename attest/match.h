/* SPDX-License-Identifier: MIT */
/* One event of a log against one of the reference values. */
#ifndef VOUCH_ATTEST_MATCH_H
#define VOUCH_ATTEST_MATCH_H

#include "attest/reference.h"
#include "attest/tcg.h"

struct match_found {
    const struct tcg_event *event;
    enum tcg_cover cover;
    uint32_t pcr;  /* the event's, or the one it stands for */
    size_t number; /* in the log, from 1 */
};

enum match {
    MATCH_SAME,
    MATCH_TYPE_DIFFERS,   /* only the type */
    MATCH_DATA_DIFFERS,   /* only data that the digest does not cover */
    MATCH_ALIKE,          /* another digest for the same thing */
    MATCH_DIGEST_DIFFERS, /* another digest, nothing else to compare */
    MATCH_UNLIKE,         /* another PCR or another kind of event */
};

/* With MATCH_SAME, *mask tells which alternatives the digest stands for. */
enum match match_events(struct hasher *hasher,
                        const struct reference_event *expected,
                        const struct match_found *found, uint32_t *mask);

/* A command that differs is its owner's only where the owner's command line
 * is; before that it is the configuration's. */
enum component match_component(const struct reference_event *expected,
                               const struct match_found *found);

/* What an event of GRUB's or the hypervisor's says: its data without the NUL,
 * or without the tag. */
struct bytes match_text(const struct tcg_event *event);

#endif
