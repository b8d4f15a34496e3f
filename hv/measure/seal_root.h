/* SPDX-License-Identifier: MIT */
/*
 * What seal.c asks of the TPM, each a sequence of commands in locality 2,
 * which the caller has taken. Used by it only.
 */
#ifndef VOUCH_HV_MEASURE_SEAL_ROOT_H
#define VOUCH_HV_MEASURE_SEAL_ROOT_H

#include "hv/measure/seal.h"
#include "lib/approval.h"

/* The root key of the tables born at birth; the TPM decides whether approval
 * is the operator's and fits the machine. Nothing is left in the TPM. */
NODISCARD enum seal_status seal_derive_root(struct measure *measure,
                                            const struct approval *approval,
                                            uint64_t birth,
                                            struct sha256_digest *root);

/* Whether the counter is there, exactly as it must be, and was ever stepped. */
NODISCARD enum seal_status seal_find_counter(struct measure *measure,
                                             bool *is_written);
NODISCARD enum seal_status seal_read_counter(struct measure *measure,
                                             uint64_t *value);
/* One step; *value is where it stands then. */
NODISCARD enum seal_status seal_step_counter(struct measure *measure,
                                             uint64_t *value);

#endif
