/* SPDX-License-Identifier: MIT */
/*
 * The guest's way to the platform's part of its evidence: the vendor command
 * VTPM_CC_EVIDENCE (lib/vtpm_wire.h). What the guest asks for goes to dom0 with
 * the Name of this TPM's AK, which we add, so that no guest can ask in
 * another's name. One request at a time; its answer stays until the next.
 */
#ifndef VOUCH_VTPM_TPM_EVIDENCE_H
#define VOUCH_VTPM_TPM_EVIDENCE_H

#include "hv/abi/vouch.h"
#include "lib/sha2.h"
#include "vtpm/tpm/wire.h"

struct evidence {
    uint8_t ak[VOUCH_NAME_SIZE];
    uint64_t question;              /* 0: none is under way */
    uint8_t asked[2 * SHA256_SIZE]; /* the request: nonce, quote's digest */
    struct bytes content;           /* empty: none */
    uint8_t *memory;                /* that content is in */
};

/* Is a well-formed command this one? */
bool evidence_is_command(struct bytes command);

/* Puts the answer to it. */
void evidence_process(struct evidence *evidence, struct wire *wire,
                      struct bytes command, struct buffer *out);

/* Is it an answer to a request? Then it is dealt with, its memory taken. */
bool evidence_answer(struct evidence *evidence,
                     const struct wire_answer *answer);

#endif
