/* SPDX-License-Identifier: MIT */
/*
 * The file with a released secret: its form, and for which keys there is none.
 * That the right TPM, and no other, recovers the secret is shown with TPMs, by
 * tests/scenario/attest-guest.t.
 */
#include "tests/unit/attest/fixture.h"

#include <openssl/ec.h>

#include "attest/json.h"
#include "attest/released.h"

static EVP_PKEY *signer; /* of what is made; NULL: nobody */

static char *make(struct bytes ek, struct bytes secret, size_t *size)
{
    struct hasher hasher;
    struct released_to to = {.ek = ek, .signer = signer};
    memset(to.ak.bytes, 0x5a, sizeof(to.ak.bytes));
    assert_true(hasher_init(&hasher));
    char *text = released_make(&hasher, &to, secret, size);
    hasher_free(&hasher);
    return text;
}

static void test_form(void **state)
{
    static const char secret[] = "nobody is to read this";
    uint8_t wire[256], out[64];
    struct released released;
    size_t size;
    (void)state;
    char *text = make(fixture_ek(FIXTURE_STORAGE_KEY, FIXTURE_ALG_AES, wire),
                      bytes_of_text(secret), &size);
    assert_non_null(text);
    assert_null(strstr(text, secret));
    assert_true(released_parse(bytes_of(text, size), &released));
    assert_int_equal(released.ak.bytes[33], 0x5a);
    assert_int_equal(released.hidden.size, strlen(secret) + RELEASED_TAG_SIZE);
    assert_int_equal(released.credential.seed_size, 2 * (2 + 32));
    /* Another key than the one in the credential. */
    const uint8_t key[CREDENTIAL_SECRET_SIZE] = {1};
    memset(out, 0xff, sizeof(out));
    assert_false(released_open(&released, key, out));
    assert_int_equal(out[0], 0);
    released_free(&released);
    free(text);
}

/* Each time another key and another ephemeral point. */
static void test_fresh(void **state)
{
    uint8_t wire[256];
    struct released first, second;
    size_t size;
    (void)state;
    struct bytes ek = fixture_ek(FIXTURE_STORAGE_KEY, FIXTURE_ALG_AES, wire);
    char *text = make(ek, bytes_of_text("secret"), &size);
    assert_true(released_parse(bytes_of(text, size), &first));
    free(text);
    text = make(ek, bytes_of_text("secret"), &size);
    assert_true(released_parse(bytes_of(text, size), &second));
    free(text);
    assert_memory_not_equal(first.credential.seed, second.credential.seed, 68);
    assert_memory_not_equal(first.iv, second.iv, RELEASED_IV_SIZE);
    assert_memory_not_equal(first.hidden.data, second.hidden.data, 6);
    released_free(&first);
    released_free(&second);
}

/* Whose it is, and that it is whole: also where the file's form does not say. */
static void test_signature(void **state)
{
    uint8_t wire[256];
    struct released released;
    size_t size;
    (void)state;
    struct bytes ek = fixture_ek(FIXTURE_STORAGE_KEY, FIXTURE_ALG_AES, wire);
    EVP_PKEY *other = EVP_EC_gen("prime256v1");
    signer = EVP_EC_gen("prime256v1");
    char *text = make(ek, bytes_of_text("secret"), &size);
    assert_true(released_parse(bytes_of(text, size), &released));
    assert_true(released_is_by(&released, signer));
    assert_false(released_is_by(&released, other));
    released.credential.blob_size--;
    assert_false(released_is_by(&released, signer));
    released.credential.blob_size++;
    released.hidden.size--;
    assert_false(released_is_by(&released, signer));
    released.hidden.size++;
    released.signature.size = 0;
    assert_false(released_is_by(&released, signer));
    released_free(&released);
    free(text);
    EVP_PKEY_free(signer);
    signer = NULL;
    text = make(ek, bytes_of_text("secret"), &size);
    assert_true(released_parse(bytes_of(text, size), &released));
    assert_int_equal(released.signature.size, 0);
    assert_false(released_is_by(&released, other));
    EVP_PKEY_free(other);
    released_free(&released);
    free(text);
}

