/* SPDX-License-Identifier: MIT */
/*
 * A certificate for an EK: what stands in it, that it leads to its CA, and who
 * gets or gives none. That it is made for trusted evidence only is shown by
 * tests/scenario/attest-guest.t.
 */
#include "tests/unit/attest/fixture.h"

#include <openssl/x509v3.h>

#include "attest/ek.h"
#include "attest/ek_certificate.h"

#define DAYS 3650

static time_t now;

struct ca {
    struct ek_issuer issuer;
    const char *constraints; /* basic constraints */
    const char *group;       /* NULL: Ed25519 */
    int from_days, to_days;  /* from now */
    size_t name_size;
};

static void ca_make(struct ca *ca)
{
    char name[60];
    X509V3_CTX context;
    X509 *is = X509_new();
    EVP_PKEY *key = ca->group != NULL
                        ? EVP_EC_gen(ca->group)
                        : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
    memset(name, 'a', sizeof(name));
    assert_int_equal(X509_set_version(is, X509_VERSION_3), 1);
    assert_int_equal(ASN1_INTEGER_set(X509_get_serialNumber(is), 1), 1);
    for (size_t left = ca->name_size; left != 0;) {
        size_t part = left < sizeof(name) ? left : sizeof(name);
        assert_int_equal(X509_NAME_add_entry_by_txt(
                             X509_get_subject_name(is), "CN", MBSTRING_UTF8,
                             (uint8_t *)name, (int)part, -1, 0),
                         1);
        left -= part;
    }
    assert_int_equal(X509_set_issuer_name(is, X509_get_subject_name(is)), 1);
    X509_time_adj_ex(X509_getm_notBefore(is), ca->from_days, 0, &now);
    X509_time_adj_ex(X509_getm_notAfter(is), ca->to_days, 0, &now);
    assert_int_equal(X509_set_pubkey(is, key), 1);
    X509V3_set_ctx(&context, is, is, NULL, NULL, 0);
    const int nids[] = {NID_basic_constraints, NID_subject_key_identifier};
    const char *const values[] = {ca->constraints, "hash"};
    for (size_t i = 0; i < 2; i++) {
        X509_EXTENSION *extension =
            X509V3_EXT_conf_nid(NULL, &context, nids[i], values[i]);
        assert_non_null(extension);
        assert_int_equal(X509_add_ext(is, extension, -1), 1);
        X509_EXTENSION_free(extension);
    }
    assert_true(X509_sign(is, key, ca->group != NULL ? EVP_sha256() : NULL) >
                0);
    ca->issuer = (struct ek_issuer){.key = key, .certificate = is};
}

static struct ca ca_good(void)
{
    return (struct ca){.constraints = "critical,CA:TRUE",
                       .group = "P-256",
                       .from_days = -10,
                       .to_days = 10000,
                       .name_size = 20};
}

static void ca_free(struct ca *ca)
{
    EVP_PKEY_free(ca->issuer.key);
    X509_free(ca->issuer.certificate);
}

static uint8_t room[VTPM_CERTIFICATE_MAX];

static enum ek_certificate_status make(const struct ca *ca, uint32_t attributes,
                                       struct buffer *out)
{
    uint8_t wire[256];
    *out = buffer_over(room, sizeof(room));
    enum ek_certificate_status status = ek_certificate_make(
        &ca->issuer, fixture_ek(attributes, FIXTURE_ALG_AES, wire), now, DAYS,
        out);
    assert_true(status == EK_CERTIFICATE_OK || out->used == 0);
    return status;
}

static X509 *parse(const struct buffer *der)
{
    const uint8_t *at = der->data;
    X509 *certificate = d2i_X509(NULL, &at, (long)der->used);
    assert_non_null(certificate);
    assert_ptr_equal(at, der->data + der->used);
    return certificate;
}

