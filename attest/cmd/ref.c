/* SPDX-License-Identifier: MIT */
/* vouch ref: the operator's key, firmware endorsements, manifests. */
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "attest/cmd/command.h"
#include "attest/cmd/help.h"
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

static const char command_keygen[] = "ref keygen";
static const char command_show[] = "ref show";

/* A device or a pipe takes keys, and keeps none. */
static bool is_kept(const char *path)
{
    struct stat status;
    return strcmp(path, "-") != 0 && lstat(path, &status) == 0 &&
           (stat(path, &status) != 0 || S_ISREG(status.st_mode));
}

static bool are_same(const char *path, const char *other)
{
    struct stat one, two;
    return strcmp(path, other) == 0 ||
           (stat(path, &one) == 0 && stat(other, &two) == 0 &&
            S_ISREG(one.st_mode) && one.st_dev == two.st_dev &&
            one.st_ino == two.st_ino);
}

/* A private key that is there is not replaced: there may be no other copy. */
static bool may_be_made(const char *private_path, const char *public_path)
{
    if (is_kept(private_path)) {
        command_error(command_keygen, "%s exists; remove it first",
                      private_path);
        return false;
    }
    if (strcmp(private_path, public_path) == 0) {
        command_error(command_keygen, "two keys need two files");
        return false;
    }
    return true;
}

/* Both, or none. Two names of one file show when the first key is in it. */
static bool write_pair(const char *private_path, struct bytes private,
                       const char *public_path, struct bytes public)
{
    if (!command_write_private(command_keygen, private_path, private)) {
        return false;
    }
    bool are_two = !are_same(private_path, public_path);
    if (!are_two) {
        command_error(command_keygen, "two keys need two files");
    }
    if (are_two && command_write(command_keygen, public_path, public)) {
        return true;
    }
    if (is_kept(private_path)) {
        unlink(private_path);
    }
    return false;
}

static bool make_pair(const char *private_path, const char *public_path)
{
    EVP_PKEY *key = EVP_EC_gen("prime256v1");
    BIO *private = BIO_new(BIO_s_mem()), *public = BIO_new(BIO_s_mem());
    bool is_done = key != NULL && private != NULL && public != NULL &&
                   PEM_write_bio_PKCS8PrivateKey(private, key, NULL, NULL, 0,
                                                 NULL, NULL) == 1 &&
                   PEM_write_bio_PUBKEY(public, key) == 1;
    if (!is_done) {
        command_error(command_keygen, "OpenSSL cannot make a P-256 key");
    }
    is_done = is_done && write_pair(private_path, pem_of(private), public_path,
                                    pem_of(public));
    BIO_free(private);
    BIO_free(public);
    EVP_PKEY_free(key);
    return is_done;
}

static int keygen(int argc, char **argv)
{
    const char *private_path = NULL, *public_path = NULL;
    const struct option_spec options[] = {
        {.name = "-o", .is_needed = true, .value = &private_path},
        {.name = "-p", .is_needed = true, .value = &public_path},
        {.name = NULL}};
    if (!command_options(command_keygen, options, &argc, argv) || argc != 1) {
        help_after_error(command_keygen);
        return EXIT_USAGE;
    }
    if (!may_be_made(private_path, public_path)) {
        return EXIT_FAILED;
    }
    return make_pair(private_path, public_path) ? EXIT_DONE : EXIT_FAILED;
}

static int endorse(int argc, char **argv)
{
    static const char command[] = "ref endorse";
    const char *log_path = NULL, *name = NULL, *out = NULL;
    const struct option_spec options[] = {
        {.name = "--from-log", .is_needed = true, .value = &log_path},
        {.name = "--name", .value = &name},
        {.name = "-o", .is_needed = true, .value = &out},
        {.name = NULL}};
    if (!command_options(command, options, &argc, argv) || argc != 1) {
        help_after_error(command);
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

/* key: NULL, and its signature is not looked at. */
static int show_manifest(struct hasher *hasher, EVP_PKEY *key,
                         struct bytes text)
{
    json_t *payload = NULL;
    enum reason reason = manifest_open(key, hasher, text, &payload);
    if (reason != REASON_NONE) {
        command_error(command_show, "%s: %s", reason_code(reason),
                      reason_meaning(reason));
        return (int)reason_class(reason);
    }
    bool is_done = command_write_json(command_show, "-", payload);
    if (key == NULL) {
        command_error(command_show, "the signature was not checked");
    }
    json_decref(payload);
    return is_done ? EXIT_DONE : EXIT_FAILED;
}

static int show(int argc, char **argv)
{
    const char *key_path = NULL;
    const struct option_spec options[] = {{.name = "--key", .value = &key_path},
                                          {.name = NULL}};
    if (!command_options(command_show, options, &argc, argv) || argc != 2) {
        help_after_error(command_show);
        return EXIT_USAGE;
    }
    EVP_PKEY *key = NULL;
    if (key_path != NULL) {
        key = command_read_public(command_show, key_path);
        if (key == NULL) {
            return EXIT_USAGE;
        }
    }
    int status = EXIT_FAILED;
    struct hasher hasher;
    struct bytes text = command_read(command_show, argv[1]);
    if (text.data != NULL && hasher_init(&hasher)) {
        status = show_manifest(&hasher, key, text);
        hasher_free(&hasher);
    }
    EVP_PKEY_free(key);
    free((void *)text.data);
    return status;
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
    help_after_error("ref");
    return EXIT_USAGE;
}
