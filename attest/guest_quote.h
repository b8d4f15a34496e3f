/* SPDX-License-Identifier: MIT */
/*
 * What a guest's TPM signed, and the path from there to what the platform's TPM
 * signed. By itself this proves nothing, for anybody can make a key: whose it
 * is, the hypervisor's log tells (attest/guest_chain.h).
 */
#ifndef VOUCH_ATTEST_GUEST_QUOTE_H
#define VOUCH_ATTEST_GUEST_QUOTE_H

#include "attest/component.h"
#include "attest/evidence.h"
#include "attest/quote.h"
#include "attest/reference.h"
#include "attest/replay.h"

struct guest_quote {
    enum component about; /* after a refusal */
    struct key_name ak, ek;
    struct tpms_quote quote;
    struct sha256_digest root; /* what the platform must have signed */
};

/* With a reason, out->about is what it is about. key is working space: an open
 * key or all zero, to be closed by the caller some day. */
enum reason guest_quote_check(struct hasher *hasher, struct attest_key *key,
                              const struct evidence *evidence,
                              struct bytes nonce, struct guest_quote *out);

/* The PCRs that a vTPM has before its guest's first command. */
void guest_quote_predict(struct hasher *hasher,
                         const struct reference_image *image,
                         struct sha256_digest values[24]);

/* Does the guest's log lead to these values, and to each digest its data?
 * work is working space. */
enum reason guest_quote_check_log(struct hasher *hasher, struct bytes log,
                                  const struct sha256_digest values[24],
                                  struct replay *work);

#endif
