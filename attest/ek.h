/* SPDX-License-Identifier: MIT */
/*
 * An EK as it is in evidence. Is an EK certificate for it, and who says so? A
 * chain that ends at a software TPM's CA proves no hardware, so those anchors
 * are a class of their own, and nobody is taken for the other.
 */
#ifndef VOUCH_ATTEST_EK_H
#define VOUCH_ATTEST_EK_H

#include <openssl/evp.h>
#include <openssl/x509.h>

#include "lib/bytes.h"

enum ek_trust {
    EK_TRUST_NONE,     /* no certificate of an EK, or no chain to an anchor */
    EK_TRUST_SOFTWARE, /* a software TPM's CA */
    EK_TRUST_VENDOR,   /* a TPM vendor's CA */
    EK_TRUST_WRONG,    /* the certificate is for another key, or malformed */
};

struct ek_anchors {
    X509_STORE *vendor, *software; /* NULL: none given */
};

/* A TPM2B_PUBLIC as an OpenSSL key; NULL unless it is a storage key that never
 * leaves its TPM. To be freed with EVP_PKEY_free. */
EVP_PKEY *ek_import(struct bytes wire);

const char *ek_trust_name(enum ek_trust trust);
/* Of those that an enrolment can end with: all but EK_TRUST_WRONG. */
NODISCARD bool ek_trust_by_name(const char *name, enum ek_trust *out);

/* Add all certificates of a PEM file; false if there is none in it. */
NODISCARD bool ek_add_anchors(X509_STORE **store, struct bytes pem);

enum ek_trust ek_check(struct bytes certificate, EVP_PKEY *ek,
                       const struct ek_anchors *anchors);

#endif
