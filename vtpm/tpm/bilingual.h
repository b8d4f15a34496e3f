/* SPDX-License-Identifier: MIT */
/*
 * TPM 1.2 commands, as far as an unmodified Linux driver for Xen's TPM sends
 * them: it takes every TPM for one of version 1.2. They are answered from the
 * TPM 2.0 behind: random numbers are its, PCRs are its SHA-1 bank, and an
 * extend goes to all its banks (the 20 bytes, then zeros), so that no bank is
 * left behind whose clean PCR could be quoted. The rest is TPM_BAD_ORDINAL.
 */
#ifndef VOUCH_VTPM_TPM_BILINGUAL_H
#define VOUCH_VTPM_TPM_BILINGUAL_H

#include "vtpm/tpm/setup.h"

#define BILINGUAL_SAVE_STATE 0x98u /* the ordinal, before a sleep */

/* TPM_INVALID_POSTINIT: started already, or not ready for commands yet */
#define BILINGUAL_NOT_READY 38u

/* Has it the tag of a TPM 1.2 command? */
bool bilingual_is_command(struct bytes command);

/* Puts the answer to a command whose header was checked. */
void bilingual_process(const struct platform *platform, struct bytes command,
                       struct buffer *out);

#endif
