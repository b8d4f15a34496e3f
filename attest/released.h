/* SPDX-License-Identifier: MIT */
/*
 * A secret for one guest, as a file: encrypted with a fresh key, which is a
 * credential for the guest's vTPM (attest/credential.h) as long as its PCRs are
 * as they were quoted (attest/gate.h). Who has the file and not that vTPM, or
 * starts another kernel with it, has nothing. Whether the guest deserves it is
 * the caller's to know. Anybody who saw the guest's evidence can make such a
 * file; a signature says who did.
 */
#ifndef VOUCH_ATTEST_RELEASED_H
#define VOUCH_ATTEST_RELEASED_H

#include "attest/credential.h"
#include "attest/ecdsa.h"
#include "attest/gate.h"

#define RELEASED_FORMAT     "vouch-released-1"
#define RELEASED_MAX_SECRET (1u << 20)
#define RELEASED_IV_SIZE    12
#define RELEASED_TAG_SIZE   16

struct released {
    struct key_name ak; /* of the guest: says for whom the file is */
    struct sha256_digest policy;
    struct credential credential; /* its secret is the key */
    uint8_t iv[RELEASED_IV_SIZE];
    struct bytes hidden;              /* AES-256-GCM, the tag behind it */
    struct ecdsa_signature signature; /* size 0: it is not signed */
    void *memory;                     /* what hidden points into */
};

/* To whom: the EK (TPM2B_PUBLIC) of a TPM that has the key named ak, and the
 * policy of its gate. */
struct released_to {
    struct bytes ek;
    struct key_name ak;
    struct sha256_digest policy;
    EVP_PKEY *signer; /* P-256; NULL: nobody signs it */
};

/* Text to be given to free; NULL if the EK is no such key, secret is too long
 * or OpenSSL fails. */
char *released_make(struct hasher *hasher, const struct released_to *to,
                    struct bytes secret, size_t *size);

/* False if text is not of our form; then there is nothing to free. */
NODISCARD bool released_parse(struct bytes text, struct released *out);
void released_free(struct released *released);

/* Did this key sign it, whole? */
bool released_is_by(const struct released *released, EVP_PKEY *signer);

/* The secret, as long as hidden without its tag, into out. False if this is not
 * its key, or a byte of the file was changed. */
NODISCARD bool released_open(const struct released *released,
                             const uint8_t key[CREDENTIAL_SECRET_SIZE],
                             uint8_t *out);

#endif
