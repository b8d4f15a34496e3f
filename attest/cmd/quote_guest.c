/* SPDX-License-Identifier: MIT */
/*
 * vouch quote in a guest: the vTPM's quote, then the platform's, which has the
 * first in its tree. What the platform's daemon answers is put into the file
 * as it came, once it has the form of evidence.
 */
#include "attest/cmd/quote_guest.h"

#include <stdlib.h>
#include <string.h>

#include "attest/cmd/command.h"
#include "attest/cmd/tpm_guest.h"
#include "attest/evidence_parts.h"
#include "attest/hash.h"
#include "lib/vtpm_wire.h"

static bool take_quote(struct tpm *tpm, struct bytes nonce, struct tpm_key *ak,
                       struct tpm_key *ek, struct tpm_quote *quote)
{
    if (!tpm_create_guest_ek(tpm, ek)) {
        return false;
    }
    tpm_flush(tpm, ek);
    if (!tpm_create_ak(tpm, ak)) {
        return false;
    }
    bool is_done = tpm_quote(tpm, ak, nonce, VTPM_QUOTE_PCRS, quote);
    tpm_flush(tpm, ak);
    return is_done;
}

static struct bytes ask_platform(struct tpm *tpm, struct bytes nonce,
                                 const struct tpm_quote *quote)
{
    struct hasher hasher;
    if (!hasher_init(&hasher)) {
        return bytes_none();
    }
    struct sha256_digest digest =
        hash_bytes(&hasher, bytes_of(quote->quote, quote->quote_size));
    hasher_free(&hasher);
    return tpm_guest_ask_platform(tpm, nonce, &digest);
}

/* The daemon's object becomes the evidence's. */
static char *join(const char *command, struct bytes platform,
                  const struct evidence *guest, size_t *size)
{
    json_t *root, *part = json_object();
    struct evidence read;
    if (json_read(platform, &root) != JSON_STATUS_OK) {
        command_error(command, "the platform's answer is no JSON");
        json_decref(part);
        return NULL;
    }
    evidence_put_guest(part, guest);
    json_put(root, "format", json_string(EVIDENCE_GUEST_FORMAT));
    json_put(root, "guest", json_incref(json_object_get(part, "guest")));
    json_decref(part);
    char *text = json_text(root, size);
    json_decref(root);
    if (evidence_parse(bytes_of(text, *size), &read) != REASON_NONE) {
        command_error(command, "the platform's answer is no evidence");
        free(text);
        return NULL;
    }
    evidence_free(&read);
    return text;
}

char *quote_guest(struct tpm *tpm, struct bytes nonce, size_t *size)
{
    struct tpm_key ak, ek;
    struct tpm_quote quote;
    if (nonce.size != TPM_GUEST_NONCE_SIZE) {
        command_error(tpm->command, "in a guest the nonce must be %d bytes",
                      TPM_GUEST_NONCE_SIZE);
        return NULL;
    }
    if (!take_quote(tpm, nonce, &ak, &ek, &quote)) {
        return NULL;
    }
    struct bytes platform = ask_platform(tpm, nonce, &quote);
    if (platform.size == 0) {
        return NULL;
    }
    struct evidence is = {.has_guest = true};
    is.guest = (struct evidence_guest){
        .quote = bytes_of(quote.quote, quote.quote_size),
        .signature = bytes_of(quote.signature, quote.signature_size),
        .public = bytes_of(ak.wire, ak.wire_size),
        .ek = bytes_of(ek.wire, ek.wire_size),
        .log = tpm_read_index(tpm, VTPM_NV_LOG)};
    char *text = join(tpm->command, platform, &is, size);
    free((void *)is.guest.log.data);
    free((void *)platform.data);
    return text;
}
