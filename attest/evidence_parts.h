/* SPDX-License-Identifier: MIT */
/* What the two files that read and write evidence share. */
#ifndef VOUCH_ATTEST_EVIDENCE_PARTS_H
#define VOUCH_ATTEST_EVIDENCE_PARTS_H

#include "attest/evidence.h"
#include "attest/json.h"

/* Decode member key into buffer, or leave *out empty if it is not there. */
void evidence_take_member(struct json_reader *reader, const json_t *object,
                          const char *key, struct buffer *buffer,
                          struct bytes *out);

/* Members "proof" and "guest" of root. */
void evidence_take_guest(struct json_reader *reader, const json_t *root,
                         struct buffer *buffer, struct evidence *out);
void evidence_put_guest(json_t *root, const struct evidence *evidence);

#endif
