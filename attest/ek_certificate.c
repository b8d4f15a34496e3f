/* SPDX-License-Identifier: MIT */
/*
 * The subject is empty: what the TPM is stands in the alternative name, which
 * is critical therefore. Manufacturer, version and revision are those that
 * libtpms gives for TPM2_PT_MANUFACTURER, _FIRMWARE_VERSION_1 and _REVISION.
 */
#include "attest/ek_certificate.h"

#include <openssl/bn.h>
#include <openssl/x509v3.h>
#include <string.h>

#include "attest/ek.h"

#define SERIAL_BITS  127 /* 16 bytes, positive */
#define MANUFACTURER "id:49424D00"
#define MODEL        "Vouch vTPM"
#define VERSION      "id:20191023"

static enum ek_certificate_status check(const struct ek_issuer *issuer,
                                        time_t now)
{
    X509 *certificate = issuer->certificate;
    if (X509_check_ca(certificate) != 1) { /* others are guesses */
        return EK_CERTIFICATE_NO_CA;
    }
    if (X509_cmp_time(X509_get0_notBefore(certificate), &now) != -1 ||
        X509_cmp_time(X509_get0_notAfter(certificate), &now) != 1) {
        return EK_CERTIFICATE_NOT_VALID;
    }
    return X509_check_private_key(certificate, issuer->key) == 1
               ? EK_CERTIFICATE_OK
               : EK_CERTIFICATE_OTHER_KEY;
}

static bool set_serial(X509 *certificate)
{
    BIGNUM *number = BN_new();
    bool is_done =
        number != NULL &&
        BN_rand(number, SERIAL_BITS, BN_RAND_TOP_ONE, BN_RAND_BOTTOM_ANY) ==
            1 &&
        BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != NULL;
    BN_free(number);
    return is_done;
}

