/* SPDX-License-Identifier: MIT */
/* The evidence file, from text to bytes and back, and what is refused. */
#include "tests/unit/attest/fixture.h"

#include "attest/base64.h"
#include "attest/json.h"

static int set_up(void **state)
{
    struct fixture *fixture = malloc(sizeof(*fixture));
    fixture_make(fixture, false);
    (void)fixture_appraise(fixture);
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    fixture_free(*state);
    free(*state);
    return 0;
}

static json_t *good(struct fixture *fixture)
{
    struct evidence evidence = forge_evidence(&fixture->key, &fixture->is,
                                              &fixture->quote, &fixture->log);
    size_t size;
    char *text = evidence_format(&evidence, &size);
    json_t *root = json_loadb(text, size, 0, NULL);
    free(text);
    assert_non_null(root);
    return root;
}

static enum reason parse(const json_t *root)
{
    size_t size;
    struct evidence evidence;
    char *text = json_text(root, &size);
    enum reason reason = evidence_parse(bytes_of(text, size), &evidence);
    if (reason == REASON_NONE) {
        evidence_free(&evidence);
    }
    free(text);
    return reason;
}

static void test_round_trip(void **state)
{
    struct fixture *fixture = *state;
    struct evidence evidence = forge_evidence(&fixture->key, &fixture->is,
                                              &fixture->quote, &fixture->log);
    struct evidence read;
    size_t size;
    evidence.certificate = bytes_of_text("certificate");
    char *text = evidence_format(&evidence, &size);
    assert_reason(evidence_parse(bytes_of(text, size), &read), REASON_NONE);
    assert_true(bytes_equal(read.quote, evidence.quote));
    assert_true(bytes_equal(read.signature, evidence.signature));
    assert_true(bytes_equal(read.public, evidence.public));
    assert_true(bytes_equal(read.certificate, evidence.certificate));
    assert_true(bytes_equal(read.log, evidence.log));
    assert_int_equal(read.selection, evidence.selection);
    assert_true(read.has_values);
    appraise(fixture->appraiser, &fixture->reference, &read,
             fixture_nonce(fixture), &fixture->verdict);
    assert_reason(fixture->verdict.reason, REASON_NONE);
    evidence_free(&read);
    free(text);
}

static void test_duplicate_keys(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "{\"format\": \"vouch-evidence-1\", \"log\": \"\", \"log\": \"\"}",
        "{\"format\": \"vouch-evidence-1\", \"pcrs\": "
        "{\"0\": \"00\", \"0\": \"11\"}}"};
    for (size_t i = 0; i < 2; i++) {
        struct evidence evidence;
        assert_reason(evidence_parse(bytes_of_text(texts[i]), &evidence),
                      REASON_EVIDENCE_DUPLICATE_KEY);
    }
}

static void test_not_json(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "{", "[]", "null", "{}", "\"\"", "{\"format\": 1}"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct evidence evidence;
        assert_reason(evidence_parse(bytes_of_text(texts[i]), &evidence),
                      REASON_EVIDENCE_MALFORMED);
    }
}

static void test_version(void **state)
{
    json_t *root = good(*state);
    json_put(root, "format", json_string("vouch-evidence-3"));
    assert_reason(parse(root), REASON_EVIDENCE_VERSION);
    json_decref(root);
}

static void test_members(void **state)
{
    const char *const keys[] = {"quote", "signature", "ak", "log"};
    for (size_t i = 0; i < 4; i++) {
        json_t *root = good(*state);
        json_put(root, keys[i], json_integer(1));
        assert_reason(parse(root), REASON_EVIDENCE_MALFORMED);
        json_put(root, keys[i], json_string("AAA"));
        assert_reason(parse(root), REASON_EVIDENCE_MALFORMED);
        json_put(root, keys[i], json_string("AA=="));
        assert_reason(parse(root), REASON_NONE);
        json_decref(root);
    }
    json_t *root = good(*state);
    json_put(root, "trust_me", json_true());
    assert_reason(parse(root), REASON_EVIDENCE_MALFORMED);
    json_decref(root);
}

