/* SPDX-License-Identifier: MIT */
/*
 * Every way to forge a quote that is known to have fooled somebody, each with
 * the reason it must be refused for. The forger's key is in the manifest, so
 * nothing but the check under test stands in the way.
 */
#include "tests/unit/attest/fixture.h"

static int set_up(void **state)
{
    struct fixture *fixture = malloc(sizeof(*fixture));
    fixture_make(fixture, false);
    fixture->quote = forge_quote_good(&fixture->log, fixture_nonce(fixture));
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    fixture_free(*state);
    free(*state);
    return 0;
}

static struct evidence signed_evidence(struct fixture *fixture)
{
    forge_sign(&fixture->key, &fixture->hasher, &fixture->quote, &fixture->is);
    return forge_evidence(&fixture->key, &fixture->is, &fixture->quote,
                          &fixture->log);
}

static enum reason judge(struct fixture *fixture,
                         const struct evidence *evidence)
{
    appraise(fixture->appraiser, &fixture->reference, evidence,
             fixture_nonce(fixture), &fixture->verdict);
    return fixture->verdict.reason;
}

static enum reason sign_and_judge(struct fixture *fixture)
{
    struct evidence evidence = signed_evidence(fixture);
    return judge(fixture, &evidence);
}

static void test_good(void **state)
{
    assert_reason(sign_and_judge(*state), REASON_NONE);
}

static void test_magic(void **state)
{
    struct fixture *fixture = *state;
    const uint32_t magics[] = {0, 0xffffffff, 0xff544346, 0x475443ff};
    for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
        fixture->quote.magic = magics[i];
        assert_reason(sign_and_judge(fixture), REASON_QUOTE_MAGIC);
    }
}

/* All other TPM_ST_ATTEST_*, and no structure at all. */
static void test_type(void **state)
{
    struct fixture *fixture = *state;
    for (uint32_t type = 0x8014; type <= 0x801c; type++) {
        fixture->quote.type = (uint16_t)type;
        assert_reason(sign_and_judge(fixture),
                      type == 0x8018 ? REASON_NONE : REASON_QUOTE_TYPE);
    }
    fixture->quote.type = 0;
    assert_reason(sign_and_judge(fixture), REASON_QUOTE_TYPE);
}

static void test_nonce(void **state)
{
    struct fixture *fixture = *state;
    uint8_t other[33] = {0};
    const struct bytes nonces[] = {bytes_none(), bytes_of(other, 32),
                                   bytes_of(fixture->nonce, 31),
                                   bytes_of(other, 33)};
    for (size_t i = 0; i < sizeof(nonces) / sizeof(nonces[0]); i++) {
        fixture->quote.nonce = nonces[i];
        assert_reason(sign_and_judge(fixture), REASON_NONCE_MISMATCH);
        assert_int_equal(reason_class(fixture->verdict.reason),
                         REASON_CLASS_STALE);
    }
}

/* A genuine quote over a PCR that anybody can reset, told to be another. */
static void test_relabelled(void **state)
{
    struct fixture *fixture = *state;
    fixture->quote.pcrs = QUOTE_PCRS & ~1u;
    fixture->quote.pcrs |= 1u << 16;
    struct evidence evidence = signed_evidence(fixture);
    evidence.selection = QUOTE_PCRS;
    assert_reason(judge(fixture, &evidence), REASON_SELECTION_CLAIM);
}

static void test_selection(void **state)
{
    struct fixture *fixture = *state;
    const uint32_t others[] = {
        1,         0xffffff, 0x007e1bfe, 0x003e1bff, 0x007e1bff & ~(1u << 21),
        0x007e1fff};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        fixture->quote.pcrs = others[i];
        assert_reason(sign_and_judge(fixture), REASON_SELECTION_REQUIRED);
    }
    fixture->quote.pcrs = QUOTE_PCRS;
    struct evidence evidence = signed_evidence(fixture);
    evidence.selection &= ~(1u << 22);
    assert_reason(judge(fixture, &evidence), REASON_SELECTION_CLAIM);
}

