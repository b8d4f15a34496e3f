/* SPDX-License-Identifier: MIT */
/*
 * The table of versions: for each guest whose TPM's state is kept, which
 * generation of it counts and the least version of that. Pure: no TPM, no
 * lock, no allocation. From it and the root key come the keys of all states.
 *
 * As bytes, little endian, for dom0 to keep (it can change none of them):
 *     0    magic "VOUCHST1"
 *     8    birth: the counter's first value, le64; part of the root key
 *     16   epoch, le64: counts while the counter stands there
 *     24   generation that the next guest gets, le64
 *     32   how many guests, le32, and zero, le32
 *     40   for each: UUID (16), generation (le64), version (le64)
 *     ...  HMAC-SHA-256 of all before, with the table's key (32)
 */
#ifndef VOUCH_HV_MEASURE_STATE_H
#define VOUCH_HV_MEASURE_STATE_H

#include "lib/sha2.h"
#include "lib/status.h"

#define STATE_MAX_GUESTS  256
#define STATE_UUID_SIZE   16
#define STATE_HEADER_SIZE 40
#define STATE_ENTRY_SIZE  32
#define STATE_TABLE_MAX                                                        \
    (STATE_HEADER_SIZE + STATE_MAX_GUESTS * STATE_ENTRY_SIZE + SHA256_SIZE)

#define STATE_STATUS(S)                                                        \
    S(STATE_OK, "ok")                                                          \
    S(STATE_MALFORMED, "no table of versions")                                 \
    S(STATE_FOREIGN, "table of versions of another machine, or changed")       \
    S(STATE_STALE, "table of versions of another epoch")                       \
    S(STATE_FULL, "table of versions is full")                                 \
    S(STATE_UNKNOWN, "guest is not in the table of versions")                  \
    S(STATE_FENCED, "vTPM holds no state")                                     \
    S(STATE_ANOTHER, "vTPM holds another state")                               \
    S(STATE_NO_SPACE, "table of versions does not fit")

enum state_status { STATE_STATUS(STATUS_CODE) };

struct state_entry {
    uint8_t uuid[STATE_UUID_SIZE];
    uint64_t generation;
    uint64_t version;
    uint64_t holder; /* who was given the key, this boot; 0: nobody */
    uint64_t first;  /* of the holder's versions */
};

struct state_table {
    uint64_t birth, epoch, generation;
    uint64_t changes; /* since it was made or read */
    size_t count;
    struct state_entry entries[STATE_MAX_GUESTS];
};

/* ---- the table as bytes ---- */

/* The first table, after the counter's first step. */
void state_begin(struct state_table *table, uint64_t birth);
/* STATE_MALFORMED, or what the bytes say: believe it only after
 * state_verify(). */
NODISCARD enum state_status state_parse(struct bytes bytes,
                                        struct state_table *out);
NODISCARD enum state_status state_verify(const struct sha256_digest *root,
                                         struct bytes bytes);
/* STATE_STALE if another table is the one that counts at that value. */
NODISCARD enum state_status state_check_epoch(const struct state_table *table,
                                              uint64_t counter);
/* The table as bytes, as of this epoch; replaces what is in out. */
NODISCARD enum state_status state_build(const struct sha256_digest *root,
                                        const struct state_table *table,
                                        uint64_t epoch, struct buffer *out);

/* ---- its guests ---- */

struct state_claim {
    const uint8_t *uuid; /* STATE_UUID_SIZE bytes */
    struct bytes label;  /* the guest's, as text */
    uint64_t holder;     /* whose vTPM: a number that is never used twice */
};

struct state_grant {
    struct sha256_digest key;
    uint64_t version; /* the least that is no replay */
    uint64_t first;   /* of STATE_VERSIONS that only this holder has, ever */
};

#define STATE_VERSIONS    (1ull << 28) /* of a start */
#define STATE_STARTS      (1ull << 14) /* of a guest's vTPMs, in an epoch */
#define STATE_GENERATIONS (1ull << 32) /* in an epoch */

/* Who was given the key of that guest's state last, in this boot; 0: nobody.
 * Nobody else should be given it while that one is there. */
uint64_t state_holder(struct state_table *table, const uint8_t *uuid);
/* The guest gets an entry if it has none. Whoever had the key before can mark
 * no more, and has lower versions; who has it already gets the same again.
 * STATE_ANOTHER: the holder has that of another guest. STATE_FULL: no room, or no
 * versions left in this epoch. */
NODISCARD enum state_status state_key(struct state_table *table,
                                      const struct sha256_digest *root,
                                      const struct state_claim *claim,
                                      struct state_grant *out);
/* Raises the least version of what is held; a lower one changes nothing. */
NODISCARD enum state_status state_mark(struct state_table *table,
                                       uint64_t holder, uint64_t version);
/* The next state_key() for that guest makes a new key, at version 0.
 * STATE_FULL after the epoch's last generation: a key never comes back. */
NODISCARD enum state_status state_forget(struct state_table *table,
                                         const uint8_t *uuid);

const char *state_status_text(enum state_status status);

#endif