static void test_selection(void **state)
{
    static const char *const wrong[] = {
        "{\"bank\": \"sha1\", \"pcrs\": [0]}",
        "{\"bank\": \"sha256\", \"pcrs\": [0, 0]}",
        "{\"bank\": \"sha256\", \"pcrs\": [1, 0]}",
        "{\"bank\": \"sha256\", \"pcrs\": [24]}",
        "{\"bank\": \"sha256\", \"pcrs\": [-1]}",
        "{\"bank\": \"sha256\", \"pcrs\": [true]}",
        "{\"bank\": \"sha256\", \"pcrs\": 1}",
        "{\"bank\": \"sha256\"}",
        "{\"bank\": \"sha256\", \"pcrs\": [0], \"x\": 1}"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        json_t *root = good(*state);
        json_put(root, "selection", json_loads(wrong[i], 0, NULL));
        json_object_del(root, "pcrs");
        assert_reason(parse(root), REASON_EVIDENCE_MALFORMED);
        json_decref(root);
    }
}

static void test_values(void **state)
{
    json_t *root = good(*state);
    json_t *values = json_object_get(root, "pcrs");
    json_put(values, "10", json_string("00"));
    assert_reason(parse(root), REASON_EVIDENCE_MALFORMED);
    json_object_del(values, "10");
    assert_reason(parse(root), REASON_NONE);
    json_object_del(values, "0");
    assert_reason(parse(root), REASON_EVIDENCE_MALFORMED);
    json_decref(root);
}

/* ---- a guest's ---- */

static json_t *good_guest(struct fixture *fixture)
{
    struct evidence evidence = forge_evidence(&fixture->key, &fixture->is,
                                              &fixture->quote, &fixture->log);
    size_t size;
    evidence.has_guest = true;
    evidence.guest = (struct evidence_guest){.quote = bytes_of_text("quote"),
                                             .signature = bytes_of_text("sig"),
                                             .public = bytes_of_text("public"),
                                             .ek = bytes_of_text("ek"),
                                             .log = bytes_of_text("log")};
    evidence.proof = (struct merkle_path){.index = 2, .count = 3, .size = 1};
    memset(evidence.proof.digests[0].bytes, 0x5a, SHA256_SIZE);
    char *text = evidence_format(&evidence, &size);
    json_t *root = json_loadb(text, size, 0, NULL);
    free(text);
    assert_non_null(root);
    return root;
}

static void test_guest_round_trip(void **state)
{
    struct fixture *fixture = *state;
    json_t *root = good_guest(fixture);
    struct evidence read;
    size_t size;
    char *text = json_text(root, &size);
    assert_reason(evidence_parse(bytes_of(text, size), &read), REASON_NONE);
    assert_true(read.has_guest);
    assert_true(bytes_equal(
        read.quote, bytes_of(fixture->is.quote, fixture->is.quote_size)));
    assert_true(bytes_equal(read.guest.quote, bytes_of_text("quote")));
    assert_true(bytes_equal(read.guest.signature, bytes_of_text("sig")));
    assert_true(bytes_equal(read.guest.public, bytes_of_text("public")));
    assert_true(bytes_equal(read.guest.ek, bytes_of_text("ek")));
    assert_true(bytes_equal(read.guest.log, bytes_of_text("log")));
    assert_int_equal(read.proof.index, 2);
    assert_int_equal(read.proof.count, 3);
    assert_int_equal(read.proof.size, 1);
    assert_int_equal(read.proof.digests[0].bytes[31], 0x5a);
    evidence_free(&read);
    free(text);
    json_decref(root);
}

/* No member of either part can be missing (but the log), be of another type
 * or be one that we do not know. */
