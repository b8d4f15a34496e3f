/* SPDX-License-Identifier: MIT */
/* Keys and certificates in PEM files; NULL if there is none, and that was said. */
#ifndef VOUCH_ATTEST_CMD_KEY_H
#define VOUCH_ATTEST_CMD_KEY_H

#include <openssl/evp.h>
#include <openssl/x509.h>

EVP_PKEY *command_read_public(const char *command, const char *path);
EVP_PKEY *command_read_private(const char *command, const char *path);
/* Of any kind that a CA may have. */
EVP_PKEY *command_read_ca_key(const char *command, const char *path);
X509 *command_read_certificate(const char *command, const char *path);

#endif
