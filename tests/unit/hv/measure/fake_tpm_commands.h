/* SPDX-License-Identifier: MIT */
/* Runs the command in fake->in, leaving the response in fake->out. */
#ifndef VOUCH_TESTS_FAKE_TPM_COMMANDS_H
#define VOUCH_TESTS_FAKE_TPM_COMMANDS_H

#include "tests/unit/hv/measure/fake_tpm.h"

void fake_tpm_run(struct fake_tpm *fake);

#endif
