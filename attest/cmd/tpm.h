/* SPDX-License-Identifier: MIT */
/*
 * What vouch asks of a TPM, through tpm2-tss. Both keys are primary keys of
 * the endorsement hierarchy made from fixed templates, so the same TPM always
 * makes the same keys and none needs to be stored.
 */
#ifndef VOUCH_ATTEST_CMD_TPM_H
#define VOUCH_ATTEST_CMD_TPM_H

#include <tss2/tss2_esys.h>

#include "attest/credential.h"
#include "lib/bytes.h"

struct tpm {
    const char *command; /* for messages */
    TSS2_TCTI_CONTEXT *tcti;
    ESYS_CONTEXT *esys;
};

struct tpm_key {
    ESYS_TR handle;
    uint8_t wire[sizeof(TPM2B_PUBLIC)]; /* TPM2B_PUBLIC in wire form */
    size_t wire_size;
};

struct tpm_quote {
    uint8_t quote[sizeof(TPMS_ATTEST)];
    size_t quote_size;
    uint8_t signature[sizeof(TPMT_SIGNATURE)];
    size_t signature_size;
};

/* tcti: a tpm2-tss name, or NULL for the machine's TPM. Starts the TPM if that
 * was not done. All functions say on standard error what failed. */
NODISCARD bool tpm_open(const char *command, const char *tcti, struct tpm *out);
void tpm_close(struct tpm *tpm);

NODISCARD bool tpm_create_ak(struct tpm *tpm, struct tpm_key *out);
NODISCARD bool tpm_create_ek(struct tpm *tpm, struct tpm_key *out);
/* The EK that a guest's vTPM registers. */
NODISCARD bool tpm_create_guest_ek(struct tpm *tpm, struct tpm_key *out);
void tpm_flush(struct tpm *tpm, const struct tpm_key *key);

/* The content of an NV index that its owner may read; empty if there is none.
 * To be given to free. */
struct bytes tpm_read_index(struct tpm *tpm, uint32_t number);
struct bytes tpm_read_ek_certificate(struct tpm *tpm);

/* Recover a credential's secret: what only the TPM with both keys can. */
NODISCARD bool tpm_activate(struct tpm *tpm, const struct tpm_key *ak,
                            const struct tpm_key *ek,
                            const struct credential *credential,
                            uint8_t secret[CREDENTIAL_SECRET_SIZE]);

/* ... with another object than the AK, authorized by this session. */
NODISCARD bool tpm_activate_by(struct tpm *tpm, const struct tpm_key *object,
                               ESYS_TR object_session, const struct tpm_key *ek,
                               const struct credential *credential,
                               uint8_t secret[CREDENTIAL_SECRET_SIZE]);

/* The object and the session of attest/gate.h, over what the PCRs hold now.
 * wire is a TPMT_PUBLIC. */
NODISCARD bool tpm_load_public(struct tpm *tpm, struct bytes wire,
                               const TPM2B_SENSITIVE *sensitive,
                               struct tpm_key *out);
NODISCARD bool tpm_start_gate_session(struct tpm *tpm, uint32_t pcrs,
                                      ESYS_TR *session);

/* SHA-256 bank. */
NODISCARD bool tpm_quote(struct tpm *tpm, const struct tpm_key *ak,
                         struct bytes nonce, uint32_t pcrs,
                         struct tpm_quote *out);
NODISCARD bool tpm_read_pcrs(struct tpm *tpm, uint32_t pcrs,
                             struct sha256_digest values[24]);

#endif
