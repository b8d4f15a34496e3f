/* SPDX-License-Identifier: MIT */
/* The half of vouch quote that runs in a guest. */
#ifndef VOUCH_ATTEST_CMD_QUOTE_GUEST_H
#define VOUCH_ATTEST_CMD_QUOTE_GUEST_H

#include "attest/cmd/tpm.h"

/* Evidence as text, to be given to free; NULL if there is none, and that was
 * said. */
char *quote_guest(struct tpm *tpm, struct bytes nonce, size_t *size);

#endif
