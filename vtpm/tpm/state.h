/* SPDX-License-Identifier: MIT */
/*
 * A stored state: the Names of the TPM's keys and libtpms' permanent state,
 * encrypted and authenticated under the key that the hypervisor gives for one
 * guest's UUID. There are two slots, written in turn, each with a version that
 * grows with every write; which of them counts, or why none does, is decided
 * here. All of this is pure.
 *
 * Slot: as lib/vtpm_state.h has it; AES-256-GCM with a key of its own for each
 * write, HMAC-SHA-256(key, label || salt), and the version as nonce; the header
 * and the slot's number are authenticated.
 */
#ifndef VOUCH_VTPM_TPM_STATE_H
#define VOUCH_VTPM_TPM_STATE_H

#include "hv/abi/vouch.h"
#include "lib/bytes.h"
#include "lib/status.h"
#include "lib/vtpm_state.h"
#include "vtpm/tpm/keys.h"

/* libtpms with its memory for a guest full is 146309 bytes. */
#define STATE_BLOB_MAX (192u << 10)
#define STATE_SLOT_MAX                                                         \
    (VTPM_STATE_HEADER_SIZE + sizeof(struct keys) + STATE_BLOB_MAX +           \
     VTPM_STATE_TAG_SIZE)

/* Whose state, and where it is. */
struct state_place {
    uint8_t key[VOUCH_KEY_SIZE];
    uint8_t uuid[VOUCH_UUID_SIZE];
    uint8_t slot;
};

/* What a slot holds. */
enum state_content {
    STATE_NOTHING,
    STATE_BEGINNING, /* of a start's first state, and no more */
    STATE_DAMAGED,   /* another's, changed, or cut */
    STATE_GOOD,
};

struct state_slot {
    enum state_content content;
    uint64_t version;  /* of a good one */
    struct keys keys;  /* of a good one */
    struct bytes blob; /* of a good one: in the memory that was given */
};

#define STATE_VERDICT(S)                                                       \
    S(STATE_USE, "ok")                                                         \
    S(STATE_NEW, "there never was a state")                                    \
    S(STATE_LOST, "state lost: nothing is stored, but there was a state")      \
    S(STATE_REPLAYED, "state replayed: a newer one was stored")                \
    S(STATE_FOREIGN, "state foreign or damaged")

enum state_verdict { STATE_VERDICT(STATUS_CODE) };

/* How many bytes a state of this blob takes. */
size_t state_size(size_t blob_size);

/* Puts a whole slot; false if it does not fit or the cipher fails. */
NODISCARD bool state_seal(const struct state_place *place, uint64_t version,
                          const uint8_t salt[VTPM_STATE_SALT_SIZE],
                          const struct state_slot *state, struct buffer *out);

/* Looks at a slot, and decrypts it where it is. */
struct state_slot state_open(const struct state_place *place,
                             struct buffer *stored);

/* Which slot to use, if none of an earlier version than least may be. */
enum state_verdict state_choose(const struct state_slot slots[VTPM_STATE_SLOTS],
                                uint64_t least, unsigned *which);

const char *state_verdict_text(enum state_verdict verdict);

#endif
