/* SPDX-License-Identifier: MIT */
/*
 * A certificate for the endorsement key of a guest's TPM, from an operator's
 * own CA (TCG EK Credential Profile 2.5, chapter 3). Whether the key deserves
 * one is the caller's to know.
 */
#ifndef VOUCH_ATTEST_EK_CERTIFICATE_H
#define VOUCH_ATTEST_EK_CERTIFICATE_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <time.h>

#include "lib/bytes.h"
#include "lib/status.h"
#include "lib/vtpm_wire.h"

#define EK_CERTIFICATE_STATUS(S)                                               \
    S(EK_CERTIFICATE_OK, "ok")                                                 \
    S(EK_CERTIFICATE_NO_CA, "the CA's certificate is not one of a CA")         \
    S(EK_CERTIFICATE_NOT_VALID, "the CA's certificate is not valid now")       \
    S(EK_CERTIFICATE_OTHER_KEY, "the CA's key is not that of its certificate") \
    S(EK_CERTIFICATE_BAD_EK, "the endorsement key is no P-256 storage key")    \
    S(EK_CERTIFICATE_TOO_LARGE, "the certificate has no room in a TPM")        \
    S(EK_CERTIFICATE_NOT_MADE, "OpenSSL does not make the certificate")

enum ek_certificate_status { EK_CERTIFICATE_STATUS(STATUS_CODE) };

struct ek_issuer {
    EVP_PKEY *key;
    X509 *certificate; /* of that key, as a CA */
};

/*
 * Puts a certificate in DER for ek (TPM2B_PUBLIC), valid from now on for so
 * many days, into out, whose room is VTPM_CERTIFICATE_MAX. out is as it was
 * unless OK.
 */
NODISCARD enum ek_certificate_status
ek_certificate_make(const struct ek_issuer *issuer, struct bytes ek, time_t now,
                    unsigned days, struct buffer *out);

/* Is this one certificate in DER, to its last byte? Whose, is not looked at. */
bool ek_certificate_is_der(struct bytes der);

const char *ek_certificate_status_text(enum ek_certificate_status status);

#endif
