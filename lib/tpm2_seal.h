/* SPDX-License-Identifier: MIT */
/*
 * The TPM 2.0 commands by which the hypervisor gets the root key of vTPM state
 * and steps its counter (TPM Library Part 3), as bytes, and their responses
 * taken apart. A response is accepted only if every byte of it is accounted
 * for. What is taken out points into the response.
 */
#ifndef VOUCH_LIB_TPM2_SEAL_H
#define VOUCH_LIB_TPM2_SEAL_H

#include "lib/approval.h"
#include "lib/tpm2.h"

#define TPM2_NONCE_SIZE    16 /* of a session, both ways */
#define TPM2_MAX_HMAC_DATA 64 /* more than we ever ask for */

/* Response codes that have a meaning of their own; those of a parameter or a
 * handle without the number of it (Part 2, 6.6.3). */
#define TPM2_RC_HANDLE      0x08b
#define TPM2_RC_VALUE       0x084
#define TPM2_RC_SIGNATURE   0x09b
#define TPM2_RC_POLICY_FAIL 0x09d
#define TPM2_RC_PCR_CHANGED 0x128
uint32_t tpm2_rc_kind(uint32_t rc);

/* An object that somebody put into the TPM, until flushed. */
struct tpm2_handle {
    uint32_t value;
};

/* What tells a key of the root's kind from all others: the policy under which
 * alone it may be used. Makes an HMAC key of the owner's hierarchy, the same
 * each time, whose secret is the TPM's own. */
NODISCARD enum tpm2_status
tpm2_command_create_root(const struct sha256_digest *policy,
                         struct buffer *out);
/* It is of that kind. */
NODISCARD enum tpm2_status
tpm2_response_create_root(struct bytes response,
                          const struct sha256_digest *policy,
                          struct tpm2_handle *out);

/* The approval key's public area, so that its signatures can be verified. */
NODISCARD enum tpm2_status tpm2_command_load_key(const struct approval_key *key,
                                                 struct buffer *out);
NODISCARD enum tpm2_status
tpm2_response_load_key(struct bytes response, const struct approval_key *key,
                       struct tpm2_handle *out);

/* *ticket: TPMT_TK_VERIFIED, the TPM's word that the signature was good. */
NODISCARD enum tpm2_status
tpm2_command_verify(struct tpm2_handle key, const struct sha256_digest *digest,
                    const struct approval *approval, struct buffer *out);
NODISCARD enum tpm2_status tpm2_response_verify(struct bytes response,
                                                struct bytes *ticket);

NODISCARD enum tpm2_status tpm2_command_start_policy(struct buffer *out);
NODISCARD enum tpm2_status
tpm2_response_start_policy(struct bytes response, struct tpm2_handle *session);

/* Each of the three answers tpm2_response_plain(). */
NODISCARD enum tpm2_status
tpm2_command_policy_pcr(struct tpm2_handle session,
                        const struct approval *approval, struct buffer *out);
NODISCARD enum tpm2_status
tpm2_command_policy_authorize(struct tpm2_handle session,
                              const struct approval *approval,
                              struct bytes ticket, struct buffer *out);
NODISCARD enum tpm2_status
tpm2_command_policy_locality(struct tpm2_handle session, struct buffer *out);
NODISCARD enum tpm2_status tpm2_command_flush(struct tpm2_handle object,
                                              struct buffer *out);
/* Success and nothing else. */
NODISCARD enum tpm2_status tpm2_response_plain(struct bytes response);

/* data is at most TPM2_MAX_HMAC_DATA bytes. */
NODISCARD enum tpm2_status tpm2_command_hmac(struct tpm2_handle key,
                                             struct tpm2_handle session,
                                             struct bytes data,
                                             struct buffer *out);
NODISCARD enum tpm2_status tpm2_response_hmac(struct bytes response,
                                              struct sha256_digest *out);

/* ---- the counter ---- */

/* Its public area: *is_written if it has ever been stepped. TPM2_BAD_PARAMETER
 * if it is anything but the counter of lib/approval.h. */
NODISCARD enum tpm2_status tpm2_command_counter_public(struct buffer *out);
NODISCARD enum tpm2_status tpm2_response_counter_public(struct bytes response,
                                                        bool *is_written);
/* Authorized by the owner's empty password; answers tpm2_response_empty(). */
NODISCARD enum tpm2_status tpm2_command_counter_step(struct buffer *out);
NODISCARD enum tpm2_status tpm2_command_counter_read(struct buffer *out);
NODISCARD enum tpm2_status tpm2_response_counter_read(struct bytes response,
                                                      uint64_t *value);

#endif
