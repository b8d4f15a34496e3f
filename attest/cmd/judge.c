/* SPDX-License-Identifier: MIT */
/* Whatever cannot be read, parsed or trusted ends in a verdict that says so. */
#include "attest/cmd/judge.h"

#include <stdlib.h>
#include <time.h>

#include "attest/cmd/key.h"
#include "attest/manifest.h"

bool judge_is_usable(const struct judge_inputs *inputs)
{
    return inputs->manifest != NULL && inputs->manifest_key != NULL &&
           inputs->nonce != NULL &&
           (inputs->guest == NULL || inputs->any_guest == NULL);
}

bool judge_load_manifest(const char *command, const char *path,
                         const char *key_path, struct hasher *hasher,
                         struct reference *out)
{
    bool is_done = false;
    EVP_PKEY *key = command_read_public(command, key_path);
    struct bytes text =
        key != NULL ? command_read(command, path) : bytes_none();
    if (text.data != NULL) {
        enum reason reason = manifest_load(key, hasher, text, time(NULL), out);
        is_done = reason == REASON_NONE;
        if (!is_done) {
            command_error(command, "%s: %s: %s", path, reason_code(reason),
                          reason_meaning(reason));
        }
    }
    EVP_PKEY_free(key);
    free((void *)text.data);
    return is_done;
}

static bool read_inputs(const struct judge_inputs *in, struct judge *out)
{
    size_t size = 0;
    if (!command_parse_hex(in->nonce, out->nonce_data, sizeof(out->nonce_data),
                           &size) ||
        size < QUOTE_MIN_NONCE) {
        command_error(out->command, "the nonce must be %d to %d bytes in hex",
                      QUOTE_MIN_NONCE, QUOTE_MAX_NONCE);
        return false;
    }
    out->nonce = bytes_of(out->nonce_data, size);
    out->manifest_key = command_read_public(out->command, in->manifest_key);
    if (out->manifest_key == NULL) {
        return false;
    }
    out->manifest = command_read(out->command, in->manifest);
    if (out->manifest.data == NULL) {
        return false;
    }
    out->evidence_text = command_read(out->command, in->evidence);
    return out->evidence_text.data != NULL;
}

static void judge(const struct judge_inputs *in, struct judge *is)
{
    struct verdict *verdict = &is->verdict;
    enum reason reason =
        manifest_load(is->manifest_key, &is->appraiser->hasher, is->manifest,
                      time(NULL), &is->reference);
    if (reason != REASON_NONE) {
        appraise_refuse(COMPONENT_MANIFEST, reason, verdict);
        return;
    }
    if ((in->guest != NULL || in->any_guest != NULL) &&
        !reference_want_guest(&is->reference, in->guest)) {
        appraise_refuse(COMPONENT_GUEST, REASON_GUEST_UNKNOWN, verdict);
        return;
    }
    if (in->is_for_guest) {
        is->reference.is_shared_accepted = false;
    }
    reason = evidence_parse(is->evidence_text, &is->evidence);
    if (reason != REASON_NONE) {
        appraise_refuse(COMPONENT_EVIDENCE, reason, verdict);
        return;
    }
    appraise(is->appraiser, &is->reference, &is->evidence, is->nonce, verdict);
}

bool judge_run(const char *command, const struct judge_inputs *inputs,
               struct judge *out)
{
    *out = (struct judge){.command = command, .appraiser = appraiser_create()};
    if (out->appraiser == NULL) {
        command_error(command, "OpenSSL has no SHA-256");
        return false;
    }
    if (!read_inputs(inputs, out)) {
        return false;
    }
    judge(inputs, out);
    return true;
}

bool judge_trusts_guest(const struct judge *judge, int *status)
{
    const struct verdict *verdict = &judge->verdict;
    size_t size = 0;
    char *text = verdict_text(verdict, &size);
    (void)!command_write(judge->command, "/dev/stderr", bytes_of(text, size));
    free(text);
    *status = (int)reason_class(verdict->reason);
    if (verdict->reason == REASON_NONE && verdict->has_guest) {
        return true;
    }
    *status = *status == EXIT_DONE ? EXIT_FAILED : *status;
    return false;
}

void judge_close(struct judge *judge)
{
    evidence_free(&judge->evidence);
    reference_free(&judge->reference);
    EVP_PKEY_free(judge->manifest_key);
    free((void *)judge->manifest.data);
    free((void *)judge->evidence_text.data);
    appraiser_destroy(judge->appraiser);
}
