/* SPDX-License-Identifier: MIT */
/* vouch ref: the operator's key, firmware endorsements, manifests. */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "attest/cmd/command.h"
#include "attest/cmd/key.h"
#include "attest/cmd/ref.h"
#include "attest/json.h"
#include "attest/manifest.h"
#include "attest/predict.h"

static struct bytes pem_of(BIO *bio)
{
    char *data;
    long size = BIO_get_mem_data(bio, &data);
    return bytes_of(data, size > 0 ? (size_t)size : 0);
}

static int keygen(int argc, char **argv)
{
    static const char command[] = "ref keygen";
    const char *private_path = NULL, *public_path = NULL;
    const struct option_spec options[] = {
        {.name = "-o", .value = &private_path},
        {.name = "-p", .value = &public_path},
        {.name = NULL}};
    if (!command_options(command, options, &argc, argv) || argc != 1 ||
        private_path == NULL || public_path == NULL) {
        command_error(command, "usage: -o PRIVATE -p PUBLIC");
        return EXIT_USAGE;
    }
    EVP_PKEY *key = EVP_EC_gen("prime256v1");
    BIO *private = BIO_new(BIO_s_mem()), *public = BIO_new(BIO_s_mem());
    bool is_done = key != NULL && private != NULL && public != NULL &&
                   PEM_write_bio_PKCS8PrivateKey(private, key, NULL, NULL, 0,
                                                 NULL, NULL) == 1 &&
                   PEM_write_bio_PUBKEY(public, key) == 1;
    if (!is_done) {
        command_error(command, "OpenSSL cannot make a P-256 key");
    }
    is_done = is_done &&
              command_write_private(command, private_path, pem_of(private)) &&
              command_write(command, public_path, pem_of(public));
    BIO_free(private);
    BIO_free(public);
    EVP_PKEY_free(key);
    return is_done ? EXIT_DONE : EXIT_FAILED;
}

static int endorse(int argc, char **argv)
{
    static const char command[] = "ref endorse";
    const char *log_path = NULL, *name = NULL, *out = NULL;
    const struct option_spec options[] = {
        {.name = "--from-log", .value = &log_path},
        {.name = "--name", .value = &name},
        {.name = "-o", .value = &out},
        {.name = NULL}};
    if (!command_options(command, options, &argc, argv) || argc != 1 ||
        log_path == NULL || out == NULL) {
        command_error(command, "usage: --from-log LOG [--name TEXT] -o FILE");
        return EXIT_USAGE;
    }
    struct hasher hasher;
    struct bytes log = command_read(command, log_path);
    if (log.data == NULL || !hasher_init(&hasher)) {
        free((void *)log.data);
        return EXIT_FAILED;
    }
    char *error = NULL;
    bool is_done = false;
    json_t *root =
        predict_endorse(&hasher, log, name != NULL ? name : "unnamed", &error);
    if (root == NULL) {
        command_error(command, "%s: %s", log_path, error);
    } else {
        is_done = command_write_json(command, out, root);
    }
    free(error);
    json_decref(root);
    hasher_free(&hasher);
    free((void *)log.data);
    return is_done ? EXIT_DONE : EXIT_FAILED;
}

static int show(int argc, char **argv)
{
    static const char command[] = "ref show";
    const char *key_path = NULL;
    const struct option_spec options[] = {{.name = "--key", .value = &key_path},
                                          {.name = NULL}};
    if (!command_options(command, options, &argc, argv) || argc != 2) {
        command_error(command, "usage: [--key PUBLIC] MANIFEST");
        return EXIT_USAGE;
    }
    struct hasher hasher;
    struct bytes text = command_read(command, argv[1]);
    if (text.data == NULL || !hasher_init(&hasher)) {
        free((void *)text.data);
        return EXIT_FAILED;
    }
    EVP_PKEY *key = NULL;
    json_t *payload = NULL;
    enum reason reason = REASON_MANIFEST_KEY;
    if (key_path != NULL) {
        key = command_read_public(command, key_path);
    }
    if (key_path == NULL || key != NULL) {
        reason = manifest_open(key, &hasher, text, &payload);
    }
    if (reason == REASON_NONE) {
        reason = command_write_json(command, "-", payload)
                     ? REASON_NONE
                     : REASON_MANIFEST_MALFORMED;
        if (key == NULL) {
            command_error(command, "the signature was not checked");
        }
    } else {
        command_error(command, "%s: %s", reason_code(reason),
                      reason_meaning(reason));
    }
    json_decref(payload);
    EVP_PKEY_free(key);
    hasher_free(&hasher);
    free((void *)text.data);
    return (int)reason_class(reason);
}

int command_ref(int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "keygen") == 0) {
        return keygen(argc - 1, argv + 1);
    }
    if (argc >= 2 && strcmp(argv[1], "endorse") == 0) {
        return endorse(argc - 1, argv + 1);
    }
    if (argc >= 3 && strcmp(argv[1], "make") == 0 &&
        strcmp(argv[2], "guest") == 0) {
        return command_ref_guest(argc - 2, argv + 2);
    }
    if (argc >= 3 && strcmp(argv[1], "make") == 0 &&
        strcmp(argv[2], "vtpm") == 0) {
        return command_ref_vtpm(argc - 2, argv + 2);
    }
    if (argc >= 2 && strcmp(argv[1], "make") == 0) {
        return command_ref_make(argc - 1, argv + 1);
    }
    if (argc >= 2 && strcmp(argv[1], "show") == 0) {
        return show(argc - 1, argv + 1);
    }
    command_error("ref", "keygen, endorse, make or show; see vouch-ref(1)");
    return EXIT_USAGE;
}
