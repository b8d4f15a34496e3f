/* SPDX-License-Identifier: MIT */
/*
 * vouch verify: offline, from three files and a nonce. Whatever goes wrong,
 * the exit status is not 0, and the reason's class says which it is.
 */
#include <stdlib.h>
#include <time.h>

#include "attest/cmd/help.h"
#include "attest/cmd/judge.h"
#include "attest/cmd/key.h"
#include "attest/ear.h"

static const char command[] = "verify";

struct inputs {
    struct judge_inputs judge;
    const char *json, *ear, *ear_key;
};

static bool parse_inputs(int argc, char **argv, struct inputs *in)
{
    const struct option_spec options[] = {
        JUDGE_OPTIONS(&in->judge),
        {.name = "--json", .is_flag = true, .value = &in->json},
        {.name = "--ear", .is_flag = true, .value = &in->ear},
        {.name = "--ear-key", .value = &in->ear_key},
        {.name = NULL}};
    if (!command_options(command, options, &argc, argv)) {
        return false;
    }
    if (argc != 2 || !judge_is_usable(&in->judge) ||
        (in->json != NULL && in->ear != NULL) ||
        (in->ear == NULL) != (in->ear_key == NULL)) {
        help_after_error(command);
        return false;
    }
    in->judge.evidence = argv[1];
    return true;
}

static bool put_verdict(const struct judge *judge, const struct inputs *in,
                        EVP_PKEY *ear_key)
{
    size_t size = 0;
    const struct verdict *verdict = &judge->verdict;
    const struct ear_input ear = {.verdict = verdict,
                                  .nonce = judge->nonce,
                                  .manifest = judge->manifest,
                                  .issued_at = time(NULL)};
    char *text = in->json != NULL ? verdict_json(verdict, &size)
                 : in->ear != NULL
                     ? ear_sign(ear_key, &judge->appraiser->hasher, &ear, &size)
                     : verdict_text(verdict, &size);
    bool is_done =
        text != NULL && command_write(command, "-", bytes_of(text, size));
    free(text);
    return is_done;
}

int command_verify(int argc, char **argv)
{
    struct inputs inputs = {0};
    struct judge judge;
    EVP_PKEY *ear_key = NULL;
    int status = EXIT_USAGE;
    if (!parse_inputs(argc, argv, &inputs)) {
        return EXIT_USAGE;
    }
    if (inputs.ear_key != NULL) {
        ear_key = command_read_private(command, inputs.ear_key);
        if (ear_key == NULL) {
            return EXIT_USAGE;
        }
    }
    if (judge_run(command, &inputs.judge, &judge)) {
        status = (int)reason_class(judge.verdict.reason);
        if (!put_verdict(&judge, &inputs, ear_key) && status == EXIT_DONE) {
            status = EXIT_FAILED;
        }
    }
    judge_close(&judge);
    EVP_PKEY_free(ear_key);
    return status;
}
