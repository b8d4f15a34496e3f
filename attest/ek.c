/* SPDX-License-Identifier: MIT */
/*
 * Anchors may be roots or intermediates. The subject of an EK certificate is
 * empty and its alternative name, a directory name, critical: nothing here
 * depends on names.
 */
#include "attest/ek.h"

#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "attest/key.h"

/* tcg-kp-EKCertificate: TCG EK Credential Profile 2.5, chapter 3 */
#define EK_USAGE "2.23.133.8.1"
/* OpenSSL's least but none: 80 bits, so neither MD5 nor SHA-1. */
#define MIN_LEVEL 1

const char *ek_trust_name(enum ek_trust trust)
{
    switch (trust) {
    case EK_TRUST_NONE:
        return "none";
    case EK_TRUST_SOFTWARE:
        return "software";
    case EK_TRUST_VENDOR:
        return "vendor";
    case EK_TRUST_WRONG:
        break;
    }
    return "wrong";
}

bool ek_trust_by_name(const char *name, enum ek_trust *out)
{
    for (int i = EK_TRUST_NONE; i < EK_TRUST_WRONG; i++) {
        if (strcmp(ek_trust_name((enum ek_trust)i), name) == 0) {
            *out = (enum ek_trust)i;
            return true;
        }
    }
    return false;
}

bool ek_add_anchors(X509_STORE **store, struct bytes pem)
{
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.size);
    X509 *certificate;
    bool has_any = false;
    if (*store == NULL) {
        *store = X509_STORE_new();
    }
    while (bio != NULL && *store != NULL &&
           (certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL)) != NULL) {
        has_any |= X509_STORE_add_cert(*store, certificate) == 1;
        X509_free(certificate);
    }
    BIO_free(bio);
    return has_any;
}

/* A key that the TPM uses for nothing but to be told secrets with. */
static bool is_storage_key(const struct tpmt_public *public)
{
    uint32_t needed =
        TPMA_FIXED_TPM | TPMA_FIXED_PARENT | TPMA_RESTRICTED | TPMA_DECRYPT;
    return public->name_algorithm == TPM_ALG_SHA256 &&
           (public->attributes & (needed | TPMA_SIGN)) == needed &&
           public->symmetric != TPM_ALG_NULL;
}

EVP_PKEY *ek_import(struct bytes wire)
{
    struct tpmt_public public;
    if (tpms_parse_public(wire, &public) != REASON_NONE ||
        !is_storage_key(&public)) {
        return NULL;
    }
    return key_import(&public);
}

/* Does the extended key usage name an EK? "Any" would be every usage, which
 * nobody is sure to have meant for this one. */
static bool names_ek(X509 *certificate)
{
    EXTENDED_KEY_USAGE *usage =
        X509_get_ext_d2i(certificate, NID_ext_key_usage, NULL, NULL);
    bool is_named = false;
    for (int i = 0; i < sk_ASN1_OBJECT_num(usage); i++) {
        char oid[sizeof(EK_USAGE) + 1]; /* a longer one does not look alike */
        OBJ_obj2txt(oid, sizeof(oid), sk_ASN1_OBJECT_value(usage, i), 1);
        is_named |= strcmp(oid, EK_USAGE) == 0;
    }
    EXTENDED_KEY_USAGE_free(usage);
    return is_named;
}

/* A CA that signs for TPMs signs for others as well: for web servers, for
 * attestation keys, for other CAs. */
static bool is_for_ek(X509 *certificate)
{
    const uint32_t needed = KU_KEY_ENCIPHERMENT | KU_KEY_AGREEMENT;
    const uint32_t refused = KU_KEY_CERT_SIGN | KU_CRL_SIGN;
    /* A CA that may not sign is none to X509_check_ca(), but says it is one. */
    if (X509_check_ca(certificate) != 0 ||
        (X509_get_extension_flags(certificate) &
         (EXFLAG_CA | EXFLAG_INVALID)) != 0 ||
        !names_ek(certificate)) {
        return false;
    }
    uint32_t usage = X509_get_key_usage(certificate);
    return X509_get_ext_by_NID(certificate, NID_key_usage, -1) < 0 ||
           ((usage & needed) != 0 && (usage & refused) == 0);
}

static bool has_chain(X509 *certificate, X509_STORE *store)
{
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    bool is_good = false;
    if (store != NULL && context != NULL &&
        X509_STORE_CTX_init(context, store, certificate, NULL) == 1) {
        X509_STORE_CTX_set_flags(context, X509_V_FLAG_PARTIAL_CHAIN);
        X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(context),
                                         MIN_LEVEL);
        is_good = X509_verify_cert(context) == 1;
    }
    X509_STORE_CTX_free(context);
    return is_good;
}

enum ek_trust ek_check(struct bytes certificate, EVP_PKEY *ek,
                       const struct ek_anchors *anchors)
{
    const uint8_t *at = certificate.data;
    enum ek_trust trust = EK_TRUST_WRONG;
    if (certificate.size == 0) {
        return EK_TRUST_NONE;
    }
    X509 *parsed = d2i_X509(NULL, &at, (long)certificate.size);
    if (parsed != NULL && EVP_PKEY_eq(X509_get0_pubkey(parsed), ek) == 1) {
        trust = !is_for_ek(parsed)                     ? EK_TRUST_NONE
                : has_chain(parsed, anchors->vendor)   ? EK_TRUST_VENDOR
                : has_chain(parsed, anchors->software) ? EK_TRUST_SOFTWARE
                                                       : EK_TRUST_NONE;
    }
    X509_free(parsed);
    return trust;
}
