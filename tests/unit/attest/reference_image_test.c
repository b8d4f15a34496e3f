/* SPDX-License-Identifier: MIT */
/* A manifest's guests and vTPMs: what is loaded, what makes it malformed. */
#include "tests/unit/attest/fixture.h"

#include "attest/json.h"
#include "attest/reference_image.h"
#include "attest/testing/guest.h"

static int set_up(void **state)
{
    struct fixture *fixture = malloc(sizeof(*fixture));
    fixture_make(fixture, false);
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
    struct guest guest;
    guest_make(&guest, &fixture->hasher, "one", 10);
    json_t *payload = boot_payload(&fixture->hasher, &fixture->disk,
                                   fixture->real_log, &fixture->key, NULL);
    json_t *guests = json_array(), *vtpms = json_array();
    json_push(guests, guest_reference(&guest, "one"));
    json_push(vtpms, guest_vtpm_reference(&guest));
    json_put(payload, "guests", guests);
    json_put(payload, "vtpms", vtpms);
    guest_free(&guest);
    return payload;
}

static bool loads(struct fixture *fixture, json_t *payload)
{
    struct reference reference;
    bool is_good = reference_load(&fixture->hasher, payload, &reference);
    if (is_good) {
        reference_free(&reference);
    }
    return is_good;
}

static void test_loaded(void **state)
{
    struct fixture *fixture = *state;
    struct reference reference;
    json_t *payload = good(fixture);
    json_t *guest = json_array_get(json_object_get(payload, "guests"), 0);
    json_put(guest, "user", json_string("tenant01_u"));
    assert_true(reference_load(&fixture->hasher, payload, &reference));
    assert_int_equal(reference.guests.count, 1);
    assert_int_equal(reference.vtpms.count, 1);
    assert_string_equal(reference.guests.items[0].name, "one");
    assert_string_equal(reference.guests.items[0].user, "tenant01_u");
    assert_string_equal(reference.guests.items[0].type, REFERENCE_GUEST_TYPE);
    assert_string_equal(reference.vtpms.items[0].type, REFERENCE_VTPM_TYPE);
    assert_null(reference.vtpms.items[0].user);
    assert_false(reference.is_guest_required);
    assert_true(reference_want_guest(&reference, "one"));
    assert_true(reference.is_guest_required);
    assert_false(reference_want_guest(&reference, "on"));
    reference_free(&reference);
    json_decref(payload);
}

static void test_absent(void **state)
{
    struct fixture *fixture = *state;
    json_t *payload = good(fixture);
    json_object_del(payload, "guests");
    json_object_del(payload, "vtpms");
    assert_true(loads(fixture, payload));
    json_decref(payload);
}

/* Every member, gone or of another type, and one that we do not know. */
static void test_members(void **state)
{
    static const char *const members[] = {"name", "kernel", "initrd",
                                          "cmdline"};
    static const char *const lists[] = {"guests", "vtpms"};
    struct fixture *fixture = *state;
    for (size_t i = 0; i < 2; i++) {
        json_t *payload = good(fixture);
        json_t *image = json_array_get(json_object_get(payload, lists[i]), 0);
        for (size_t j = 0; j < sizeof(members) / sizeof(members[0]); j++) {
            json_t *kept = json_incref(json_object_get(image, members[j]));
            json_object_del(image, members[j]);
            assert_false(loads(fixture, payload));
            json_put(image, members[j], json_integer(1));
            assert_false(loads(fixture, payload));
            json_put(image, members[j], kept);
        }
        assert_true(loads(fixture, payload));
        json_put(image, "user", json_integer(1));
        assert_false(loads(fixture, payload));
        json_object_del(image, "user");
        json_put(image, "trust_me", json_true());
        assert_false(loads(fixture, payload));
        json_put(payload, lists[i], json_object());
        assert_false(loads(fixture, payload));
        json_decref(payload);
    }
}

static void test_blobs(void **state)
{
    static const char *const wrong[] = {
        "{}",
        "{\"sha256\": \"00\", \"size\": 1}",
        "{\"size\": 1}",
        "{\"sha256\": "
        "\"0000000000000000000000000000000000000000000000000000000000000000\"}",
        "{\"sha256\": "
        "\"0000000000000000000000000000000000000000000000000000000000000000\","
        " \"size\": -1}",
        "{\"sha256\": "
        "\"0000000000000000000000000000000000000000000000000000000000000000\","
        " \"size\": 1, \"text\": \"\"}"};
    struct fixture *fixture = *state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        json_t *payload = good(fixture);
        json_t *image = json_array_get(json_object_get(payload, "guests"), 0);
        json_put(image, "kernel", json_loads(wrong[i], 0, NULL));
        assert_false(loads(fixture, payload));
        json_decref(payload);
    }
}

static void test_too_many(void **state)
{
    struct fixture *fixture = *state;
    json_t *payload = good(fixture);
    json_t *list = json_object_get(payload, "guests");
    while (json_array_size(list) < REFERENCE_MAX_IMAGES) {
        json_push(list, json_incref(json_array_get(list, 0)));
    }
    assert_true(loads(fixture, payload));
    json_push(list, json_incref(json_array_get(list, 0)));
    assert_false(loads(fixture, payload));
    json_decref(payload);
}

/* A component of a guest has no events of the boot. */
static void test_no_events(void **state)
{
    struct fixture *fixture = *state;
    json_t *payload = good(fixture);
    json_t *event = json_array_get(json_object_get(payload, "hypervisor"), 0);
    json_put(event, "component", json_string("guest-kernel"));
    assert_false(loads(fixture, payload));
    json_decref(payload);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_loaded), TEST(test_absent),   TEST(test_members),
        TEST(test_blobs),  TEST(test_too_many), TEST(test_no_events)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
