/* SPDX-License-Identifier: MIT */
/* What the files that ask a TPM share. */
#ifndef VOUCH_ATTEST_CMD_TPM_PARTS_H
#define VOUCH_ATTEST_CMD_TPM_PARTS_H

#include "attest/cmd/tpm.h"

/* True for success; else says what failed. */
bool tpm_check(const struct tpm *tpm, const char *what, TSS2_RC rc);

/* Of the SHA-256 bank; bit n is PCR n. */
TPML_PCR_SELECTION tpm_selection_of(uint32_t pcrs);

#endif
