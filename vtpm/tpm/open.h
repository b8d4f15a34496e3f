/* SPDX-License-Identifier: MIT */
/*
 * From a guest's domid to a TPM that serves it: key and least version from the
 * hypervisor, both slots from dom0, the newest good one or, if there never was
 * any, a new TPM that is stored before its keys are known to anybody.
 */
#ifndef VOUCH_VTPM_TPM_OPEN_H
#define VOUCH_VTPM_TPM_OPEN_H

#include "vtpm/tpm/vtpm.h"

/* A guest wants this TPM. */
void open_begin(struct vtpm *vtpm, uint16_t domid);
/* Time has passed, or a store is done. */
void open_step(struct vtpm *vtpm);
/* Is it an answer to a load? Then it is dealt with, its memory taken. */
bool open_answer(struct vtpm *vtpm, const struct wire_answer *answer);

#endif
