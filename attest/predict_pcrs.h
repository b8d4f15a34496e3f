/* SPDX-License-Identifier: MIT */
/*
 * The PCRs of a boot that was never seen, from its reference values: what the
 * operator approves before an update, so that states can be opened after it.
 */
#ifndef VOUCH_ATTEST_PREDICT_PCRS_H
#define VOUCH_ATTEST_PREDICT_PCRS_H

#include "attest/hash.h"
#include "attest/reference.h"

/* *known: which PCRs the reference values say something about. False if a
 * component has alternatives: then there are several boots. */
NODISCARD bool predict_pcrs(struct hasher *hasher,
                            const struct reference *reference,
                            const struct reference_firmware *firmware,
                            struct sha256_digest values[24], uint32_t *known);

#endif
