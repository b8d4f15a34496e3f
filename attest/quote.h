/* SPDX-License-Identifier: MIT */
/*
 * What a quote proves: a known key of a TPM signed, for this nonce, the digest
 * of exactly the PCRs that are asked for. Nothing is believed that was not
 * signed: the selection comes from the quote, never from the file around it.
 */
#ifndef VOUCH_ATTEST_QUOTE_H
#define VOUCH_ATTEST_QUOTE_H

#include "attest/key.h"

/*
 * A platform's fixed selection, SHA-256 bank. 0-7 firmware, 8 and 9 GRUB, 11
 * and 12 the hypervisor where it has locality 0 only, 17-20 dynamic launch, 21
 * and 22 the hypervisor. Not 10 (dom0's IMA), nor 16 and 23, which anybody can
 * reset.
 */
#define QUOTE_PCRS      0x007e1bffu

#define QUOTE_MIN_NONCE 16
#define QUOTE_MAX_NONCE 32

/* A verifier's trusted keys. */
struct keyring {
    const struct attest_key *keys;
    size_t count;
};

struct quote_input {
    struct bytes quote, signature, public; /* wire form */
    struct bytes nonce;
    uint32_t claimed_pcrs;  /* what the file around the quote says it covers */
    uint32_t required_pcrs; /* what it must cover */
};

/*
 * Everything but the PCR digest, which needs the values: parses, finds the key
 * in the ring, checks the signature, the nonce and the selection. *signer is
 * that key if nothing was wrong.
 */
enum reason quote_check(const struct quote_input *input,
                        const struct keyring *ring, struct hasher *hasher,
                        struct tpms_quote *out,
                        const struct attest_key **signer);

/* Is digest the one over values (indexed by PCR) of the PCRs in the mask? */
bool quote_covers(struct hasher *hasher, uint32_t pcrs,
                  const struct sha256_digest values[24], struct bytes digest);

#endif
