/* SPDX-License-Identifier: MIT */
#include "attest/cmd/key.h"

#include <openssl/pem.h>
#include <stdlib.h>

#include "attest/cmd/command.h"
#include "attest/manifest.h"

static void *parse_ca_key(struct bytes pem)
{
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.size);
    EVP_PKEY *key = PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    BIO_free(bio);
    return key;
}

static void *parse_certificate(struct bytes pem)
{
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.size);
    X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    return certificate;
}

static void *parse_public(struct bytes pem)
{
    return manifest_read_public(pem);
}

static void *parse_private(struct bytes pem)
{
    return manifest_read_private(pem);
}

/* The file's content may be secret: it does not stay in memory. */
static void *read_pem(const char *command, const char *path,
                      void *(*parse)(struct bytes pem), const char *what)
{
    struct bytes pem = command_read(command, path);
    if (pem.data == NULL) {
        return NULL;
    }
    void *read = parse(pem);
    if (read == NULL) {
        command_error(command, "%s: no %s in PEM", path, what);
    }
    OPENSSL_cleanse((void *)pem.data, pem.size);
    free((void *)pem.data);
    return read;
}

EVP_PKEY *command_read_public(const char *command, const char *path)
{
    return read_pem(command, path, parse_public, "P-256 public key");
}

EVP_PKEY *command_read_private(const char *command, const char *path)
{
    return read_pem(command, path, parse_private, "P-256 private key");
}

EVP_PKEY *command_read_ca_key(const char *command, const char *path)
{
    return read_pem(command, path, parse_ca_key, "private key");
}

X509 *command_read_certificate(const char *command, const char *path)
{
    return read_pem(command, path, parse_certificate, "certificate");
}
