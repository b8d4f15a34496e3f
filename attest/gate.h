/* SPDX-License-Identifier: MIT */
/*
 * An object that anybody may load into any TPM, and that a TPM lets take part
 * in TPM2_ActivateCredential only while its PCRs are as they were quoted. A
 * credential for its Name is therefore for what runs, not only for a TPM: keys
 * outlive the guest that they were shown to belong to, PCRs do not.
 */
#ifndef VOUCH_ATTEST_GATE_H
#define VOUCH_ATTEST_GATE_H

#include "attest/key.h"

#define GATE_SECRET_SIZE SHA256_SIZE
#define GATE_MAX_PUBLIC  128

/* Policy digest of TPM2_PolicyPCR over these PCRs (SHA-256 bank, digest of
 * their values), then TPM2_PolicyCommandCode for ActivateCredential. */
struct sha256_digest gate_policy(struct hasher *hasher, uint32_t pcrs,
                                 struct bytes pcr_digest);

/* The TPMT_PUBLIC of the object with that policy. False: no room. */
NODISCARD bool gate_public(struct hasher *hasher,
                           const struct sha256_digest *policy,
                           struct buffer *out);
struct key_name gate_name(struct hasher *hasher,
                          const struct sha256_digest *policy);

/* Its sensitive part, which is no secret: seed and data are this, twice. */
void gate_sensitive(uint8_t out[GATE_SECRET_SIZE]);

#endif