static void it_leads_to_its_ca(void **state)
{
    static const char *const groups[] = {"P-256", "P-384", NULL};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct ca ca = ca_good();
        struct ek_anchors anchors = {.vendor = X509_STORE_new()};
        struct buffer out;
        uint8_t wire[256];
        ca.group = groups[i];
        ca_make(&ca);
        assert_int_equal(make(&ca, FIXTURE_STORAGE_KEY, &out),
                         EK_CERTIFICATE_OK);
        EVP_PKEY *ek =
            ek_import(fixture_ek(FIXTURE_STORAGE_KEY, FIXTURE_ALG_AES, wire));
        assert_int_equal(ek_check(buffer_bytes(&out), ek, &anchors),
                         EK_TRUST_WRONG); /* each EK of the fixture is new */
        EVP_PKEY_free(ek);
        X509 *certificate = parse(&out);
        ek = X509_get_pubkey(certificate);
        assert_int_equal(ek_check(buffer_bytes(&out), ek, &anchors),
                         EK_TRUST_NONE);
        X509_STORE_add_cert(anchors.vendor, ca.issuer.certificate);
        assert_int_equal(ek_check(buffer_bytes(&out), ek, &anchors),
                         EK_TRUST_VENDOR);
        EVP_PKEY_free(ek);
        X509_free(certificate);
        X509_STORE_free(anchors.vendor);
        ca_free(&ca);
    }
}

static void assert_name(X509 *certificate)
{
    static const char *const values[] = {"id:49424D00", "Vouch vTPM",
                                         "id:20191023"};
    int critical;
    GENERAL_NAMES *names =
        X509_get_ext_d2i(certificate, NID_subject_alt_name, &critical, NULL);
    assert_non_null(names);
    assert_int_equal(critical, 1);
    assert_int_equal(sk_GENERAL_NAME_num(names), 1);
    const GENERAL_NAME *one = sk_GENERAL_NAME_value(names, 0);
    assert_int_equal(one->type, GEN_DIRNAME);
    assert_int_equal(X509_NAME_entry_count(one->d.directoryName), 3);
    for (int i = 0; i < 3; i++) {
        char oid[32];
        char expected[] = "2.23.133.2.1";
        X509_NAME_ENTRY *entry = X509_NAME_get_entry(one->d.directoryName, i);
        ASN1_STRING *value = X509_NAME_ENTRY_get_data(entry);
        expected[sizeof(expected) - 2] = (char)('1' + i);
        OBJ_obj2txt(oid, sizeof(oid), X509_NAME_ENTRY_get_object(entry), 1);
        assert_string_equal(oid, expected);
        assert_int_equal(ASN1_STRING_type(value), V_ASN1_UTF8STRING);
        assert_int_equal(ASN1_STRING_length(value), strlen(values[i]));
        assert_memory_equal(ASN1_STRING_get0_data(value), values[i],
                            strlen(values[i]));
    }
    GENERAL_NAMES_free(names);
}

/* TCG EK Credential Profile 2.5, chapter 3 */
static void it_has_what_the_profile_says(void **state)
{
    struct ca ca = ca_good();
    struct buffer out;
    char oid[32];
    int days, seconds, critical;
    (void)state;
    ca_make(&ca);
    assert_int_equal(make(&ca, FIXTURE_STORAGE_KEY, &out), EK_CERTIFICATE_OK);
    X509 *is = parse(&out);
    assert_int_equal(X509_get_version(is), X509_VERSION_3);
    assert_int_equal(X509_NAME_entry_count(X509_get_subject_name(is)), 0);
    assert_name(is);
    assert_int_equal(X509_check_ca(is), 0);
    assert_true((X509_get_extension_flags(is) & EXFLAG_BCONS) != 0);
    assert_int_equal(X509_get_key_usage(is), KU_KEY_AGREEMENT);
    assert_non_null(X509_get0_authority_key_id(is));
    EXTENDED_KEY_USAGE *usage =
        X509_get_ext_d2i(is, NID_ext_key_usage, &critical, NULL);
    assert_int_equal(sk_ASN1_OBJECT_num(usage), 1);
    OBJ_obj2txt(oid, sizeof(oid), sk_ASN1_OBJECT_value(usage, 0), 1);
    assert_string_equal(oid, "2.23.133.8.1");
    EXTENDED_KEY_USAGE_free(usage);
    assert_true(X509_get_ext_by_NID(is, NID_subject_directory_attributes, -1) >=
                0);
    assert_int_equal(ASN1_TIME_diff(&days, &seconds, X509_get0_notBefore(is),
                                    X509_get0_notAfter(is)),
                     1);
    assert_int_equal(days, DAYS);
    assert_int_equal(X509_cmp_time(X509_get0_notBefore(is), &now), -1);
    X509_free(is);
    ca_free(&ca);
}