static void test_empty_selection(void **state)
{
    struct fixture *fixture = *state;
    fixture->quote.pcrs = 0;
    assert_reason(sign_and_judge(fixture), REASON_SELECTION_EMPTY);
    fixture->quote = forge_quote_good(&fixture->log, fixture_nonce(fixture));
    fixture->quote.bank_count = 0;
    assert_reason(sign_and_judge(fixture), REASON_SELECTION_EMPTY);
    struct evidence evidence = signed_evidence(fixture);
    evidence.selection = 0;
    assert_reason(judge(fixture, &evidence), REASON_SELECTION_EMPTY);
}

static void test_bank(void **state)
{
    struct fixture *fixture = *state;
    fixture->quote.bank = TPM_ALG_SHA1;
    assert_reason(sign_and_judge(fixture), REASON_SELECTION_BANK);
    fixture->quote.bank = TPM_ALG_SHA384;
    assert_reason(sign_and_judge(fixture), REASON_SELECTION_BANK);
    fixture->quote.bank = TPM_ALG_SHA256;
    fixture->quote.bank_count = 2;
    assert_reason(sign_and_judge(fixture), REASON_SELECTION_BANK);
}

static void test_wrong_key(void **state)
{
    struct fixture *fixture = *state;
    struct forge_key other;
    forge_key_make(&other, NULL);
    forge_sign(&other, &fixture->hasher, &fixture->quote, &fixture->is);
    struct evidence evidence =
        forge_evidence(&other, &fixture->is, &fixture->quote, &fixture->log);
    assert_reason(judge(fixture, &evidence), REASON_KEY_UNKNOWN);
    /* ... and under the name of the right one */
    evidence.public = bytes_of(fixture->key.public, fixture->key.public_size);
    assert_reason(judge(fixture, &evidence), REASON_SIGNATURE_INVALID);
    forge_key_free(&other);
}

static void assert_key(struct fixture *fixture,
                       const struct forge_key_spec *spec, enum reason reason)
{
    struct forge_key key;
    forge_key_make(&key, spec);
    forge_sign(&key, &fixture->hasher, &fixture->quote, &fixture->is);
    struct evidence evidence =
        forge_evidence(&key, &fixture->is, &fixture->quote, &fixture->log);
    assert_reason(judge(fixture, &evidence), reason);
    struct tpmt_public public;
    struct attest_key opened;
    assert_reason(tpms_parse_public(evidence.public, &public), REASON_NONE);
    if (reason != REASON_KEY_UNKNOWN) {
        assert_reason(key_open(&fixture->hasher, &public, &opened), reason);
    }
    forge_key_free(&key);
}

static void test_weak_key(void **state)
{
    assert_key(*state, &(struct forge_key_spec){.rsa_bits = 1024},
               REASON_KEY_WEAK);
    assert_key(*state, &(struct forge_key_spec){.group = "secp384r1"},
               REASON_KEY_WEAK);
    assert_key(*state, &(struct forge_key_spec){.scheme_hash = TPM_ALG_SHA1},
               REASON_KEY_WEAK);
}

static void test_key_attributes(void **state)
{
    const uint32_t needed[] = {TPMA_RESTRICTED, TPMA_FIXED_TPM,
                               TPMA_FIXED_PARENT, TPMA_SENSITIVE_DATA_ORIGIN,
                               TPMA_SIGN};
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        assert_key(*state,
                   &(struct forge_key_spec){.clear_attributes = needed[i]},
                   REASON_KEY_ATTRIBUTES);
    }
    assert_key(*state, &(struct forge_key_spec){.set_attributes = TPMA_DECRYPT},
               REASON_KEY_ATTRIBUTES);
}

