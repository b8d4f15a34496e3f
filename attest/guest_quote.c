/* SPDX-License-Identifier: MIT */
/* A guest's quote is checked as a platform's is, but its key is its own. */
#include "attest/guest_quote.h"

#include <stdlib.h>

#include "lib/vouchlog.h"
#include "lib/vtpm_wire.h"

static enum reason name_of(struct hasher *hasher, struct bytes wire,
                           struct key_name *out)
{
    struct tpmt_public public;
    enum reason reason = tpms_parse_public(wire, &public);
    if (reason == REASON_NONE && public.name_algorithm != TPM_ALG_SHA256) {
        reason = REASON_KEY_WEAK;
    }
    if (reason == REASON_NONE) {
        *out = key_name_of(hasher, &public);
    }
    return reason;
}

/* Nothing around a guest's quote claims what it covers. */
static enum reason reason_of_guest(enum reason reason)
{
    return reason == REASON_NONCE_MISMATCH    ? REASON_GUEST_NONCE
           : reason == REASON_SELECTION_CLAIM ? REASON_SELECTION_REQUIRED
                                              : reason;
}

static enum reason check_signature(struct hasher *hasher,
                                   struct attest_key *key,
                                   const struct evidence_guest *guest,
                                   struct bytes nonce, struct guest_quote *out)
{
    struct tpmt_public public;
    const struct quote_input input = {.quote = guest->quote,
                                      .signature = guest->signature,
                                      .public = guest->public,
                                      .nonce = nonce,
                                      .claimed_pcrs = VTPM_QUOTE_PCRS,
                                      .required_pcrs = VTPM_QUOTE_PCRS};
    const struct keyring ring = {.keys = key, .count = 1};
    enum reason reason = tpms_parse_public(guest->public, &public);
    if (reason == REASON_NONE) {
        reason = key_reopen(hasher, &public, key);
    }
    if (reason != REASON_NONE) {
        return reason;
    }
    const struct attest_key *signer; /* there is but one */
    reason = quote_check(&input, &ring, hasher, &out->quote, &signer);
    out->ak = key->name;
    return reason_of_guest(reason);
}

enum reason guest_quote_check(struct hasher *hasher, struct attest_key *key,
                              const struct evidence *evidence,
                              struct bytes nonce, struct guest_quote *out)
{
    const struct evidence_guest *guest = &evidence->guest;
    out->about = COMPONENT_GUEST_QUOTE;
    enum reason reason = check_signature(hasher, key, guest, nonce, out);
    if (reason != REASON_NONE) {
        return reason;
    }
    out->about = COMPONENT_VTPM_IDENTITY;
    reason = name_of(hasher, guest->ek, &out->ek);
    if (reason != REASON_NONE) {
        return reason;
    }
    out->about = COMPONENT_PROOF;
    struct sha256_digest digest = hash_bytes(hasher, guest->quote);
    struct sha256_digest leaf = merkle_leaf(
        nonce, bytes_of(out->ak.bytes, sizeof(out->ak.bytes)), &digest);
    return merkle_follow(&leaf, &evidence->proof, &out->root)
               ? REASON_NONE
               : REASON_PROOF_MALFORMED;
}

static void extend_blob(struct hasher *hasher, enum vouchlog_tag tag,
                        const struct reference_blob *blob,
                        struct sha256_digest *pcr)
{
    uint8_t data[VOUCHLOG_MAX_DATA];
    struct buffer buffer = buffer_over(data, sizeof(data));
    if (vouchlog_build_blob(tag, &blob->digest, blob->size, &buffer) !=
        VOUCHLOG_OK) {
        abort();
    }
    struct sha256_digest digest = hash_bytes(hasher, buffer_bytes(&buffer));
    *pcr = hash_pair(hasher, sha256_bytes(pcr), sha256_bytes(&digest));
}

void guest_quote_predict(struct hasher *hasher,
                         const struct reference_image *image,
                         struct sha256_digest values[24])
{
    memset(values, 0, 24 * sizeof(*values));
    extend_blob(hasher, VOUCHLOG_GUEST_KERNEL, &image->kernel,
                &values[VTPM_PCR_KERNEL]);
    extend_blob(hasher, VOUCHLOG_GUEST_INITRD, &image->initrd,
                &values[VTPM_PCR_INITRD]);
    extend_blob(hasher, VOUCHLOG_GUEST_CMDLINE, &image->cmdline,
                &values[VTPM_PCR_CMDLINE]);
}

enum reason guest_quote_check_log(struct hasher *hasher, struct bytes log,
                                  const struct sha256_digest values[24],
                                  struct replay *work)
{
    enum reason reason = replay_log(hasher, log, work);
    if (reason != REASON_NONE) {
        return reason;
    }
    for (size_t i = 0; i < work->count; i++) {
        const struct tcg_event *event = &work->events[i].event;
        struct sha256_digest digest = hash_bytes(hasher, event->data);
        if (event->type != EV_NO_ACTION &&
            !sha256_equal(&digest, event->digest)) {
            return REASON_LOG_DATA;
        }
    }
    for (unsigned pcr = 0; pcr < 24; pcr++) {
        if ((VTPM_QUOTE_PCRS >> pcr & 1) != 0 &&
            !sha256_equal(&work->pcr[pcr], &values[pcr])) {
            return REASON_GUEST_LOG;
        }
    }
    return REASON_NONE;
}
