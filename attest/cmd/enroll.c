/* SPDX-License-Identifier: MIT */
/*
 * vouch enroll: the attestation key's public part, with what is known of the
 * TPM that it lives in. That it lives in the TPM of that EK is proven by a
 * credential made in software, not believed.
 */
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "attest/cmd/command.h"
#include "attest/cmd/help.h"
#include "attest/cmd/tpm.h"
#include "attest/ek.h"
#include "attest/json.h"

static const char command[] = "enroll";

struct inputs {
    const char *tcti, *out;
    const char *vendor_cas[COMMAND_MAX_REPEATS];
    const char *software_cas[COMMAND_MAX_REPEATS];
    size_t vendor_count, software_count;
};

struct enrolment {
    struct tpm_key ak, ek;
    struct key_name name;
    struct bytes certificate;
    enum ek_trust trust;
};

static bool parse_inputs(int argc, char **argv, struct inputs *in)
{
    const struct option_spec options[] = {
        {.name = "--tcti", .value = &in->tcti},
        {.name = "--ek-ca",
         .values = in->vendor_cas,
         .count = &in->vendor_count},
        {.name = "--swtpm-ca",
         .values = in->software_cas,
         .count = &in->software_count},
        {.name = "-o", .is_needed = true, .value = &in->out},
        {.name = NULL}};
    if (!command_options(command, options, &argc, argv)) {
        return false;
    }
    if (argc != 1) {
        help_after_error(command);
        return false;
    }
    return true;
}

static bool load_anchors(const char *const *paths, size_t count,
                         X509_STORE **store)
{
    for (size_t i = 0; i < count; i++) {
        struct bytes pem = command_read(command, paths[i]);
        bool is_good = pem.data != NULL && ek_add_anchors(store, pem);
        if (pem.data != NULL && !is_good) {
            command_error(command, "%s: no certificate in PEM", paths[i]);
        }
        free((void *)pem.data);
        if (!is_good) {
            return false;
        }
    }
    return true;
}

/* The secret comes back only from the TPM that has both keys. */
static bool prove(struct tpm *tpm, EVP_PKEY *ek, const struct enrolment *is)
{
    uint8_t secret[CREDENTIAL_SECRET_SIZE], found[CREDENTIAL_SECRET_SIZE];
    struct credential credential;
    if (RAND_bytes(secret, sizeof(secret)) != 1 ||
        !credential_make(ek, &is->name, secret, &credential)) {
        command_error(command, "cannot make a credential for this EK");
        return false;
    }
    if (!tpm_activate(tpm, &is->ak, &is->ek, &credential, found) ||
        CRYPTO_memcmp(secret, found, sizeof(secret)) != 0) {
        command_error(command, "the TPM did not prove that the attestation "
                               "key lives with this EK");
        return false;
    }
    return true;
}

static bool check_enrolment(struct tpm *tpm, const struct inputs *in,
                            struct hasher *hasher, struct enrolment *is)
{
    struct tpmt_public ak;
    struct ek_anchors anchors = {0};
    if (tpms_parse_public(bytes_of(is->ak.wire, is->ak.wire_size), &ak) !=
            REASON_NONE ||
        key_check(&ak) != REASON_NONE) {
        command_error(command, "the TPM made a key of another form");
        return false;
    }
    is->name = key_name_of(hasher, &ak);
    EVP_PKEY *key = ek_import(bytes_of(is->ek.wire, is->ek.wire_size));
    if (key == NULL) {
        command_error(command, "the TPM made an EK of another form");
        return false;
    }
    bool is_good =
        prove(tpm, key, is) &&
        load_anchors(in->vendor_cas, in->vendor_count, &anchors.vendor) &&
        load_anchors(in->software_cas, in->software_count, &anchors.software);
    if (is_good) {
        is->trust = ek_check(is->certificate, key, &anchors);
        bool is_asked = in->vendor_count + in->software_count != 0;
        is_good = is->trust != EK_TRUST_WRONG &&
                  (is->trust != EK_TRUST_NONE || !is_asked);
        if (!is_good) {
            command_error(command,
                          is->trust == EK_TRUST_WRONG
                              ? "the EK certificate is not for this EK"
                              : "no EK certificate with a chain to a given "
                                "CA (one of an EK has 2.23.133.8.1 as extended "
                                "key usage and is no CA's; MD5 and SHA-1 do "
                                "not count)");
        }
    }
    X509_STORE_free(anchors.vendor);
    X509_STORE_free(anchors.software);
    EVP_PKEY_free(key);
    return is_good;
}

static bool put_enrolment(const struct inputs *in, const struct enrolment *is)
{
    json_t *root = json_object();
    json_put(root, "format", json_string("vouch-ak-1"));
    json_put(root, "name",
             json_hex(bytes_of(is->name.bytes, sizeof(is->name.bytes))));
    json_put(root, "public",
             json_base64(bytes_of(is->ak.wire, is->ak.wire_size)));
    json_put(root, "ek_public",
             json_base64(bytes_of(is->ek.wire, is->ek.wire_size)));
    if (is->certificate.size != 0) {
        json_put(root, "ek_certificate", json_base64(is->certificate));
    }
    json_put(root, "ek_trust", json_string(ek_trust_name(is->trust)));
    json_put(root, "activated", json_true());
    bool is_done = command_write_json(command, in->out, root);
    json_decref(root);
    return is_done;
}

static bool enrol(struct tpm *tpm, const struct inputs *in,
                  struct hasher *hasher)
{
    struct enrolment is = {0};
    if (!tpm_create_ak(tpm, &is.ak)) {
        return false;
    }
    bool is_done = tpm_create_ek(tpm, &is.ek);
    if (is_done) {
        is.certificate = tpm_read_ek_certificate(tpm);
        is_done =
            check_enrolment(tpm, in, hasher, &is) && put_enrolment(in, &is);
        tpm_flush(tpm, &is.ek);
    }
    tpm_flush(tpm, &is.ak);
    free((void *)is.certificate.data);
    return is_done;
}

int command_enroll(int argc, char **argv)
{
    struct inputs inputs = {0};
    struct hasher hasher;
    struct tpm tpm;
    if (!parse_inputs(argc, argv, &inputs)) {
        return EXIT_USAGE;
    }
    if (!hasher_init(&hasher)) {
        command_error(command, "OpenSSL has no SHA-256");
        return EXIT_FAILED;
    }
    bool is_done = false;
    if (tpm_open(command, inputs.tcti, &tpm)) {
        is_done = enrol(&tpm, &inputs, &hasher);
        tpm_close(&tpm);
    }
    hasher_free(&hasher);
    return is_done ? EXIT_DONE : EXIT_FAILED;
}
