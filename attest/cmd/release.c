/* SPDX-License-Identifier: MIT */
/*
 * vouch release: a secret for the guest whose evidence this is, if it is
 * trusted, and for nobody if it is not. Evidence of a platform alone will not
 * do, for there is nobody to release to.
 */
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

#include "attest/cmd/help.h"
#include "attest/cmd/judge.h"
#include "attest/cmd/key.h"
#include "attest/released.h"

static const char command[] = "release";

struct inputs {
    struct judge_inputs judge;
    const char *secret, *out, *key;
};

static bool parse_inputs(int argc, char **argv, struct inputs *in)
{
    const struct option_spec options[] = {
        JUDGE_OPTIONS(&in->judge),
        {.name = "--secret", .is_needed = true, .value = &in->secret},
        {.name = "--key", .value = &in->key},
        {.name = "-o", .is_needed = true, .value = &in->out},
        {.name = NULL}};
    if (!command_options(command, options, &argc, argv)) {
        return false;
    }
    if (argc != 2 || !judge_is_usable(&in->judge)) {
        help_after_error(command);
        return false;
    }
    if (in->judge.guest == NULL) {
        in->judge.any_guest = "--any-guest";
    }
    in->judge.evidence = argv[1];
    in->judge.is_for_guest = true;
    return true;
}

/* The evidence is trusted, so both keys are the registered ones, and the
 * quote's PCRs are those of a guest that the manifest knows. */
static bool address(struct judge *judge, struct released_to *out)
{
    const struct evidence_guest *guest = &judge->evidence.guest;
    struct hasher *hasher = &judge->appraiser->hasher;
    struct tpmt_public ak;
    struct tpms_quote quote;
    if (tpms_parse_public(guest->public, &ak) != REASON_NONE ||
        tpms_parse_quote(guest->quote, &quote) != REASON_NONE) {
        return false;
    }
    *out = (struct released_to){
        .ek = guest->ek,
        .ak = key_name_of(hasher, &ak),
        .policy = gate_policy(hasher, quote.pcrs, quote.pcr_digest)};
    return true;
}

/* An empty one is what a pipe brings whose other end failed. */
static struct bytes read_secret(const char *path)
{
    struct bytes secret = command_read(command, path);
    if (secret.data != NULL && secret.size == 0) {
        command_error(command, "%s: the secret is empty", path);
        free((void *)secret.data);
        secret = bytes_none();
    }
    return secret;
}

static bool release(struct judge *judge, const struct inputs *in,
                    struct bytes secret, EVP_PKEY *signer)
{
    struct released_to to;
    if (!address(judge, &to)) {
        return false;
    }
    size_t size = 0;
    to.signer = signer;
    char *text = released_make(&judge->appraiser->hasher, &to, secret, &size);
    if (text == NULL) {
        command_error(command, "the secret is too long, or the guest's "
                               "endorsement key is of another form");
        return false;
    }
    bool is_done = command_write(command, in->out, bytes_of(text, size));
    free(text);
    return is_done;
}

static int judge_and_release(const struct inputs *in, struct bytes secret,
                             EVP_PKEY *signer)
{
    struct judge judge;
    int status = EXIT_USAGE;
    if (judge_run(command, &in->judge, &judge) &&
        judge_trusts_guest(&judge, &status)) {
        status = release(&judge, in, secret, signer) ? EXIT_DONE : EXIT_FAILED;
    }
    judge_close(&judge);
    return status;
}

int command_release(int argc, char **argv)
{
    struct inputs inputs = {0};
    EVP_PKEY *signer = NULL;
    if (!parse_inputs(argc, argv, &inputs)) {
        return EXIT_USAGE;
    }
    if (inputs.key != NULL) {
        signer = command_read_private(command, inputs.key);
        if (signer == NULL) {
            return EXIT_USAGE;
        }
    }
    int status = EXIT_FAILED;
    struct bytes secret = read_secret(inputs.secret);
    if (secret.data != NULL) {
        status = judge_and_release(&inputs, secret, signer);
        OPENSSL_cleanse((void *)secret.data, secret.size);
        free((void *)secret.data);
    }
    EVP_PKEY_free(signer);
    return status;
}
