/* SPDX-License-Identifier: MIT */
/*
 * The two keys that say which TPM this is, known by their Names: the EK by
 * template L-2 of the TCG EK Credential Profile 2.5, and the AK that `vouch`
 * makes in a guest (attest/cmd/tpm.c has the same template). They are primary
 * keys of the endorsement hierarchy, so the TPM makes the same ones whenever it
 * is asked. Their Names are taken when it is new, for later a guest may have
 * set the hierarchy's password.
 */
#ifndef VOUCH_VTPM_TPM_KEYS_H
#define VOUCH_VTPM_TPM_KEYS_H

#include "hv/abi/vouch.h"
#include "lib/bytes.h"

struct keys {
    uint8_t ak[VOUCH_NAME_SIZE], ek[VOUCH_NAME_SIZE];
};

/* The response code of what failed, or 0. */
NODISCARD uint32_t keys_make(struct keys *out);

#endif
