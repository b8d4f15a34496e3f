/* SPDX-License-Identifier: MIT */
/*
 * A guest and the vTPM domain that belongs to it, planned from the guest's
 * configuration: as text, and as `xl create -n` understands it. Pure.
 */
#ifndef VOUCH_ATTEST_CMD_PAIR_H
#define VOUCH_ATTEST_CMD_PAIR_H

#include "lib/bytes.h"

#define PAIR_NAME_SIZE  64
#define PAIR_LABEL_SIZE 128
#define PAIR_UUID_SIZE  37
#define PAIR_LINES      10
#define PAIR_LINE_SIZE  256

/* Why a domain ended, as the toolstack numbers it (public/sched.h). */
#define PAIR_REASONS 5

struct pair {
    char guest[PAIR_NAME_SIZE], vtpm[PAIR_NAME_SIZE];
    char uuid[PAIR_UUID_SIZE]; /* the guest's */
    bool has_uuid;             /* the configuration says it itself */
    char label[PAIR_LABEL_SIZE]; /* the vTPM domain's */
    /* Ended for that reason, the two begin again. */
    bool begins_again[PAIR_REASONS];
};

struct pair_lines {
    char text[PAIR_LINES][PAIR_LINE_SIZE];
    size_t count;
};

/* parsed: the JSON that xl makes of the configuration. NULL, or what is wrong
 * with it. */
NODISCARD const char *pair_plan(struct bytes configuration, struct bytes parsed,
                                struct pair *out);

/* Lines of configuration: of the vTPM domain, all of it; and of the guest, what
 * is to be added to its own. */
void pair_vtpm_lines(const struct pair *pair, const char *launcher,
                     const char *bundle, struct pair_lines *out);
void pair_guest_lines(const struct pair *pair, struct pair_lines *out);

#endif
