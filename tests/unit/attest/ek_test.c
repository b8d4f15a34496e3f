/* SPDX-License-Identifier: MIT */
/*
 * Which certificates of a CA vouch for an EK: a CA that signs for TPMs may sign
 * for web servers and attestation keys too, and none of these is an EK's.
 */
#include "tests/unit/attest/fixture.h"

#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <time.h>

#include "attest/ek.h"

#define EK_USAGE "2.23.133.8.1"
#define AK_USAGE "2.23.133.8.3"

/* NULL: without that extension. */
struct leaf {
    const char *constraints, *usage, *extended;
    const EVP_MD *(*digest)(void); /* NULL: SHA-256 */
    enum ek_trust expected;
};

static EVP_PKEY *ca_key, *ek;
static X509 *ca;
static struct ek_anchors anchors;

static void add(X509 *certificate, int nid, const char *value)
{
    X509V3_CTX context;
    if (value == NULL) {
        return;
    }
    X509V3_set_ctx(&context, certificate, certificate, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    assert_non_null(extension);
    assert_int_equal(X509_add_ext(certificate, extension, -1), 1);
    X509_EXTENSION_free(extension);
}

static X509 *make(EVP_PKEY *key, const char *name, const struct leaf *is)
{
    X509 *made = X509_new();
    assert_int_equal(X509_set_version(made, X509_VERSION_3), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(made), 1), 1);
    assert_int_equal(X509_NAME_add_entry_by_txt(
                         X509_get_subject_name(made), "CN", MBSTRING_UTF8,
                         (const uint8_t *)name, -1, -1, 0),
                     1);
    assert_int_equal(X509_set_issuer_name(
                         made, X509_get_subject_name(ca != NULL ? ca : made)),
                     1);
    X509_gmtime_adj(X509_getm_notBefore(made), -3600);
    X509_gmtime_adj(X509_getm_notAfter(made), 3600);
    assert_int_equal(X509_set_pubkey(made, key), 1);
    add(made, NID_basic_constraints, is->constraints);
    add(made, NID_key_usage, is->usage);
    add(made, NID_ext_key_usage, is->extended);
    assert_true(X509_sign(made, ca_key,
                          is->digest != NULL ? is->digest() : EVP_sha256()) >
                0);
    return made;
}

static enum ek_trust check(const struct leaf *is)
{
    uint8_t *der = NULL;
    X509 *certificate = make(ek, "a leaf", is);
    int size = i2d_X509(certificate, &der);
    enum ek_trust trust = ek_check(bytes_of(der, (size_t)size), ek, &anchors);
    OPENSSL_free(der);
    X509_free(certificate);
    return trust;
}

static void assert_checked(const struct leaf *leaves, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (check(&leaves[i]) != leaves[i].expected) {
            fail_msg("certificate %zu", i);
        }
    }
}

#define ASSERT_CHECKED(leaves)                                                 \
    assert_checked(leaves, sizeof(leaves) / sizeof((leaves)[0]))

static void an_ek_certificate_is_one(void **state)
{
    static const struct leaf leaves[] = {
        {"critical,CA:FALSE", "critical,keyAgreement", EK_USAGE, NULL,
         EK_TRUST_VENDOR},
        {"CA:FALSE", "keyEncipherment", EK_USAGE, NULL, EK_TRUST_VENDOR},
        {"CA:FALSE", NULL, "serverAuth," EK_USAGE, NULL, EK_TRUST_VENDOR},
        {NULL, NULL, EK_USAGE, NULL, EK_TRUST_VENDOR}};
    (void)state;
    ASSERT_CHECKED(leaves);
}

static void other_leaves_of_the_ca_are_none(void **state)
{
    static const struct leaf leaves[] = {
        {"CA:FALSE", "keyEncipherment", "serverAuth", NULL, EK_TRUST_NONE},
        {"CA:FALSE", "keyEncipherment", AK_USAGE, NULL, EK_TRUST_NONE},
        {"CA:FALSE", "keyEncipherment", "anyExtendedKeyUsage", NULL,
         EK_TRUST_NONE},
        {"CA:FALSE", "keyEncipherment", NULL, NULL, EK_TRUST_NONE},
        {"CA:FALSE", "digitalSignature", EK_USAGE, NULL, EK_TRUST_NONE}};
    (void)state;
    ASSERT_CHECKED(leaves);
}

static void a_ca_is_no_ek(void **state)
{
    static const struct leaf leaves[] = {
        {"critical,CA:TRUE", "keyEncipherment", EK_USAGE, NULL, EK_TRUST_NONE},
        {"CA:TRUE", NULL, EK_USAGE, NULL, EK_TRUST_NONE},
        {"CA:FALSE", "keyEncipherment,keyCertSign", EK_USAGE, NULL,
         EK_TRUST_NONE},
        {"CA:FALSE", "keyAgreement,cRLSign", EK_USAGE, NULL, EK_TRUST_NONE}};
    (void)state;
    ASSERT_CHECKED(leaves);
}

/* Somebody else can make another certificate with the same MD5 or SHA-1. */
static void broken_digests_prove_nothing(void **state)
{
    static const struct leaf leaves[] = {
        {"CA:FALSE", "keyEncipherment", EK_USAGE, EVP_md5, EK_TRUST_NONE},
        {"CA:FALSE", "keyEncipherment", EK_USAGE, EVP_sha1, EK_TRUST_NONE},
        {"CA:FALSE", "keyEncipherment", EK_USAGE, EVP_sha384, EK_TRUST_VENDOR}};
    (void)state;
    ASSERT_CHECKED(leaves);
}

static void a_name_has_one_trust(void **state)
{
    enum ek_trust trust;
    (void)state;
    for (int i = EK_TRUST_NONE; i < EK_TRUST_WRONG; i++) {
        assert_true(ek_trust_by_name(ek_trust_name((enum ek_trust)i), &trust));
        assert_int_equal(trust, i);
    }
    assert_false(ek_trust_by_name(ek_trust_name(EK_TRUST_WRONG), &trust));
    assert_false(ek_trust_by_name("", &trust));
}

static int set_up(void **state)
{
    static const struct leaf root = {"critical,CA:TRUE", "keyCertSign", NULL,
                                     NULL, EK_TRUST_NONE};
    (void)state;
    ca_key = EVP_RSA_gen(2048); /* no other kind signs with MD5 */
    ek = EVP_EC_gen("P-256");
    ca = make(ca_key, "the CA", &root);
    anchors.vendor = X509_STORE_new();
    return X509_STORE_add_cert(anchors.vendor, ca) == 1 ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    X509_STORE_free(anchors.vendor);
    X509_free(ca);
    EVP_PKEY_free(ek);
    EVP_PKEY_free(ca_key);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_ek_certificate_is_one),
        cmocka_unit_test(other_leaves_of_the_ca_are_none),
        cmocka_unit_test(a_ca_is_no_ek),
        cmocka_unit_test(broken_digests_prove_nothing),
        cmocka_unit_test(a_name_has_one_trust)};
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
