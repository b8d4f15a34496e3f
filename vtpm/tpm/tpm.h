/* SPDX-License-Identifier: MIT */
/*
 * libtpms, a TPM 2.0, behind four calls: start, process, save, stop. There is
 * one in a process. Its permanent state goes in and out as one blob; that it
 * has changed is noted, when to store it is the caller's business. Once libtpms
 * is in failure mode its state is not given out any more.
 */
#ifndef VOUCH_VTPM_TPM_TPM_H
#define VOUCH_VTPM_TPM_TPM_H

#include "lib/bytes.h"
#include "lib/status.h"

#define TPM_STATUS(S)                                                          \
    S(TPM_OK, "ok")                                                            \
    S(TPM_BAD_BUFFER, "libtpms does not take the size of a tpmif page")        \
    S(TPM_BAD_STATE, "libtpms does not accept the stored state")               \
    S(TPM_NO_MEMORY, "no memory for the TPM's state")                          \
    S(TPM_NO_RANDOM, "no entropy for a TPM")                                   \
    S(TPM_FAILED, "libtpms is in failure mode")

enum tpm_status { TPM_STATUS(STATUS_CODE) };

/* Power on: with this state, or, if there are no bytes, as a new TPM. */
NODISCARD enum tpm_status tpm_start(struct bytes state);

/* The answer to a command whose header was checked; it is the TPM's memory
 * until the next call. Never empty. */
struct bytes tpm_process(struct bytes command);

/* The permanent state as it is now; free(out->data) is the caller's. What
 * changes from here on is noted anew. */
NODISCARD enum tpm_status tpm_save(struct buffer *out);

/* Power off. */
void tpm_stop(void);

/* Since the last tpm_save(). */
bool tpm_has_changed(void);
bool tpm_is_failed(void);

const char *tpm_status_text(enum tpm_status status);

#endif
