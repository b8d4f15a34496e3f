/* SPDX-License-Identifier: MIT */
/*
 * The quoted PCR values against those that the log leads to. A PCR of 17-22
 * that the log does not mention is 00 or FF in a machine where nothing extended
 * it; what that proves is left to the caller.
 */
#ifndef VOUCH_ATTEST_PCRS_H
#define VOUCH_ATTEST_PCRS_H

#include "attest/evidence.h"
#include "attest/quote.h"
#include "attest/reference.h"
#include "attest/replay.h"
#include "attest/verdict.h"

#define PCRS_FIRST_RESETTABLE 17
#define PCRS_LAST_LAUNCH      19

/* All 00 or all FF. */
static inline bool pcrs_is_untouched(const struct sha256_digest *value)
{
    uint8_t first = value->bytes[0], differs = 0;
    for (size_t i = 1; i < SHA256_SIZE; i++) {
        differs |= value->bytes[i] ^ first;
    }
    return differs == 0 && (first == 0x00 || first == 0xff);
}

/* The values that the quote covers: those in the evidence, or guessed. */
enum reason pcrs_take_values(struct hasher *hasher, const struct replay *replay,
                             const struct evidence *evidence,
                             const struct tpms_quote *quote,
                             struct sha256_digest values[24]);

/* BANK_ZERO, or why a PCR is not what the log says; tells which in out. */
enum reason pcrs_check(struct hasher *hasher, const struct replay *replay,
                       const struct reference *reference,
                       const struct sha256_digest values[24],
                       struct verdict *out);

#endif
