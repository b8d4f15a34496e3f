/* SPDX-License-Identifier: MIT */
/*
 * vouch vtpm certify: the operator's own CA signs a certificate for the EK of
 * the TPM of a guest whose evidence this is, if it is trusted, and for nobody
 * if it is not. Offline; the hypervisor's log says which EK is that TPM's.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "attest/cmd/help.h"
#include "attest/cmd/judge.h"
#include "attest/cmd/key.h"
#include "attest/cmd/state.h"
#include "attest/ek_certificate.h"

#define DAYS     3650
#define DAYS_MAX 36500

static const char command[] = "vtpm certify";

struct inputs {
    struct judge_inputs judge;
    const char *ca_key, *ca_certificate, *days_text, *out;
    unsigned days;
};

static bool parse_days(struct inputs *in)
{
    const char *text = in->days_text;
    in->days = DAYS;
    if (text == NULL) {
        return true;
    }
    size_t size = strspn(text, "0123456789");
    if (size == 0 || size > 5 || text[size] != 0) {
        return false;
    }
    in->days = (unsigned)strtoul(text, NULL, 10);
    return in->days != 0 && in->days <= DAYS_MAX;
}

static bool parse_inputs(int argc, char **argv, struct inputs *in)
{
    const struct option_spec options[] = {
        JUDGE_OPTIONS(&in->judge),
        {.name = "--ca-key", .is_needed = true, .value = &in->ca_key},
        {.name = "--ca-cert", .is_needed = true, .value = &in->ca_certificate},
        {.name = "--days", .value = &in->days_text},
        {.name = "-o", .is_needed = true, .value = &in->out},
        {.name = NULL}};
    if (!command_options(command, options, &argc, argv)) {
        return false;
    }
    if (argc != 2 || !judge_is_usable(&in->judge) || in->judge.guest == NULL ||
        !parse_days(in)) {
        help_after_error(command);
        return false;
    }
    in->judge.evidence = argv[1];
    in->judge.is_for_guest = true;
    return true;
}

/* ---- the CA ---- */

static bool read_issuer(const struct inputs *in, struct ek_issuer *out)
{
    *out = (struct ek_issuer){
        .key = command_read_ca_key(command, in->ca_key)};
    if (out->key != NULL) {
        out->certificate =
            command_read_certificate(command, in->ca_certificate);
    }
    return out->certificate != NULL;
}

static void free_issuer(struct ek_issuer *issuer)
{
    EVP_PKEY_free(issuer->key);
    X509_free(issuer->certificate);
}

/* ---- the certificate ---- */

static bool certify(const struct judge *judge, const struct inputs *in,
                    const struct ek_issuer *issuer)
{
    uint8_t der[VTPM_CERTIFICATE_MAX];
    struct buffer out = buffer_over(der, sizeof(der));
    enum ek_certificate_status status = ek_certificate_make(
        issuer, judge->evidence.guest.ek, time(NULL), in->days, &out);
    if (status != EK_CERTIFICATE_OK) {
        command_error(command, "%s", ek_certificate_status_text(status));
        return false;
    }
    return command_write(command, in->out, buffer_bytes(&out));
}

int command_vtpm_certify(int argc, char **argv)
{
    struct inputs inputs = {0};
    struct ek_issuer issuer;
    struct judge judge;
    int status = EXIT_USAGE;
    if (!parse_inputs(argc, argv, &inputs)) {
        return EXIT_USAGE;
    }
    if (!read_issuer(&inputs, &issuer)) {
        free_issuer(&issuer);
        return EXIT_USAGE;
    }
    if (judge_run(command, &inputs.judge, &judge) &&
        judge_trusts_guest(&judge, &status)) {
        status = certify(&judge, &inputs, &issuer) ? EXIT_DONE : EXIT_FAILED;
    }
    judge_close(&judge);
    free_issuer(&issuer);
    return status;
}
