/* SPDX-License-Identifier: MIT */
/*
 * What all TPM commands and responses are made of; for lib/tpm2_*.c. The
 * bounds are those of lib/tpm2.h: a response's sizes are never believed, and
 * nothing may be left over.
 */
#ifndef VOUCH_LIB_TPM2_PARTS_H
#define VOUCH_LIB_TPM2_PARTS_H

#include "lib/tpm2.h"

/* Part 2: 6.9 tags, 7.4 handles */
#define TPM_ST_NO_SESSIONS 0x8001
#define TPM_ST_SESSIONS    0x8002
#define TPM_RS_PW          0x40000009u

/* ---- commands ---- */

struct writer tpm2_begin_command(struct buffer *out, uint16_t tag,
                                 uint32_t code);
NODISCARD enum tpm2_status tpm2_end_command(struct writer *writer);
/* An authorization area of one session that needs no secret. */
void tpm2_put_session(struct writer *writer, uint32_t session,
                      uint8_t attributes);

/* ---- responses: what is inside a success, to be taken whole ---- */

NODISCARD enum tpm2_status tpm2_open_plain(struct bytes response,
                                           struct cursor *parameters);
/* Of a command with one session, whose nonces have nonce_size bytes (none for
 * a password), and with a handle if handle is not NULL. */
NODISCARD enum tpm2_status tpm2_open_session(struct bytes response,
                                             uint32_t *handle,
                                             size_t nonce_size,
                                             struct cursor *parameters);
NODISCARD enum tpm2_status tpm2_end_parameters(const struct cursor *cursor);

#endif
