/* SPDX-License-Identifier: MIT */
/*
 * The certificate of this TPM's EK, if an operator's CA made one: dom0 keeps
 * it, the TPM shows it in NV index VTPM_NV_EK_CERTIFICATE. It is nothing but
 * bytes here: whoever relies on it compares its key with the EK and looks for
 * its issuer, so that a wrong one is worth nothing, and no parser of what dom0
 * says is needed in the TPM's domain. Nothing waits for it, and whatever fails
 * is said and no more.
 */
#ifndef VOUCH_VTPM_TPM_CERTIFICATE_H
#define VOUCH_VTPM_TPM_CERTIFICATE_H

#include "vtpm/tpm/setup.h"
#include "vtpm/tpm/wire.h"

struct certificate {
    uint64_t question;         /* 0: none is under way */
    struct wire_answer answer; /* id 0: none waits for the TPM to start */
};

/* Asks dom0 for that of a guest; to be called again when the state is. */
void certificate_ask(struct certificate *certificate, struct wire *wire,
                     struct bytes uuid);

/* Is it an answer to that? Then it is dealt with, its memory taken. */
bool certificate_answer(struct certificate *certificate,
                        const struct wire_answer *answer);

/* The TPM runs: what was answered goes into its index. Where dom0 has none, the
 * index goes, unless the guest made it; where it cannot say, it stays. */
void certificate_step(struct certificate *certificate,
                      const struct platform *platform);

#endif
