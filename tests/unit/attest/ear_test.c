/* SPDX-License-Identifier: MIT */
/*
 * What an EAR claims: nothing is affirmed that the verdict has a finding of,
 * however many there are. That others can check its signature is shown by
 * tests/scenario/attest.t.
 */
#include "tests/unit/attest/fixture.h"

#include <jansson.h>
#include <openssl/ec.h>

#include "attest/base64.h"
#include "attest/ear.h"
#include "attest/testing/guest.h"

#define NONE            0
#define AFFIRMED        2
#define BOOT_AFFIRMED   3
#define CONTRAINDICATED 96
#define UNRECOGNIZED    97

struct scene {
    struct fixture platform;
    struct guest guest;
    struct evidence evidence;
    EVP_PKEY *signer;
    json_t *claims; /* of the last verdict */
};

static void refer(struct scene *scene)
{
    struct fixture *platform = &scene->platform;
    json_t *payload = boot_payload(&platform->hasher, &platform->disk,
                                   platform->real_log, &platform->key, NULL);
    json_t *guests = json_array(), *vtpms = json_array();
    json_array_append_new(guests, guest_reference(&scene->guest, "web"));
    json_array_append_new(vtpms, guest_vtpm_reference(&scene->guest));
    json_object_set_new(payload, "guests", guests);
    json_object_set_new(payload, "vtpms", vtpms);
    reference_free(&platform->reference);
    assert_true(
        reference_load(&platform->hasher, payload, &platform->reference));
    json_decref(payload);
}

static void log_guest(struct scene *scene)
{
    guest_log_vtpm(&scene->guest, &scene->platform.log);
    guest_log_identity(&scene->guest, &scene->platform.log);
    guest_log_launch(&scene->guest, &scene->platform.log);
}

static int set_up(void **state)
{
    struct scene *scene = calloc(1, sizeof(*scene));
    fixture_make(&scene->platform, false);
    guest_make(&scene->guest, &scene->platform.hasher, "web", 10);
    refer(scene);
    guest_quote_make(&scene->guest, fixture_nonce(&scene->platform), 0, 1);
    scene->signer = EVP_EC_gen("P-256");
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    json_decref(scene->claims);
    EVP_PKEY_free(scene->signer);
    guest_free(&scene->guest);
    fixture_free(&scene->platform);
    free(scene);
    return 0;
}

/* The claims of a token: base64 as JOSE has it, between two dots. */
static json_t *read_claims(char *token)
{
    char *body = strchr(token, '.') + 1, *end = strchr(body, '.');
    size_t length = (size_t)(end - body), size = 0;
    char text[8192];
    uint8_t out[8192];
    assert_true(length + 3 < sizeof(text));
    for (size_t i = 0; i < length; i++) {
        text[i] = body[i] == '-' ? '+' : body[i] == '_' ? '/' : body[i];
    }
    while (length % 4 != 0) {
        text[length++] = '=';
    }
    assert_true(base64_decode(bytes_of(text, length), out, &size));
    json_t *claims = json_loadb((const char *)out, size, 0, NULL);
    assert_non_null(claims);
    return claims;
}

static void judge(struct scene *scene)
{
    struct fixture *platform = &scene->platform;
    platform->quote =
        forge_quote_good(&platform->log, sha256_bytes(&scene->guest.root));
    forge_sign(&platform->key, &platform->hasher, &platform->quote,
               &platform->is);
    scene->evidence = forge_evidence(&platform->key, &platform->is,
                                     &platform->quote, &platform->log);
    guest_put_evidence(&scene->guest, &scene->evidence);
    appraise(platform->appraiser, &platform->reference, &scene->evidence,
             fixture_nonce(platform), &platform->verdict);
    const struct ear_input input = {.verdict = &platform->verdict,
                                    .nonce = fixture_nonce(platform),
                                    .manifest = bytes_of_text("{}")};
    size_t size;
    char *token = ear_sign(scene->signer, &platform->hasher, &input, &size);
    assert_non_null(token);
    json_decref(scene->claims);
    scene->claims = read_claims(token);
    free(token);
}

static json_t *module_of(struct scene *scene, const char *name)
{
    return json_object_get(json_object_get(scene->claims, "submods"), name);
}

static void assert_status(struct scene *scene, const char *module,
                          const char *status)
{
    assert_string_equal(json_string_value(json_object_get(
                            module_of(scene, module), "ear.status")),
                        status);
}

static void assert_claim(struct scene *scene, const char *module,
                         const char *claim, int value)
{
    json_t *vector =
        json_object_get(module_of(scene, module), "ear.trustworthiness-vector");
    assert_int_equal(json_integer_value(json_object_get(vector, claim)), value);
}

static void what_is_good_is_affirmed(void **state)
{
    struct scene *scene = *state;
    static const char *const modules[] = {"vouch", "guest"};
    log_guest(scene);
    judge(scene);
    assert_reason(scene->platform.verdict.reason, REASON_NONE);
    assert_true(json_is_true(
        json_object_get(module_of(scene, "vouch"), "vouch.exclusive")));
    for (size_t i = 0; i < 2; i++) {
        assert_status(scene, modules[i], "affirming");
        assert_claim(scene, modules[i], "instance-identity", AFFIRMED);
        assert_claim(scene, modules[i], "executables", BOOT_AFFIRMED);
        assert_claim(scene, modules[i], "configuration", AFFIRMED);
    }
}

/* So many events of GRUB's that findings on the hypervisor and on the guest's
 * kernel have no room. */
