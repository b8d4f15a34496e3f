/* SPDX-License-Identifier: MIT */
/*
 * Answers that we give in the TPM's place: header first, code and size once
 * they are known. A refusal is a header alone.
 */
#ifndef VOUCH_VTPM_TPM_ANSWER_H
#define VOUCH_VTPM_TPM_ANSWER_H

#include "lib/bytes.h"

/* Replaces what is in out. */
struct writer answer_begin(struct buffer *out);
/* With the tag of TPM 2.0. */
void answer_end(struct writer *writer, uint32_t code);
/* With that of TPM 1.2. */
void answer_end_old(struct writer *writer, uint32_t code);

/* A header with this code. */
void answer_refuse(struct buffer *out, uint32_t code);
void answer_refuse_old(struct buffer *out, uint32_t code);

#endif