/* Good keys of all kinds that we accept. */
static void test_rsa(void **state)
{
    struct fixture *fixture = *state;
    const uint16_t schemes[] = {TPM_ALG_RSASSA, TPM_ALG_RSAPSS};
    for (size_t i = 0; i < 2; i++) {
        assert_key(
            fixture,
            &(struct forge_key_spec){.rsa_bits = 2048, .scheme = schemes[i]},
            REASON_KEY_UNKNOWN);
        forge_key_free(&fixture->key);
        forge_key_make(
            &fixture->key,
            &(struct forge_key_spec){.rsa_bits = 2048, .scheme = schemes[i]});
        fixture_refer(fixture, NULL);
        assert_reason(sign_and_judge(fixture), REASON_NONE);
        fixture->is.signature[20] ^= 1;
        struct evidence evidence = forge_evidence(
            &fixture->key, &fixture->is, &fixture->quote, &fixture->log);
        assert_reason(judge(fixture, &evidence), REASON_SIGNATURE_INVALID);
    }
}

static void test_point_off_curve(void **state)
{
    struct fixture *fixture = *state;
    struct tpmt_public public;
    struct attest_key key;
    fixture->key.public[fixture->key.public_size - 1] ^= 1;
    assert_reason(
        tpms_parse_public(
            bytes_of(fixture->key.public, fixture->key.public_size), &public),
        REASON_NONE);
    assert_reason(key_open(&fixture->hasher, &public, &key), REASON_KEY_WEAK);
}

