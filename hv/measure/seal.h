/* SPDX-License-Identifier: MIT */
/*
 * The states of vTPMs and the machine's TPM: the root key, which the TPM gives
 * to a hypervisor that the operator approved and to nobody else, and the
 * counter, by which one table of versions counts and no earlier one. The root
 * key never leaves the hypervisor; what does are tables and derived keys.
 *
 * A table is prepared (seal_open), stored by dom0, and made to count
 * (seal_commit). Between power cuts anywhere one of the last two tables can be
 * opened. Not reentrant: whoever measures at run time and whoever calls here
 * hold one lock.
 */
#ifndef VOUCH_HV_MEASURE_SEAL_H
#define VOUCH_HV_MEASURE_SEAL_H

#include "hv/measure/measure.h"
#include "hv/measure/state.h"

#define SEAL_STATUS(S)                                                         \
    S(SEAL_OK, "ok")                                                           \
    S(SEAL_UNAVAILABLE, "no state= or no TPM with locality 2 of our own")      \
    S(SEAL_BAD_APPROVAL, "no approval")                                        \
    S(SEAL_REFUSED, "approval is not by the key of state= or not of this "     \
                    "machine's PCRs")                                          \
    S(SEAL_NO_COUNTER, "TPM has no counter for us, or another than ours")      \
    S(SEAL_NO_TABLE, "there is a table of versions, and it was not given")     \
    S(SEAL_BAD_TABLE, "table of versions of another machine, or changed")      \
    S(SEAL_STALE, "table of versions of another epoch")                        \
    S(SEAL_NOT_READY, "no table of versions was prepared, or none is open")    \
    S(SEAL_BUSY, "TPM is in use: to be tried again")                           \
    S(SEAL_TPM_FAILED, "TPM failed")                                           \
    S(SEAL_NO_SPACE, "table of versions does not fit")

enum seal_status { SEAL_STATUS(STATUS_CODE) };

struct seal {
    struct measure *measure;  /* whose TPM it is */
    struct sha256_digest key; /* state=: digest of the approval key's Name */
    bool has_key;
    bool is_open;     /* the table counts, keys may be given */
    bool is_prepared; /* a table waits for its commit: prepared */
    uint64_t next_epoch;
    struct sha256_digest root;
    struct state_table table;
    struct state_table candidate; /* while it is judged */
    uint8_t prepared_data[STATE_TABLE_MAX];
    struct buffer prepared;
};

/* key: NULL if the command line names none. */
void seal_init(struct seal *seal, struct measure *measure,
               const struct sha256_digest *key);

/*
 * The table of the next epoch into out, from the last one (empty: there was
 * never one). The approval and the table are not looked at when a table is
 * open already; a table that is prepared already is given once more.
 */
NODISCARD enum seal_status seal_open(struct seal *seal, struct bytes approval,
                                     struct bytes table, struct buffer *out);
/* The prepared table counts from now on. SEAL_STALE if somebody else stepped
 * the counter: then it never will, and seal_open() begins again. After any
 * other failure this may be tried again. */
NODISCARD enum seal_status seal_commit(struct seal *seal);
/* The table as it is now, of its epoch. */
NODISCARD enum seal_status seal_read(const struct seal *seal,
                                     struct buffer *out);

const char *seal_status_text(enum seal_status status);

#endif
