/* SPDX-License-Identifier: MIT */
/*
 * From the files that somebody named to a verdict: for whatever command acts
 * on one.
 */
#ifndef VOUCH_ATTEST_CMD_JUDGE_H
#define VOUCH_ATTEST_CMD_JUDGE_H

#include <openssl/evp.h>

#include "attest/appraise.h"
#include "attest/cmd/command.h"

struct judge_inputs {
    const char *manifest, *manifest_key, *nonce, *evidence;
    const char *guest, *any_guest; /* neither: a platform's will do too */
    /* Something goes to the guest: shared PCRs, of which dom0 could have made
     * the guest up, will not do, whatever the manifest accepts. */
    bool is_for_guest;
};

struct judge {
    const char *command;
    EVP_PKEY *manifest_key;
    struct bytes manifest, evidence_text;
    uint8_t nonce_data[QUOTE_MAX_NONCE];
    struct bytes nonce;
    struct appraiser *appraiser;
    struct reference reference;
    struct evidence evidence; /* empty if it could not be read */
    struct verdict verdict;
};

/* The options of such a command that are in judge_inputs. */
#define JUDGE_OPTIONS(in)                                                      \
    {.name = "--manifest", .is_needed = true, .value = &(in)->manifest},       \
        {.name = "--manifest-key",                                             \
         .is_needed = true,                                                    \
         .value = &(in)->manifest_key},                                        \
        {.name = "--nonce", .is_needed = true, .value = &(in)->nonce},         \
        {.name = "--guest", .value = &(in)->guest},                            \
    {                                                                          \
        .name = "--any-guest", .is_flag = true, .value = &(in)->any_guest      \
    }

/* What is needed is there, and not more. */
bool judge_is_usable(const struct judge_inputs *inputs);

/* Reads, then appraises. False: a file or the nonce was none, and that was
 * said. To be closed in any case. */
NODISCARD bool judge_run(const char *command, const struct judge_inputs *inputs,
                         struct judge *out);
/* Shows the verdict on standard error, for the output may be a file's. False:
 * it is not that of a guest that is trusted; *status is what to exit with. */
NODISCARD bool judge_trusts_guest(const struct judge *judge, int *status);
void judge_close(struct judge *judge);

/* Whose signer is key_path's key. False: it is not, or one of the two cannot be
 * read, and that was said. */
NODISCARD bool judge_load_manifest(const char *command, const char *path,
                                   const char *key_path, struct hasher *hasher,
                                   struct reference *out);

#endif