static void serials_are_random(void **state)
{
    struct ca ca = ca_good();
    struct buffer out;
    (void)state;
    ca_make(&ca);
    assert_int_equal(make(&ca, FIXTURE_STORAGE_KEY, &out), EK_CERTIFICATE_OK);
    X509 *first = parse(&out);
    assert_int_equal(make(&ca, FIXTURE_STORAGE_KEY, &out), EK_CERTIFICATE_OK);
    X509 *second = parse(&out);
    const ASN1_INTEGER *serial = X509_get0_serialNumber(first);
    assert_int_equal(ASN1_STRING_length(serial), 16);
    assert_int_equal(ASN1_STRING_type(serial), V_ASN1_INTEGER); /* positive */
    assert_int_not_equal(
        ASN1_INTEGER_cmp(serial, X509_get0_serialNumber(second)), 0);
    X509_free(first);
    X509_free(second);
    ca_free(&ca);
}

static void unfit_cas_make_none(void **state)
{
    struct buffer out;
    struct ca cas[] = {ca_good(), ca_good(), ca_good(), ca_good()};
    const enum ek_certificate_status expected[] = {
        EK_CERTIFICATE_NO_CA, EK_CERTIFICATE_NOT_VALID,
        EK_CERTIFICATE_NOT_VALID, EK_CERTIFICATE_TOO_LARGE};
    (void)state;
    cas[0].constraints = "critical,CA:FALSE";
    cas[1].to_days = -1;
    cas[2].from_days = 1;
    cas[3].name_size = 3000;
    for (size_t i = 0; i < 4; i++) {
        ca_make(&cas[i]);
        assert_int_equal(make(&cas[i], FIXTURE_STORAGE_KEY, &out), expected[i]);
        ca_free(&cas[i]);
    }
}

static void anothers_key_makes_none(void **state)
{
    struct ca ca = ca_good(), other = ca_good();
    struct buffer out;
    (void)state;
    ca_make(&ca);
    ca_make(&other);
    EVP_PKEY *own = ca.issuer.key;
    ca.issuer.key = other.issuer.key;
    assert_int_equal(make(&ca, FIXTURE_STORAGE_KEY, &out),
                     EK_CERTIFICATE_OTHER_KEY);
    ca.issuer.key = own;
    ca_free(&ca);
    ca_free(&other);
}

static void what_is_no_ek_gets_none(void **state)
{
    struct ca ca = ca_good();
    struct buffer out;
    (void)state;
    ca_make(&ca);
    assert_int_equal(make(&ca, FIXTURE_STORAGE_KEY | TPMA_SIGN, &out),
                     EK_CERTIFICATE_BAD_EK);
    assert_int_equal(make(&ca, FIXTURE_STORAGE_KEY & ~TPMA_FIXED_TPM, &out),
                     EK_CERTIFICATE_BAD_EK);
    assert_int_equal(
        ek_certificate_make(&ca.issuer, bytes_none(), now, DAYS, &out),
        EK_CERTIFICATE_BAD_EK);
    ca_free(&ca);
}

static void der_is_one_certificate(void **state)
{
    struct ca ca = ca_good();
    struct buffer out;
    (void)state;
    ca_make(&ca);
    assert_int_equal(make(&ca, FIXTURE_STORAGE_KEY, &out), EK_CERTIFICATE_OK);
    assert_true(ek_certificate_is_der(buffer_bytes(&out)));
    assert_false(ek_certificate_is_der(bytes_of(out.data, out.used - 1)));
    assert_false(ek_certificate_is_der(bytes_of(out.data, out.used + 1)));
    assert_false(ek_certificate_is_der(bytes_none()));
    assert_false(ek_certificate_is_der(bytes_of_text("-----BEGIN")));
    ca_free(&ca);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_leads_to_its_ca),
        cmocka_unit_test(it_has_what_the_profile_says),
        cmocka_unit_test(serials_are_random),
        cmocka_unit_test(unfit_cas_make_none),
        cmocka_unit_test(anothers_key_makes_none),
        cmocka_unit_test(what_is_no_ek_gets_none),
        cmocka_unit_test(der_is_one_certificate)};
    now = time(NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
