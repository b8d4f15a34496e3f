/* SPDX-License-Identifier: MIT */
/*
 * A secret for one guest, as a file: encrypted with a fresh key, which is a
 * credential for the guest's vTPM (attest/credential.h). Who has the file and
 * not that vTPM has nothing. Whether the guest deserves it is the caller's to
 * know.
 */
#ifndef VOUCH_ATTEST_RELEASED_H
#define VOUCH_ATTEST_RELEASED_H

#include "attest/credential.h"

#define RELEASED_FORMAT     "vouch-released-1"
#define RELEASED_MAX_SECRET (1u << 20)
#define RELEASED_IV_SIZE    12
#define RELEASED_TAG_SIZE   16

struct released {
    struct key_name ak;
    struct credential credential; /* its secret is the key */
    uint8_t iv[RELEASED_IV_SIZE];
    struct bytes hidden; /* AES-256-GCM, the tag behind it */
    void *memory;        /* what hidden points into */
};

/* ek: a TPM2B_PUBLIC, an EK of a TPM that has the key named ak. Text to be
 * given to free; NULL if ek is no such key, secret is too long or OpenSSL
 * fails. */
char *released_make(struct bytes ek, const struct key_name *ak,
                    struct bytes secret, size_t *size);

/* False if text is not of our form; then there is nothing to free. */
NODISCARD bool released_parse(struct bytes text, struct released *out);
void released_free(struct released *released);

/* The secret, as long as hidden without its tag, into out. False if this is not
 * its key, or a byte of the file was changed. */
NODISCARD bool released_open(const struct released *released,
                             const uint8_t key[CREDENTIAL_SECRET_SIZE],
                             uint8_t *out);

#endif
