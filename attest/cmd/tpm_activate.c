/* SPDX-License-Identifier: MIT */
/*
 * Credentials, which only the TPM with an EK can open: with the AK, to prove
 * that both live in one TPM, or with a gate (attest/gate.h).
 */
#include <string.h>
#include <tss2/tss2_mu.h>

#include "attest/cmd/tpm_parts.h"

static bool start_policy(struct tpm *tpm, ESYS_TR *session)
{
    const TPMT_SYM_DEF symmetric = {.algorithm = TPM2_ALG_NULL};
    return tpm_check(tpm, "start session",
                     Esys_StartAuthSession(
                         tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE, ESYS_TR_NONE,
                         ESYS_TR_NONE, ESYS_TR_NONE, NULL, TPM2_SE_POLICY,
                         &symmetric, TPM2_ALG_SHA256, session));
}

static bool start_ek_session(struct tpm *tpm, ESYS_TR *session)
{
    return start_policy(tpm, session) &&
           tpm_check(tpm, "authorize endorsement key",
                     Esys_PolicySecret(tpm->esys, ESYS_TR_RH_ENDORSEMENT,
                                       *session, ESYS_TR_PASSWORD, ESYS_TR_NONE,
                                       ESYS_TR_NONE, NULL, NULL, NULL, 0, NULL,
                                       NULL));
}

bool tpm_start_gate_session(struct tpm *tpm, uint32_t pcrs, ESYS_TR *session)
{
    const TPM2B_DIGEST present = {0};
    TPML_PCR_SELECTION selection = tpm_selection_of(pcrs);
    return start_policy(tpm, session) &&
           tpm_check(tpm, "policy of PCRs",
                     Esys_PolicyPCR(tpm->esys, *session, ESYS_TR_NONE,
                                    ESYS_TR_NONE, ESYS_TR_NONE, &present,
                                    &selection)) &&
           tpm_check(tpm, "policy of a command",
                     Esys_PolicyCommandCode(tpm->esys, *session, ESYS_TR_NONE,
                                            ESYS_TR_NONE, ESYS_TR_NONE,
                                            TPM2_CC_ActivateCredential));
}

bool tpm_load_public(struct tpm *tpm, struct bytes wire,
                     const TPM2B_SENSITIVE *sensitive, struct tpm_key *out)
{
    TPM2B_PUBLIC public = {0};
    size_t offset = 0;
    return tpm_check(tpm, "load object",
                     Tss2_MU_TPMT_PUBLIC_Unmarshal(
                         wire.data, wire.size, &offset, &public.publicArea)) &&
           tpm_check(tpm, "load object",
                     Esys_LoadExternal(tpm->esys, ESYS_TR_NONE, ESYS_TR_NONE,
                                       ESYS_TR_NONE, sensitive, &public,
                                       ESYS_TR_RH_NULL, &out->handle));
}

bool tpm_activate_by(struct tpm *tpm, const struct tpm_key *object,
                     ESYS_TR object_session, const struct tpm_key *ek,
                     const struct credential *credential,
                     uint8_t secret[CREDENTIAL_SECRET_SIZE])
{
    ESYS_TR session = ESYS_TR_NONE;
    TPM2B_ID_OBJECT blob = {.size = (uint16_t)credential->blob_size};
    TPM2B_ENCRYPTED_SECRET seed = {.size = (uint16_t)credential->seed_size};
    TPM2B_DIGEST *found = NULL;
    if (credential->blob_size > sizeof(blob.credential) ||
        credential->seed_size > sizeof(seed.secret)) {
        return false;
    }
    memcpy(blob.credential, credential->blob, credential->blob_size);
    memcpy(seed.secret, credential->seed, credential->seed_size);
    bool is_done =
        start_ek_session(tpm, &session) &&
        tpm_check(tpm, "activate credential",
                  Esys_ActivateCredential(tpm->esys, object->handle, ek->handle,
                                          object_session, session, ESYS_TR_NONE,
                                          &blob, &seed, &found));
    if (session != ESYS_TR_NONE) {
        (void)Esys_FlushContext(tpm->esys, session);
    }
    if (is_done) {
        is_done = found->size == CREDENTIAL_SECRET_SIZE;
        memcpy(secret, found->buffer, CREDENTIAL_SECRET_SIZE);
        Esys_Free(found);
    }
    return is_done;
}

bool tpm_activate(struct tpm *tpm, const struct tpm_key *ak,
                  const struct tpm_key *ek, const struct credential *credential,
                  uint8_t secret[CREDENTIAL_SECRET_SIZE])
{
    return tpm_activate_by(tpm, ak, ESYS_TR_PASSWORD, ek, credential, secret);
}
