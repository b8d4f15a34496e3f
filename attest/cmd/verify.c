/* SPDX-License-Identifier: MIT */
/*
 * vouch verify: offline, from three files and a nonce. Whatever goes wrong,
 * the exit status is not 0, and the reason's class says which it is.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "attest/appraise.h"
#include "attest/cmd/command.h"
#include "attest/ear.h"
#include "attest/manifest.h"

static const char command[] = "verify";

struct inputs {
    const char *manifest, *manifest_key, *nonce, *json, *ear, *ear_key;
    const char *evidence;
};

struct material {
    struct bytes manifest, evidence;
    EVP_PKEY *manifest_key, *ear_key;
    uint8_t nonce[QUOTE_MAX_NONCE];
    size_t nonce_size;
};

static bool parse_inputs(int argc, char **argv, struct inputs *in)
{
    const struct option_spec options[] = {
        {.name = "--manifest", .value = &in->manifest},
        {.name = "--manifest-key", .value = &in->manifest_key},
        {.name = "--nonce", .value = &in->nonce},
        {.name = "--json", .is_flag = true, .value = &in->json},
        {.name = "--ear", .is_flag = true, .value = &in->ear},
        {.name = "--ear-key", .value = &in->ear_key},
        {.name = NULL}};
    if (!command_options(command, options, &argc, argv)) {
        return false;
    }
    if (argc != 2 || in->manifest == NULL || in->manifest_key == NULL ||
        in->nonce == NULL || (in->json != NULL && in->ear != NULL) ||
        (in->ear == NULL) != (in->ear_key == NULL)) {
        command_error(command,
                      "usage: --manifest M --manifest-key PUB --nonce HEX "
                      "[--json | --ear --ear-key KEY] EVIDENCE");
        return false;
    }
    in->evidence = argv[1];
    return true;
}

static EVP_PKEY *read_key(const char *path,
                          EVP_PKEY *(*parse)(struct bytes pem))
{
    struct bytes pem = command_read(command, path);
    EVP_PKEY *key = pem.data != NULL ? parse(pem) : NULL;
    if (pem.data != NULL && key == NULL) {
        command_error(command, "%s is no P-256 key in PEM", path);
    }
    free((void *)pem.data);
    return key;
}

static bool read_material(const struct inputs *in, struct material *out)
{
    if (!command_parse_hex(in->nonce, out->nonce, sizeof(out->nonce),
                           &out->nonce_size) ||
        out->nonce_size < QUOTE_MIN_NONCE) {
        command_error(command, "the nonce must be %d to %d bytes in hex",
                      QUOTE_MIN_NONCE, QUOTE_MAX_NONCE);
        return false;
    }
    out->manifest_key = read_key(in->manifest_key, manifest_read_public);
    if (out->manifest_key == NULL) {
        return false;
    }
    if (in->ear_key != NULL) {
        out->ear_key = read_key(in->ear_key, manifest_read_private);
        if (out->ear_key == NULL) {
            return false;
        }
    }
    out->manifest = command_read(command, in->manifest);
    out->evidence = out->manifest.data != NULL
                        ? command_read(command, in->evidence)
                        : bytes_none();
    return out->evidence.data != NULL;
}

static void free_material(struct material *material)
{
    EVP_PKEY_free(material->manifest_key);
    EVP_PKEY_free(material->ear_key);
    free((void *)material->manifest.data);
    free((void *)material->evidence.data);
}

static void judge(struct appraiser *appraiser, const struct material *material,
                  struct reference *reference, struct verdict *verdict)
{
    struct evidence evidence;
    enum reason reason =
        manifest_load(material->manifest_key, &appraiser->hasher,
                      material->manifest, time(NULL), reference);
    if (reason != REASON_NONE) {
        appraise_refuse(COMPONENT_MANIFEST, reason, verdict);
        return;
    }
    reason = evidence_parse(material->evidence, &evidence);
    if (reason != REASON_NONE) {
        appraise_refuse(COMPONENT_EVIDENCE, reason, verdict);
        return;
    }
    appraise(appraiser, reference, &evidence,
             bytes_of(material->nonce, material->nonce_size), verdict);
    evidence_free(&evidence);
}

static bool put_verdict(struct appraiser *appraiser, const struct inputs *in,
                        const struct material *material,
                        const struct verdict *verdict)
{
    size_t size = 0;
    const struct ear_input ear = {
        .verdict = verdict,
        .nonce = bytes_of(material->nonce, material->nonce_size),
        .issued_at = time(NULL)};
    char *text = in->json != NULL  ? verdict_json(verdict, &size)
                 : in->ear != NULL ? ear_sign(material->ear_key,
                                              &appraiser->hasher, &ear, &size)
                                   : verdict_text(verdict, &size);
    bool is_done =
        text != NULL && command_write(command, "-", bytes_of(text, size));
    free(text);
    return is_done;
}

int command_verify(int argc, char **argv)
{
    struct inputs inputs = {0};
    struct material material = {0};
    struct reference reference = {0};
    struct verdict verdict;
    int status = EXIT_USAGE;
    struct appraiser *appraiser = appraiser_create();
    if (appraiser == NULL) {
        command_error(command, "OpenSSL has no SHA-256");
        return EXIT_FAILED;
    }
    if (parse_inputs(argc, argv, &inputs) &&
        read_material(&inputs, &material)) {
        judge(appraiser, &material, &reference, &verdict);
        status = (int)reason_class(verdict.reason);
        if (!put_verdict(appraiser, &inputs, &material, &verdict) &&
            status == EXIT_DONE) {
            status = EXIT_FAILED;
        }
    }
    reference_free(&reference);
    free_material(&material);
    appraiser_destroy(appraiser);
    return status;
}
