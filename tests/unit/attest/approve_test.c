/* SPDX-License-Identifier: MIT */
/*
 * Approvals: what is signed, checked as anybody would check it, and by which
 * keys. That a TPM takes them: tests/unit/hv/measure/seal_test.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/rsa.h>
#include <openssl/sha.h>

#include "attest/approve.h"

#define PCRS   (1u << 4 | 1u << 8 | 1u << 9)
#define LAUNCH (1u << 17 | 1u << 18)

/* Another value in each PCR, none of them what a PCR starts with. */
static void measure_all(struct sha256_digest values[APPROVE_PCRS])
{
    for (size_t i = 0; i < APPROVE_PCRS; i++) {
        memset(values[i].bytes, (int)i + 1, SHA256_SIZE);
    }
}

/* ECDSA with SHA-256 over the approved policy and the reference, in DER. */
static int verify(EVP_PKEY *key, const struct approval *approval)
{
    uint8_t message[SHA256_SIZE + sizeof(APPROVAL_POLICY_REF) - 1];
    uint8_t *der = NULL;
    struct sha256_digest policy = approval_policy(approval);
    memcpy(message, policy.bytes, SHA256_SIZE);
    memcpy(message + SHA256_SIZE, APPROVAL_POLICY_REF,
           sizeof(message) - SHA256_SIZE);
    ECDSA_SIG *signature = ECDSA_SIG_new();
    assert_int_equal(ECDSA_SIG_set0(signature, BN_bin2bn(approval->r, 32, NULL),
                                    BN_bin2bn(approval->s, 32, NULL)),
                     1);
    int size = i2d_ECDSA_SIG(signature, &der);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(
        EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key), 1);
    int result =
        EVP_DigestVerify(context, der, (size_t)size, message, sizeof(message));
    EVP_MD_CTX_free(context);
    ECDSA_SIG_free(signature);
    OPENSSL_free(der);
    return result;
}

static void an_approval_is_signed_for_its_pcrs(void **state)
{
    (void)state;
    struct sha256_digest values[APPROVE_PCRS], expected;
    struct approval approval;
    measure_all(values);
    uint8_t all[3 * SHA256_SIZE], point[65];
    size_t size;
    EVP_PKEY *key = EVP_EC_gen("prime256v1");
    assert_true(approve_sign(key, PCRS, values, &approval));
    memset(all, 5, 32);
    memset(all + 32, 9, 32);
    memset(all + 64, 10, 32);
    SHA256(all, sizeof(all), expected.bytes);
    assert_memory_equal(approval.pcr_digest.bytes, expected.bytes, 32);
    assert_int_equal(approval.pcrs, PCRS);
    assert_int_equal(
        EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point,
                                        sizeof(point), &size),
        1);
    assert_memory_equal(approval.key.x, point + 1, 32);
    assert_memory_equal(approval.key.y, point + 33, 32);
    assert_int_equal(verify(key, &approval), 1);
    approval.pcrs |= 1;
    assert_int_not_equal(verify(key, &approval), 1);
    EVP_PKEY_free(key);
}

static void other_keys_do_not_approve(void **state)
{
    (void)state;
    struct sha256_digest values[APPROVE_PCRS];
    struct approval approval;
    measure_all(values);
    EVP_PKEY *others[] = {EVP_EC_gen("secp384r1"), EVP_EC_gen("secp256k1"),
                          EVP_RSA_gen(2048)};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        assert_non_null(others[i]);
        assert_false(approve_sign(others[i], PCRS, values, &approval));
        EVP_PKEY_free(others[i]);
    }
}

static void some_pcrs_tell_too_little(void **state)
{
    (void)state;
    struct sha256_digest values[APPROVE_PCRS];
    measure_all(values);
    assert_true(approve_is_enough(PCRS, values));
    assert_true(approve_is_enough(LAUNCH, values));
    assert_true(approve_is_enough(APPROVE_DEFAULT, values));
    assert_false(approve_is_enough(0, values));
    assert_false(approve_is_enough(1u << 21 | 1u << 22, values));
    assert_false(approve_is_enough(PCRS & ~(1u << 8), values));
    assert_false(approve_is_enough(1u << 17 | 1u << 4 | 1u << 9, values));
}

/* Each of a set counts only with a value that something was measured into; a
 * value of other PCRs does not matter. */
static void what_nothing_extended_tells_nothing(void **state)
{
    (void)state;
    static const uint8_t untouched[] = {0x00, 0xff};
    static const uint32_t sets[] = {PCRS, LAUNCH};
    struct approval approval;
    EVP_PKEY *key = EVP_EC_gen("prime256v1");
    for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
        for (size_t pcr = 0; pcr < APPROVE_PCRS; pcr++) {
            for (size_t j = 0; j < sizeof(untouched); j++) {
                struct sha256_digest values[APPROVE_PCRS];
                measure_all(values);
                memset(values[pcr].bytes, untouched[j], SHA256_SIZE);
                bool is_needed = (sets[i] >> pcr & 1) != 0;
                assert_int_equal(approve_is_enough(sets[i], values),
                                 !is_needed);
                assert_int_equal(approve_sign(key, sets[i], values, &approval),
                                 !is_needed);
                values[pcr].bytes[31] ^= 1;
                assert_true(approve_is_enough(sets[i], values));
            }
        }
    }
    EVP_PKEY_free(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_approval_is_signed_for_its_pcrs),
        cmocka_unit_test(other_keys_do_not_approve),
        cmocka_unit_test(some_pcrs_tell_too_little),
        cmocka_unit_test(what_nothing_extended_tells_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
