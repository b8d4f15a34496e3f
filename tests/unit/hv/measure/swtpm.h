/* SPDX-License-Identifier: MIT */
/*
 * swtpm behind the fake TPM's registers: what the hypervisor writes to them is
 * run by a real TPM 2.0, in the locality whose registers they are. Instead of
 * fake_tpm_commands.c. Of the faults, those of a whole command work.
 */
#ifndef VOUCH_TESTS_SWTPM_H
#define VOUCH_TESTS_SWTPM_H

#include "tests/unit/hv/measure/fake_tpm.h"

/* A process with an empty state of its own; ends the test if it cannot be. */
void swtpm_start(void);
void swtpm_stop(void);
/* As when the machine's power comes back. */
void swtpm_reset(void);

/* A command as dom0, or a person, could send it; the response's code. */
uint32_t swtpm_send(int locality, const char *hex);

#endif
