/* SPDX-License-Identifier: MIT */
/*
 * The order of the checks decides which reason a forgery of several kinds gets:
 * structure, key, signature, then meaning.
 */
#include "attest/quote.h"

static enum reason find_key(const struct quote_input *input,
                            const struct keyring *ring, struct hasher *hasher,
                            const struct attest_key **out)
{
    struct tpmt_public public;
    enum reason reason = tpms_parse_public(input->public, &public);
    if (reason == REASON_NONE) {
        reason = key_check(&public);
    }
    if (reason != REASON_NONE) {
        return reason;
    }
    struct key_name name = key_name_of(hasher, &public);
    for (size_t i = 0; i < ring->count; i++) {
        if (key_name_equal(&ring->keys[i].name, &name)) {
            *out = &ring->keys[i];
            return REASON_NONE;
        }
    }
    return REASON_KEY_UNKNOWN;
}

static enum reason check_selection(const struct tpms_quote *quote,
                                   const struct quote_input *input)
{
    if (quote->bank_count == 0 ||
        (quote->bank_count == 1 && quote->pcrs == 0)) {
        return REASON_SELECTION_EMPTY;
    }
    if (quote->bank_count != 1 || quote->bank != TPM_ALG_SHA256) {
        return REASON_SELECTION_BANK;
    }
    if (quote->pcrs != input->claimed_pcrs) {
        return REASON_SELECTION_CLAIM;
    }
    return quote->pcrs == input->required_pcrs ? REASON_NONE
                                               : REASON_SELECTION_REQUIRED;
}

enum reason quote_check(const struct quote_input *input,
                        const struct keyring *ring, struct hasher *hasher,
                        struct tpms_quote *out,
                        const struct attest_key **signer)
{
    const struct attest_key *key = NULL;
    struct tpmt_signature signature;
    enum reason reason = tpms_parse_quote(input->quote, out);
    if (reason == REASON_NONE) {
        reason = tpms_parse_signature(input->signature, &signature);
    }
    if (reason == REASON_NONE) {
        reason = find_key(input, ring, hasher, &key);
    }
    if (reason == REASON_NONE) {
        reason = key_verify(key, hasher, input->quote, &signature);
    }
    if (reason != REASON_NONE) {
        return reason;
    }
    if (!bytes_equal(out->extra_data, input->nonce)) {
        return REASON_NONCE_MISMATCH;
    }
    *signer = key;
    return check_selection(out, input);
}

bool quote_covers(struct hasher *hasher, uint32_t pcrs,
                  const struct sha256_digest values[24], struct bytes digest)
{
    uint8_t all[24 * SHA256_SIZE];
    struct buffer buffer = buffer_over(all, sizeof(all));
    struct writer writer = writer_begin(&buffer);
    for (unsigned pcr = 0; pcr < 24; pcr++) {
        if ((pcrs >> pcr & 1) != 0) {
            put_bytes(&writer, sha256_bytes(&values[pcr]));
        }
    }
    struct sha256_digest computed = hash_bytes(hasher, buffer_bytes(&buffer));
    return writer_end(&writer) && bytes_equal(sha256_bytes(&computed), digest);
}