/* Any bit of the quote or of the signature. */
static void test_bad_signature(void **state)
{
    struct fixture *fixture = *state;
    for (size_t i = 0; i < 2000; i++) {
        struct evidence evidence = signed_evidence(fixture);
        size_t quote_bits = 8 * fixture->is.quote_size;
        size_t bit = i < quote_bits ? i : i - quote_bits;
        uint8_t *data =
            i < quote_bits ? fixture->is.quote : fixture->is.signature;
        if (i >= quote_bits && bit >= 8 * fixture->is.signature_size) {
            break;
        }
        data[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_int_not_equal(judge(fixture, &evidence), REASON_NONE);
        assert_false(fixture->verdict.is_authentic);
        i += 6; /* every seventh bit, in every byte another one */
    }
}

static void test_signature_algorithm(void **state)
{
    struct fixture *fixture = *state;
    struct evidence evidence = signed_evidence(fixture);
    fixture->is.signature[3] = TPM_ALG_SHA1;
    assert_reason(judge(fixture, &evidence), REASON_SIGNATURE_ALGORITHM);
    /* An ECDSA key, and a signature that says it is RSA. */
    const uint8_t rsa[] = {0x00, 0x14, 0x00, 0x0b, 0x00, 0x01, 0x00};
    evidence.signature = bytes_of(rsa, sizeof(rsa));
    assert_reason(judge(fixture, &evidence), REASON_SIGNATURE_ALGORITHM);
    const uint8_t zero[] = {0x00, 0x18, 0x00, 0x0b, 0x00, 0x00, 0x00, 0x00};
    evidence.signature = bytes_of(zero, sizeof(zero));
    assert_reason(judge(fixture, &evidence), REASON_SIGNATURE_INVALID);
    const uint8_t null[] = {0x00, 0x10};
    evidence.signature = bytes_of(null, sizeof(null));
    assert_reason(judge(fixture, &evidence), REASON_SIGNATURE_MALFORMED);
}

static void test_malformed(void **state)
{
    struct fixture *fixture = *state;
    fixture->quote.trailing = 1;
    assert_reason(sign_and_judge(fixture), REASON_QUOTE_MALFORMED);
    fixture->quote.trailing = 0;
    struct evidence evidence = signed_evidence(fixture);
    size_t whole = evidence.quote.size;
    for (size_t size = 0; size < whole; size++) {
        evidence.quote.size = size;
        assert_reason(judge(fixture, &evidence), REASON_QUOTE_MALFORMED);
    }
    evidence.quote.size = whole;
    whole = evidence.public.size;
    for (size_t size = 0; size < whole; size++) {
        evidence.public.size = size;
        assert_reason(judge(fixture, &evidence), REASON_KEY_MALFORMED);
    }
    evidence.public.size = whole;
    whole = evidence.signature.size;
    for (size_t size = 0; size < whole; size++) {
        evidence.signature.size = size;
        assert_reason(judge(fixture, &evidence), REASON_SIGNATURE_MALFORMED);
    }
}

/* Values that were not quoted, signed under a selection that is right. */
static void test_values(void **state)
{
    struct fixture *fixture = *state;
    struct evidence evidence = signed_evidence(fixture);
    evidence.values[7].bytes[0] ^= 1;
    assert_reason(judge(fixture, &evidence), REASON_PCR_VALUES);
}

static void test_zero_bank(void **state)
{
    struct fixture *fixture = *state;
    forge_start(&fixture->log, &fixture->hasher);
    assert_reason(fixture_appraise(fixture), REASON_BANK_ZERO);
    for (unsigned pcr = 0; pcr < 8; pcr++) {
        fixture_boot(fixture);
        memset(&fixture->log.pcr[pcr], 0, sizeof(fixture->log.pcr[pcr]));
        assert_reason(fixture_appraise(fixture), REASON_BANK_ZERO);
        assert_int_equal(fixture->verdict.pcr, pcr);
    }
}

/* A key in another's place is the new one, for good and for bad. */
static void test_reopened(void **state)
{
    struct fixture *fixture = *state;
    struct forge_key others[2];
    struct attest_key key = {0};
    struct tpmt_public public;
    (void)fixture_appraise(fixture);
    struct bytes message = bytes_of(fixture->is.quote, fixture->is.quote_size);
    for (size_t i = 0; i < 2; i++) {
        struct forge_signed is;
        struct tpmt_signature good, own;
        forge_key_make(&others[i], NULL);
        forge_sign_bytes(&others[i], &fixture->hasher, message, &is);
        assert_reason(
            tpms_parse_public(bytes_of(others[i].public, others[i].public_size),
                              &public),
            REASON_NONE);
        assert_reason(key_reopen(&fixture->hasher, &public, &key), REASON_NONE);
        assert_reason(tpms_parse_signature(
                          bytes_of(is.signature, is.signature_size), &own),
                      REASON_NONE);
        assert_reason(tpms_parse_signature(bytes_of(fixture->is.signature,
                                                    fixture->is.signature_size),
                                           &good),
                      REASON_NONE);
        assert_reason(key_verify(&key, &fixture->hasher, message, &own),
                      REASON_NONE);
        assert_reason(key_verify(&key, &fixture->hasher, message, &good),
                      REASON_SIGNATURE_INVALID);
    }
    /* Not on the curve: closed, and open again for the next. */
    others[1].public[others[1].public_size - 1] ^= 1;
    assert_reason(
        tpms_parse_public(bytes_of(others[1].public, others[1].public_size),
                          &public),
        REASON_NONE);
    assert_reason(key_reopen(&fixture->hasher, &public, &key), REASON_KEY_WEAK);
    assert_null(key.pkey);
    others[1].public[others[1].public_size - 1] ^= 1;
    assert_reason(key_reopen(&fixture->hasher, &public, &key), REASON_NONE);
    key_close(&key);
    forge_key_free(&others[0]);
    forge_key_free(&others[1]);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_good),
        TEST(test_magic),
        TEST(test_type),
        TEST(test_nonce),
        TEST(test_relabelled),
        TEST(test_selection),
        TEST(test_empty_selection),
        TEST(test_bank),
        TEST(test_wrong_key),
        TEST(test_weak_key),
        TEST(test_key_attributes),
        TEST(test_rsa),
        TEST(test_point_off_curve),
        TEST(test_bad_signature),
        TEST(test_signature_algorithm),
        TEST(test_malformed),
        TEST(test_values),
        TEST(test_zero_bank),
        TEST(test_reopened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
