/* SPDX-License-Identifier: MIT */
/* Manifests: signed, strict, and refused when anything is unexpected. */
#include "tests/unit/attest/fixture.h"

#include <openssl/pem.h>

#include "attest/json.h"
#include "attest/manifest.h"

struct world {
    struct fixture fixture;
    EVP_PKEY *key;
    json_t *payload;
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    fixture_make(&world->fixture, false);
    world->key = EVP_EC_gen("prime256v1");
    world->payload =
        boot_payload(&world->fixture.hasher, &world->fixture.disk,
                     world->fixture.real_log, &world->fixture.key, NULL);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    json_decref(world->payload);
    EVP_PKEY_free(world->key);
    fixture_free(&world->fixture);
    free(world);
    return 0;
}

static enum reason load_text(struct world *world, EVP_PKEY *key,
                             struct bytes text, int64_t now)
{
    struct reference reference = {0};
    enum reason reason =
        manifest_load(key, &world->fixture.hasher, text, now, &reference);
    reference_free(&reference);
    return reason;
}

static enum reason sign_and_load(struct world *world, int64_t now)
{
    size_t size;
    char *text = manifest_sign(world->key, &world->fixture.hasher,
                               world->payload, &size);
    assert_non_null(text);
    enum reason reason =
        load_text(world, world->key, bytes_of(text, size), now);
    free(text);
    return reason;
}

static void test_good(void **state)
{
    assert_reason(sign_and_load(*state, 0), REASON_NONE);
}

static void test_expired(void **state)
{
    struct world *world = *state;
    json_put(world->payload, "expires", json_string("2026-12-31"));
    /* 2027-01-01T00:00:00Z */
    assert_reason(sign_and_load(world, 1798761599), REASON_NONE);
    assert_reason(sign_and_load(world, 1798761600), REASON_MANIFEST_EXPIRED);
    assert_reason(sign_and_load(world, 0), REASON_MANIFEST_TIME);
    const char *const wrong[] = {"2026-13-01", "2026-1-1",    "soon",
                                 "2026-12-32", "2026-12-31x", ""};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        json_put(world->payload, "expires", json_string(wrong[i]));
        assert_reason(sign_and_load(world, 1), REASON_MANIFEST_MALFORMED);
    }
}

static void test_date(void **state)
{
    (void)state;
    int64_t at;
    assert_true(reference_parse_date("1970-01-01", &at));
    assert_int_equal(at, 86400);
    assert_true(reference_parse_date("2000-02-29", &at));
    assert_int_equal(at, 951868800);
    assert_true(reference_parse_date("2028-02-29", &at));
    assert_true(reference_parse_date("2026-12-31", &at));
    static const char *const none[] = {
        "2026-02-31", "2026-02-29", "1900-02-29", "2100-02-29", "2026-04-31",
        "2026-11-31", "2026-12-32", "2026-13-01", "2026-00-01", "2026-01-00"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_false(reference_parse_date(none[i], &at));
    }
}

static void test_wrong_key(void **state)
{
    struct world *world = *state;
    size_t size;
    char *text = manifest_sign(world->key, &world->fixture.hasher,
                               world->payload, &size);
    EVP_PKEY *other = EVP_EC_gen("prime256v1");
    assert_reason(load_text(world, other, bytes_of(text, size), 0),
                  REASON_MANIFEST_KEY);
    EVP_PKEY_free(other);
    free(text);
}

/* The envelope with one member replaced. */
static enum reason replace_and_load(struct world *world, const char *key,
                                    json_t *value)
{
    size_t size;
    char *text = manifest_sign(world->key, &world->fixture.hasher,
                               world->payload, &size);
    json_t *root = json_loadb(text, size, 0, NULL);
    free(text);
    json_put(root, key, value);
    text = json_text(root, &size);
    json_decref(root);
    enum reason reason = load_text(world, world->key, bytes_of(text, size), 0);
    free(text);
    return reason;
}

static void test_changed(void **state)
{
    struct world *world = *state;
    size_t size;
    json_put(world->payload, "accept_shared", json_true());
    char *text = json_text(world->payload, &size);
    json_put(world->payload, "accept_shared", json_false());
    assert_reason(
        replace_and_load(world, "payload", json_base64(bytes_of(text, size))),
        REASON_MANIFEST_SIGNATURE);
    free(text);
    assert_reason(
        replace_and_load(world, "signature", json_base64(bytes_of_text("0"))),
        REASON_MANIFEST_SIGNATURE);
    assert_reason(replace_and_load(world, "signature", json_string("")),
                  REASON_MANIFEST_SIGNATURE);
    assert_reason(replace_and_load(world, "payload", json_string("*")),
                  REASON_MANIFEST_MALFORMED);
    assert_reason(replace_and_load(world, "format", json_string("other")),
                  REASON_MANIFEST_MALFORMED);
    assert_reason(replace_and_load(world, "more", json_true()),
                  REASON_MANIFEST_MALFORMED);
}