static void what_has_no_room_is_not_affirmed(void **state)
{
    struct scene *scene = *state;
    struct fixture *platform = &scene->platform;
    const struct verdict *verdict = &platform->verdict;
    forge_event(&platform->log, VOUCHLOG_PCR_BOOT, EV_ACTION, NULL,
                bytes_of_text("more"));
    for (int i = 0; i < VERDICT_MAX_FINDINGS + 5; i++) {
        forge_event(&platform->log, 8, EV_IPL, NULL, bytes_of_text("echo"));
    }
    scene->guest.launch.kernel.bytes[0] ^= 1;
    log_guest(scene);
    judge(scene);
    assert_true(verdict->dropped > 0);
    for (size_t i = 0; i < verdict->finding_count; i++) {
        assert_component(verdict->findings[i].component, COMPONENT_GRUBCFG);
    }
    assert_int_equal(verdict->rows[COMPONENT_HYPERVISOR].state, ROW_DIFFERS);
    assert_int_equal(verdict->rows[COMPONENT_GUEST_KERNEL].state, ROW_DIFFERS);
    assert_int_equal(verdict->rows[COMPONENT_GUEST_INITRD].state, ROW_OK);
    assert_claim(scene, "vouch", "executables", CONTRAINDICATED);
    assert_claim(scene, "guest", "executables", CONTRAINDICATED);
    assert_claim(scene, "guest", "configuration", CONTRAINDICATED);
}

/* A later launch that is as it should be does not make the earlier good. */
static void a_good_one_does_not_hide_one_without_room(void **state)
{
    struct scene *scene = *state;
    struct fixture *platform = &scene->platform;
    struct vouchlog_launch good = scene->guest.vtpm;
    for (int i = 0; i < VERDICT_MAX_FINDINGS; i++) {
        forge_event(&platform->log, 8, EV_IPL, NULL, bytes_of_text("echo"));
    }
    scene->guest.vtpm.kernel.bytes[0] ^= 1;
    scene->guest.vtpm.instance = 50;
    guest_log_vtpm(&scene->guest, &platform->log);
    scene->guest.vtpm = good;
    log_guest(scene);
    judge(scene);
    assert_int_equal(platform->verdict.rows[COMPONENT_VTPM].state, ROW_DIFFERS);
}

/* As log_guest(), of a machine whose hypervisor has PCR 11 and 12 only. */
static void boot_shared(struct scene *scene)
{
    struct fixture *platform = &scene->platform;
    struct reference_events *hypervisor = &platform->reference.hypervisor;
    for (size_t i = 0; i < hypervisor->count; i++) {
        hypervisor->items[i].pcr = VOUCHLOG_PCR_BOOT_SHARED;
    }
    forge_start(&platform->log, &platform->hasher);
    forge_boot(&platform->log, &platform->reference, platform->real_log);
    for (size_t i = 0; i < hypervisor->count; i++) {
        hypervisor->items[i].pcr = VOUCHLOG_PCR_BOOT;
    }
    for (unsigned pcr = 17; pcr <= 22; pcr++) {
        memset(platform->log.pcr[pcr].bytes, 0xff, SHA256_SIZE);
    }
    platform->log.is_shared = true;
    log_guest(scene);
}

/* Of such a machine's guest the token affirms nothing, and of the machine
 * itself no more than a warning's worth. */
static void what_dom0_could_have_written_is_not_affirmed(void **state)
{
    struct scene *scene = *state;
    struct verdict *verdict = &scene->platform.verdict;
    boot_shared(scene);
    judge(scene);
    assert_reason(verdict->reason, REASON_NOT_EXCLUSIVE);
    assert_status(scene, "vouch", "contraindicated");
    scene->platform.reference.is_shared_accepted = true;
    judge(scene);
    assert_reason(verdict->reason, REASON_NONE);
    assert_true(verdict->guest.is_known);
    assert_true(json_is_false(
        json_object_get(module_of(scene, "vouch"), "vouch.exclusive")));
    assert_status(scene, "vouch", "warning");
    assert_status(scene, "guest", "warning");
    assert_claim(scene, "guest", "instance-identity", NONE);
    assert_claim(scene, "guest", "executables", NONE);
    assert_claim(scene, "guest", "configuration", NONE);
    size_t size;
    char *text = verdict_text(verdict, &size);
    assert_non_null(strstr(text, "dom0's word"));
    free(text);
}

/* ... while what is known to be wrong is still said to be. */
static void what_is_wrong_is_so_beside_dom0(void **state)
{
    struct scene *scene = *state;
    scene->platform.reference.is_shared_accepted = true;
    scene->guest.launch.kernel.bytes[0] ^= 1;
    boot_shared(scene);
    judge(scene);
    assert_status(scene, "guest", "contraindicated");
    assert_claim(scene, "guest", "executables", CONTRAINDICATED);
    assert_claim(scene, "guest", "configuration", NONE);
}

/* A guest's quote is judged first; its fault is not the platform's. */
static void what_was_not_looked_at_has_no_claim(void **state)
{
    struct scene *scene = *state;
    log_guest(scene);
    scene->guest.is.quote[scene->guest.is.quote_size - 1] ^= 1;
    judge(scene);
    assert_component(scene->platform.verdict.component, COMPONENT_GUEST_QUOTE);
    assert_claim(scene, "vouch", "instance-identity", NONE);
    scene->guest.is.quote[scene->guest.is.quote_size - 1] ^= 1;
    fixture_refer(&scene->platform, NULL);
    forge_key_free(&scene->platform.key);
    forge_key_make(&scene->platform.key, NULL);
    judge(scene);
    assert_claim(scene, "vouch", "instance-identity", UNRECOGNIZED);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(what_is_good_is_affirmed),
        TEST(what_has_no_room_is_not_affirmed),
        TEST(a_good_one_does_not_hide_one_without_room),
        TEST(what_dom0_could_have_written_is_not_affirmed),
        TEST(what_is_wrong_is_so_beside_dom0),
        TEST(what_was_not_looked_at_has_no_claim)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