static void test_guest_members(void **state)
{
    static const char *const parts[] = {"platform", "proof", "guest"};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        json_t *root = good_guest(*state);
        json_put(json_object_get(root, parts[i]), "trust_me", json_true());
        assert_reason(parse(root), REASON_EVIDENCE_MALFORMED);
        json_decref(root);
        root = good_guest(*state);
        json_object_del(root, parts[i]);
        assert_reason(parse(root), REASON_EVIDENCE_MALFORMED);
        json_put(root, parts[i], json_array());
        assert_reason(parse(root), REASON_EVIDENCE_MALFORMED);
        json_decref(root);
    }
    json_t *root = good_guest(*state);
    json_put(root, "log", json_string(""));
    assert_reason(parse(root), REASON_EVIDENCE_MALFORMED);
    json_object_del(root, "log");
    json_object_del(json_object_get(root, "guest"), "log");
    assert_reason(parse(root), REASON_NONE);
    json_put(json_object_get(root, "platform"), "format",
             json_string(EVIDENCE_FORMAT));
    assert_reason(parse(root), REASON_EVIDENCE_MALFORMED);
    json_decref(root);
}

static void test_proof(void **state)
{
    static const char *const wrong[] = {
        "{\"index\": -1, \"count\": 3, \"path\": []}",
        "{\"index\": 0, \"count\": 4097, \"path\": []}",
        "{\"index\": 0, \"count\": \"3\", \"path\": []}",
        "{\"index\": 0, \"count\": 3, \"path\": [\"00\"]}",
        "{\"index\": 0, \"count\": 3, \"path\": {}}",
        "{\"index\": 0, \"count\": 3}",
        "{\"index\": 0, \"count\": 3, \"path\": "
        "[0,0,0,0,0,0,0,0,0,0,0,0,0]}"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        json_t *root = good_guest(*state);
        json_put(root, "proof", json_loads(wrong[i], 0, NULL));
        assert_reason(parse(root), REASON_EVIDENCE_MALFORMED);
        json_decref(root);
    }
}

/* ---- base64 ---- */

static void test_base64(void **state)
{
    (void)state;
    static const struct {
        const char *plain, *standard, *url;
    } cases[] = {{"", "", ""}, /* RFC 4648, section 10 */
                 {"f", "Zg==", "Zg"},
                 {"fo", "Zm8=", "Zm8"},
                 {"foo", "Zm9v", "Zm9v"},
                 {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
                 {"\xff\xef\xbe", "/+++", "_---"}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[16];
        uint8_t back[16];
        size_t size =
            base64_encode(BASE64_STANDARD, bytes_of_text(cases[i].plain), text);
        text[size] = 0;
        assert_string_equal(text, cases[i].standard);
        assert_true(base64_decode(bytes_of(text, size), back, &size));
        assert_int_equal(size, strlen(cases[i].plain));
        assert_memory_equal(back, cases[i].plain, size);
        size = base64_encode(BASE64_URL, bytes_of_text(cases[i].plain), text);
        text[size] = 0;
        assert_string_equal(text, cases[i].url);
    }
}

static void test_base64_strict(void **state)
{
    (void)state;
    static const char *const wrong[] = {"Z",     "Zg",   "Zg=",      "Zh==",
                                        "Zm9=",  "====", "Zg==Zg==", "Zm9v\n",
                                        "Zm 9v", "_---", "=AAA"};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        uint8_t out[16];
        size_t size;
        assert_false(base64_decode(bytes_of_text(wrong[i]), out, &size));
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_round_trip),
        TEST(test_duplicate_keys),
        TEST(test_not_json),
        TEST(test_version),
        TEST(test_members),
        TEST(test_selection),
        TEST(test_values),
        TEST(test_guest_round_trip),
        TEST(test_guest_members),
        TEST(test_proof),
        cmocka_unit_test(test_base64),
        cmocka_unit_test(test_base64_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