static void test_unfit_keys(void **state)
{
    static const struct {
        uint32_t attributes;
        uint16_t symmetric;
    } unfit[] = {{FIXTURE_STORAGE_KEY & ~TPMA_FIXED_TPM, FIXTURE_ALG_AES},
                 {FIXTURE_STORAGE_KEY & ~TPMA_FIXED_PARENT, FIXTURE_ALG_AES},
                 {FIXTURE_STORAGE_KEY & ~TPMA_RESTRICTED, FIXTURE_ALG_AES},
                 {FIXTURE_STORAGE_KEY & ~TPMA_DECRYPT, FIXTURE_ALG_AES},
                 {FIXTURE_STORAGE_KEY | TPMA_SIGN, FIXTURE_ALG_AES},
                 {FIXTURE_STORAGE_KEY, TPM_ALG_NULL}};
    uint8_t wire[256];
    size_t size;
    (void)state;
    for (size_t i = 0; i < sizeof(unfit) / sizeof(unfit[0]); i++) {
        assert_null(
            make(fixture_ek(unfit[i].attributes, unfit[i].symmetric, wire),
                 bytes_of_text("secret"), &size));
    }
    struct bytes ek = fixture_ek(FIXTURE_STORAGE_KEY, FIXTURE_ALG_AES, wire);
    assert_null(
        make(bytes_of(ek.data, ek.size - 1), bytes_of_text("secret"), &size));
    wire[ek.size - 1] ^= 1; /* not on the curve */
    assert_null(make(ek, bytes_of_text("secret"), &size));
}

static void test_length(void **state)
{
    uint8_t wire[256];
    size_t size;
    (void)state;
    struct bytes ek = fixture_ek(FIXTURE_STORAGE_KEY, FIXTURE_ALG_AES, wire);
    uint8_t *secret = calloc(1, RELEASED_MAX_SECRET + 1);
    assert_non_null(secret);
    assert_null(make(ek, bytes_of(secret, RELEASED_MAX_SECRET + 1), &size));
    char *text = make(ek, bytes_of(secret, RELEASED_MAX_SECRET), &size);
    struct released released;
    assert_non_null(text);
    assert_true(released_parse(bytes_of(text, size), &released));
    released_free(&released);
    free(text);
    text = make(ek, bytes_none(), &size);
    assert_non_null(text);
    assert_true(released_parse(bytes_of(text, size), &released));
    released_free(&released);
    free(text);
    free(secret);
}

static bool parses(const json_t *root)
{
    struct released released;
    size_t size;
    char *text = json_text(root, &size);
    bool is_good = released_parse(bytes_of(text, size), &released);
    if (is_good) {
        released_free(&released);
    }
    free(text);
    return is_good;
}

static void test_malformed(void **state)
{
    static const char *const members[] = {
        "format", "ak", "policy", "credential", "seed", "iv", "secret"};
    uint8_t wire[256];
    size_t size;
    struct released released;
    (void)state;
    char *text = make(fixture_ek(FIXTURE_STORAGE_KEY, FIXTURE_ALG_AES, wire),
                      bytes_of_text("secret"), &size);
    json_t *root = json_loadb(text, size, 0, NULL);
    free(text);
    assert_true(parses(root));
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        json_t *kept = json_incref(json_object_get(root, members[i]));
        json_object_del(root, members[i]);
        assert_false(parses(root));
        json_put(root, members[i], json_integer(1));
        assert_false(parses(root));
        json_put(root, members[i], json_string("AA"));
        assert_false(parses(root));
        json_put(root, members[i], kept);
    }
    json_put(root, "iv", json_string("AAAA"));
    assert_false(parses(root));
    json_put(root, "trust_me", json_true());
    assert_false(parses(root));
    json_decref(root);
    assert_false(released_parse(bytes_of_text("{}"), &released));
    assert_false(released_parse(bytes_of_text(""), &released));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_form), cmocka_unit_test(test_fresh),
        cmocka_unit_test(test_signature),
        cmocka_unit_test(test_unfit_keys), cmocka_unit_test(test_length),
        cmocka_unit_test(test_malformed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
