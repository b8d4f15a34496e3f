/* SPDX-License-Identifier: MIT */
/* What a verdict for programs and an EAR say in the same words. */
#ifndef VOUCH_ATTEST_VERDICT_MEMBERS_H
#define VOUCH_ATTEST_VERDICT_MEMBERS_H

#include <jansson.h>

#include "attest/verdict.h"

/* Which TPM attested, by its key's Name, and who vouches for its being one. Of
 * an authentic verdict. */
void verdict_put_tpm(const struct verdict *verdict, json_t *object);
/* Which guest it is, to its owner. */
void verdict_put_guest(const struct verdict_guest *guest, json_t *object);

#endif