static bool add_extension(X509 *certificate, X509_EXTENSION *extension)
{
    bool is_done =
        extension != NULL && X509_add_ext(certificate, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return is_done;
}

/* A directory name of three attributes (3.2, subject alternative name). */
static X509_NAME *make_name(void)
{
    static const char *const attributes[][2] = {{"2.23.133.2.1", MANUFACTURER},
                                                {"2.23.133.2.2", MODEL},
                                                {"2.23.133.2.3", VERSION}};
    X509_NAME *name = X509_NAME_new();
    for (size_t i = 0; name != NULL && i < 3; i++) {
        if (X509_NAME_add_entry_by_txt(name, attributes[i][0], MBSTRING_UTF8,
                                       (const uint8_t *)attributes[i][1], -1,
                                       -1, 0) != 1) {
            X509_NAME_free(name);
            name = NULL;
        }
    }
    return name;
}

static bool add_name(X509 *certificate)
{
    GENERAL_NAMES *names = GENERAL_NAMES_new();
    GENERAL_NAME *one = GENERAL_NAME_new();
    X509_NAME *name = make_name();
    if (names == NULL || one == NULL || name == NULL ||
        sk_GENERAL_NAME_push(names, one) == 0) {
        X509_NAME_free(name);
        GENERAL_NAME_free(one);
        GENERAL_NAMES_free(names);
        return false;
    }
    GENERAL_NAME_set0_value(one, GEN_DIRNAME, name);
    bool is_done = X509_add1_ext_i2d(certificate, NID_subject_alt_name, names,
                                     1, X509V3_ADD_DEFAULT) == 1;
    GENERAL_NAMES_free(names);
    return is_done;
}

/* Subject directory attributes: the specification that the TPM follows. */
static bool add_specification(X509 *certificate)
{
    static const uint8_t der[] = {0x30, 0x19, 0x30, 0x17, /* one attribute */
                                  0x06, 0x05, 0x67, 0x81, 0x05,
                                  0x02, 0x10,             /* 2.23.133.2.16 */
                                  0x31, 0x0e, 0x30, 0x0c, /* its one value */
                                  0x0c, 0x03, '2',  '.',  '0', /* family */
                                  0x02, 0x01, 0x00,            /* level */
                                  0x02, 0x02, 0x00, 0xa4}; /* revision: 164 */
    ASN1_OCTET_STRING *value = ASN1_OCTET_STRING_new();
    bool is_done =
        value != NULL && ASN1_OCTET_STRING_set(value, der, sizeof(der)) == 1 &&
        add_extension(certificate,
                      X509_EXTENSION_create_by_NID(
                          NULL, NID_subject_directory_attributes, 0, value));
    ASN1_OCTET_STRING_free(value);
    return is_done;
}

static bool add_extensions(X509 *certificate, X509 *issuer)
{
    static const struct {
        int nid;
        const char *value;
    } extensions[] = {{NID_basic_constraints, "critical,CA:FALSE"},
                      {NID_key_usage, "critical,keyAgreement"},
                      {NID_ext_key_usage, "2.23.133.8.1"},
                      {NID_authority_key_identifier, "keyid,issuer"}};
    X509V3_CTX context;
    X509V3_set_ctx(&context, issuer, certificate, NULL, NULL, 0);
    for (size_t i = 0; i < sizeof(extensions) / sizeof(extensions[0]); i++) {
        if (!add_extension(certificate, X509V3_EXT_conf_nid(
                                            NULL, &context, extensions[i].nid,
                                            extensions[i].value))) {
            return false;
        }
    }
    return add_name(certificate) && add_specification(certificate);
}

static bool fill(X509 *certificate, const struct ek_issuer *issuer,
                 EVP_PKEY *ek, time_t now, unsigned days)
{
    return X509_set_version(certificate, X509_VERSION_3) == 1 &&
           set_serial(certificate) &&
           X509_set_issuer_name(
               certificate, X509_get_subject_name(issuer->certificate)) == 1 &&
           X509_time_adj_ex(X509_getm_notBefore(certificate), 0, 0, &now) !=
               NULL &&
           X509_time_adj_ex(X509_getm_notAfter(certificate), (int)days, 0,
                            &now) != NULL &&
           X509_set_pubkey(certificate, ek) == 1 &&
           add_extensions(certificate, issuer->certificate);
}

/* Some keys (Ed25519) sign without a hash of ours. */
static bool sign(X509 *certificate, EVP_PKEY *key)
{
    char hash[32] = "";
    bool has_own =
        EVP_PKEY_get_default_digest_name(key, hash, sizeof(hash)) > 0 &&
        strcmp(hash, "UNDEF") == 0;
    return X509_sign(certificate, key, has_own ? NULL : EVP_sha256()) != 0;
}

static enum ek_certificate_status put(X509 *certificate, struct buffer *out)
{
    uint8_t *der = NULL;
    int size = i2d_X509(certificate, &der);
    if (size <= 0) {
        return EK_CERTIFICATE_NOT_MADE;
    }
    struct writer writer = writer_begin(out);
    put_bytes(&writer, bytes_of(der, (size_t)size));
    OPENSSL_free(der);
    return size <= (int)VTPM_CERTIFICATE_MAX && writer_end(&writer)
               ? EK_CERTIFICATE_OK
               : EK_CERTIFICATE_TOO_LARGE;
}

enum ek_certificate_status ek_certificate_make(const struct ek_issuer *issuer,
                                               struct bytes ek, time_t now,
                                               unsigned days,
                                               struct buffer *out)
{
    enum ek_certificate_status status = check(issuer, now);
    if (status != EK_CERTIFICATE_OK) {
        return status;
    }
    EVP_PKEY *key = ek_import(ek);
    if (key == NULL || EVP_PKEY_get_base_id(key) != EVP_PKEY_EC) {
        EVP_PKEY_free(key);
        return EK_CERTIFICATE_BAD_EK;
    }
    X509 *certificate = X509_new();
    status = certificate != NULL && fill(certificate, issuer, key, now, days) &&
                     sign(certificate, issuer->key)
                 ? put(certificate, out)
                 : EK_CERTIFICATE_NOT_MADE;
    X509_free(certificate);
    EVP_PKEY_free(key);
    return status;
}

bool ek_certificate_is_der(struct bytes der)
{
    const uint8_t *at = der.data;
    X509 *certificate = d2i_X509(NULL, &at, (long)der.size);
    bool is_whole = certificate != NULL && at == der.data + der.size;
    X509_free(certificate);
    return is_whole;
}

STATUS_TEXT(ek_certificate_status, EK_CERTIFICATE_STATUS,
            "unknown EK certificate status")