static void test_duplicate_key(void **state)
{
    struct world *world = *state;
    static const char twice[] = "{\"format\": \"vouch-manifest-1\", "
                                "\"format\": \"vouch-manifest-1\"}";
    assert_reason(load_text(world, world->key, bytes_of_text(twice), 0),
                  REASON_MANIFEST_DUPLICATE_KEY);
    assert_reason(load_text(world, world->key, bytes_of_text("{"), 0),
                  REASON_MANIFEST_MALFORMED);
    assert_reason(load_text(world, world->key, bytes_of_text("[]"), 0),
                  REASON_MANIFEST_MALFORMED);
}

/* A signed payload that has, or lacks, something: no verifier may go on. */
static void test_strict(void **state)
{
    struct world *world = *state;
    const char *const needed[] = {"format",   "accept_shared", "keys",
                                  "firmware", "boot",          "hypervisor",
                                  "scripts",  "dynamic_launch"};
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        json_t *member =
            json_incref(json_object_get(world->payload, needed[i]));
        json_object_del(world->payload, needed[i]);
        assert_reason(sign_and_load(world, 0), REASON_MANIFEST_MALFORMED);
        json_put(world->payload, needed[i], json_string("x"));
        assert_reason(sign_and_load(world, 0), REASON_MANIFEST_MALFORMED);
        json_put(world->payload, needed[i], member);
        assert_reason(sign_and_load(world, 0), REASON_NONE);
    }
    json_put(world->payload, "condition", json_string("new"));
    assert_reason(sign_and_load(world, 0), REASON_MANIFEST_MALFORMED);
}

static void test_strict_events(void **state)
{
    struct world *world = *state;
    json_t *event = json_array_get(json_object_get(world->payload, "boot"), 1);
    static const struct {
        const char *key, *value;
    } cases[] = {{"type", "EV_NONSENSE"},
                 {"component", "nothing"},
                 {"component", "quote"},
                 {"data", "maybe"},
                 {"unknown", "x"},
                 {"digests", "x"},
                 {"pcr", "8"},
                 {"text", NULL}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *saved = json_incref(json_object_get(event, cases[i].key));
        json_put(event, cases[i].key,
                 cases[i].value != NULL ? json_string(cases[i].value)
                                        : json_integer(1));
        assert_reason(sign_and_load(world, 0), REASON_MANIFEST_MALFORMED);
        if (saved != NULL) {
            json_put(event, cases[i].key, saved);
        } else {
            json_object_del(event, cases[i].key);
        }
        assert_reason(sign_and_load(world, 0), REASON_NONE);
    }
    json_t *digests = json_object_get(event, "digests");
    json_array_clear(digests);
    assert_reason(sign_and_load(world, 0), REASON_MANIFEST_MALFORMED);
    json_push(digests, json_string("00"));
    assert_reason(sign_and_load(world, 0), REASON_MANIFEST_MALFORMED);
}

/* What a manifest says of a key's TPM: one of three words, or nothing. */
static void test_ek_trust(void **state)
{
    struct world *world = *state;
    json_t *key = json_array_get(json_object_get(world->payload, "keys"), 0);
    static const char *const good[] = {"none", "software", "vendor"};
    static const char *const bad[] = {"wrong", "", "Vendor"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        json_put(key, "ek_trust", json_string(good[i]));
        assert_reason(sign_and_load(world, 0), REASON_NONE);
        json_put(key, "ek_trust", json_string(bad[i]));
        assert_reason(sign_and_load(world, 0), REASON_MANIFEST_MALFORMED);
    }
    json_put(key, "ek_trust", json_true());
    assert_reason(sign_and_load(world, 0), REASON_MANIFEST_MALFORMED);
}

/* A manifest cannot make a weak key good. */
static void test_weak_key(void **state)
{
    struct world *world = *state;
    forge_key_free(&world->fixture.key);
    forge_key_make(
        &world->fixture.key,
        &(struct forge_key_spec){.clear_attributes = TPMA_RESTRICTED});
    json_decref(world->payload);
    world->payload =
        boot_payload(&world->fixture.hasher, &world->fixture.disk,
                     world->fixture.real_log, &world->fixture.key, NULL);
    assert_reason(sign_and_load(world, 0), REASON_MANIFEST_MALFORMED);
}

/* Only P-256 keys sign manifests. */
static void test_operator_key(void **state)
{
    (void)state;
    const char *const groups[] = {"prime256v1", "secp384r1"};
    for (size_t i = 0; i < 2; i++) {
        char *pem;
        EVP_PKEY *key = EVP_EC_gen(groups[i]);
        BIO *bio = BIO_new(BIO_s_mem());
        assert_int_equal(PEM_write_bio_PUBKEY(bio, key), 1);
        long size = BIO_get_mem_data(bio, &pem);
        EVP_PKEY *read = manifest_read_public(bytes_of(pem, (size_t)size));
        assert_int_equal(read != NULL, i == 0);
        assert_null(manifest_read_private(bytes_of(pem, (size_t)size)));
        EVP_PKEY_free(read);
        EVP_PKEY_free(key);
        BIO_free(bio);
    }
    assert_null(manifest_read_public(bytes_of_text("no key")));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_good),     TEST(test_expired),
        TEST(test_date),     TEST(test_wrong_key),
        TEST(test_changed),  TEST(test_duplicate_key),
        TEST(test_strict),   TEST(test_strict_events),
        TEST(test_weak_key), TEST(test_operator_key),
        TEST(test_ek_trust),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
