/* SPDX-License-Identifier: MIT */
/*
 * When the TPM's state goes to dom0. A change is stored at once if the last
 * store is STORE_INTERVAL_MS ago, else as soon as it is; what is urgent (the
 * guest shuts its TPM down, or is gone) after STORE_URGENT_MS. So a guest
 * causes a bounded number of writes however it drives its TPM, and at most an
 * interval is lost when the power fails. One store is under way at a time; it
 * goes to the slot that does not hold the last one that dom0 confirmed, and
 * counts for the hypervisor (VOUCHOP_state_mark) only once confirmed.
 */
#ifndef VOUCH_VTPM_TPM_STORE_H
#define VOUCH_VTPM_TPM_STORE_H

#include "vtpm/tpm/state.h"
#include "vtpm/tpm/wire.h"

#define STORE_INTERVAL_MS 1000
#define STORE_URGENT_MS   250

struct store {
    struct state_place place; /* where the next store goes */
    struct keys keys;
    uint16_t domid;
    uint64_t version;  /* of the last store that was begun */
    uint64_t question; /* 0: none is under way */
    uint64_t begun_ms; /* the last */
    bool has_begun, is_urgent;
    bool is_stored; /* something, and marked */
    bool is_dirty;  /* what was begun last has failed */
    bool is_fenced; /* the key was given to another vTPM, or given up */
};

/* As soon as may be, rather than in its turn. */
void store_urge(struct store *store);

/* Begins a store if one is due. */
void store_step(struct store *store, struct wire *wire, uint64_t now_ms);

/* Is it an answer to a store? Then it is dealt with. */
bool store_answer(struct store *store, const struct wire_answer *answer);

/* Is what the TPM is now stored? */
bool store_is_clean(const struct store *store);

/* Milliseconds until store_step() has something to do, or -1. */
int store_timeout_ms(const struct store *store, uint64_t now_ms);

#endif
