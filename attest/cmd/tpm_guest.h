/* SPDX-License-Identifier: MIT */
/*
 * What a guest asks of its vTPM beyond a TPM: the platform's part of its
 * evidence, by the vTPM's own command (lib/vtpm_wire.h).
 */
#ifndef VOUCH_ATTEST_CMD_TPM_GUEST_H
#define VOUCH_ATTEST_CMD_TPM_GUEST_H

#include "attest/cmd/tpm.h"

#define TPM_GUEST_NONCE_SIZE 32

/* Does this TPM know the command? */
bool tpm_guest_is_vtpm(struct tpm *tpm);

/* JSON text; waits for it as long as a busy machine may take, and says so. To
 * be given to free; empty if it did not come, and that was said. */
struct bytes tpm_guest_ask_platform(struct tpm *tpm, struct bytes nonce,
                                    const struct sha256_digest *quote);

#endif
