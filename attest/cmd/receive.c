/* SPDX-License-Identifier: MIT */
/* vouch receive: in the guest, the secret that was released to it. */
#include <openssl/crypto.h>
#include <stdlib.h>

#include "attest/cmd/help.h"
#include "attest/cmd/judge.h"
#include "attest/cmd/key.h"
#include "attest/cmd/tpm.h"
#include "attest/released.h"
#include "lib/vtpm_wire.h"

static const char command[] = "receive";

struct inputs {
    const char *tcti, *out, *from, *released;
};

static bool parse_inputs(int argc, char **argv, struct inputs *in)
{
    const struct option_spec options[] = {
        {.name = "--tcti", .value = &in->tcti},
        {.name = "-o", .is_needed = true, .value = &in->out},
        {.name = "--from", .value = &in->from},
        {.name = NULL}};
    if (!command_options(command, options, &argc, argv) || argc != 2) {
        help_after_error(command);
        return false;
    }
    in->released = argv[1];
    return true;
}

static bool is_for_us(const struct tpm_key *ak, const struct released *released)
{
    struct hasher hasher;
    struct tpmt_public public;
    if (tpms_parse_public(bytes_of(ak->wire, ak->wire_size), &public) !=
            REASON_NONE ||
        !hasher_init(&hasher)) {
        return false;
    }
    struct key_name name = key_name_of(&hasher, &public);
    hasher_free(&hasher);
    if (!key_name_equal(&name, &released->ak)) {
        command_error(command, "it was released to another TPM");
        return false;
    }
    return true;
}

/* With --from, only what that key signed is looked at any further. */
static bool is_from(const struct inputs *in, const struct released *released)
{
    if (in->from == NULL) {
        return true;
    }
    EVP_PKEY *signer = command_read_public(command, in->from);
    bool is_good = signer != NULL && released_is_by(released, signer);
    if (signer != NULL && !is_good) {
        command_error(command, "%s: not released by the key %s", in->released,
                      in->from);
    }
    EVP_PKEY_free(signer);
    return is_good;
}

static bool load_gate(struct tpm *tpm, const struct released *released,
                      struct tpm_key *out)
{
    uint8_t wire[GATE_MAX_PUBLIC];
    struct buffer public = buffer_over(wire, sizeof(wire));
    TPM2B_SENSITIVE sensitive = {
        .sensitiveArea = {.sensitiveType = TPM2_ALG_KEYEDHASH,
                          .seedValue.size = GATE_SECRET_SIZE,
                          .sensitive.bits.size = GATE_SECRET_SIZE}};
    struct hasher hasher;
    if (!hasher_init(&hasher)) {
        return false;
    }
    bool is_done = gate_public(&hasher, &released->policy, &public);
    hasher_free(&hasher);
    gate_sensitive(sensitive.sensitiveArea.seedValue.buffer);
    gate_sensitive(sensitive.sensitiveArea.sensitive.bits.buffer);
    return is_done &&
           tpm_load_public(tpm, buffer_bytes(&public), &sensitive, out);
}

/* What only this TPM can do, and only while its guest is what it was. */
static bool pass_gate(struct tpm *tpm, const struct released *released,
                      uint8_t key[CREDENTIAL_SECRET_SIZE])
{
    struct tpm_key gate, ek;
    ESYS_TR session = ESYS_TR_NONE;
    if (!load_gate(tpm, released, &gate)) {
        return false;
    }
    bool is_done = tpm_create_guest_ek(tpm, &ek);
    if (is_done) {
        is_done = tpm_start_gate_session(tpm, VTPM_QUOTE_PCRS, &session) &&
                  tpm_activate_by(tpm, &gate, session, &ek,
                                  &released->credential, key);
        tpm_flush(tpm, &ek);
    }
    if (session != ESYS_TR_NONE) {
        (void)Esys_FlushContext(tpm->esys, session);
    }
    tpm_flush(tpm, &gate);
    return is_done;
}

static bool find_key(struct tpm *tpm, const struct released *released,
                     uint8_t key[CREDENTIAL_SECRET_SIZE])
{
    struct tpm_key ak;
    if (!tpm_create_ak(tpm, &ak)) {
        return false;
    }
    tpm_flush(tpm, &ak);
    return is_for_us(&ak, released) && pass_gate(tpm, released, key);
}

static bool open_released(const struct released *released,
                          const uint8_t key[CREDENTIAL_SECRET_SIZE],
                          const char *path)
{
    size_t size = released->hidden.size - RELEASED_TAG_SIZE;
    uint8_t *secret = malloc(size + 1);
    if (secret == NULL) {
        return false;
    }
    bool is_done = released_open(released, key, secret);
    if (!is_done) {
        command_error(command, "the file was changed");
    }
    is_done =
        is_done && command_write_private(command, path, bytes_of(secret, size));
    OPENSSL_cleanse(secret, size);
    free(secret);
    return is_done;
}

static bool receive(const struct inputs *in, const struct released *released)
{
    uint8_t key[CREDENTIAL_SECRET_SIZE];
    struct tpm tpm;
    if (!tpm_open(command, in->tcti, &tpm)) {
        return false;
    }
    bool is_done =
        find_key(&tpm, released, key) && open_released(released, key, in->out);
    OPENSSL_cleanse(key, sizeof(key));
    tpm_close(&tpm);
    return is_done;
}

int command_receive(int argc, char **argv)
{
    struct inputs inputs = {0};
    struct released released;
    if (!parse_inputs(argc, argv, &inputs)) {
        return EXIT_USAGE;
    }
    struct bytes text = command_read(command, inputs.released);
    if (text.data == NULL) {
        return EXIT_FAILED;
    }
    bool is_done = released_parse(text, &released);
    if (!is_done) {
        command_error(command, "%s is not of the form " RELEASED_FORMAT,
                      inputs.released);
    } else {
        is_done = is_from(&inputs, &released) && receive(&inputs, &released);
        released_free(&released);
    }
    free((void *)text.data);
    return is_done ? EXIT_DONE : EXIT_FAILED;
}
