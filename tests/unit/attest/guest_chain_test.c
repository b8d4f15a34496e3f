/* SPDX-License-Identifier: MIT */
/*
 * Evidence of a guest, from the guest's quote to the platform's firmware: good
 * evidence is trusted, and each lie about one link of the chain is refused for
 * the reason that is its own, with the rest of the chain in order.
 */
#include "tests/unit/attest/fixture.h"

#include "attest/json.h"
#include "attest/testing/guest.h"
#include "lib/vtpm_wire.h"

#define OTHERS 10
#define INDEX  3

/* Two guests with their vTPMs on one platform; the first one is asked. */
struct scene {
    struct fixture platform;
    struct guest guest, other;
    struct evidence evidence;
};

static void refer(struct scene *scene)
{
    struct fixture *platform = &scene->platform;
    json_t *payload = boot_payload(&platform->hasher, &platform->disk,
                                   platform->real_log, &platform->key, NULL);
    json_t *guests = json_array(), *vtpms = json_array();
    json_push(guests, guest_reference(&scene->guest, "web"));
    json_push(guests, guest_reference(&scene->other, "database"));
    json_push(vtpms, guest_vtpm_reference(&scene->guest));
    json_put(payload, "guests", guests);
    json_put(payload, "vtpms", vtpms);
    reference_free(&platform->reference);
    assert_true(
        reference_load(&platform->hasher, payload, &platform->reference));
    json_decref(payload);
    assert_true(reference_want_guest(&platform->reference, "web"));
}

static void log_one(struct scene *scene, const struct guest *guest)
{
    guest_log_vtpm(guest, &scene->platform.log);
    guest_log_identity(guest, &scene->platform.log);
    guest_log_launch(guest, &scene->platform.log);
}

static void log_all(struct scene *scene)
{
    fixture_boot(&scene->platform);
    log_one(scene, &scene->other);
    log_one(scene, &scene->guest);
}

static int set_up(void **state)
{
    struct scene *scene = malloc(sizeof(*scene));
    fixture_make(&scene->platform, false);
    guest_make(&scene->guest, &scene->platform.hasher, "web", 10);
    guest_make(&scene->other, &scene->platform.hasher, "database", 20);
    refer(scene);
    log_all(scene);
    guest_quote_make(&scene->guest, fixture_nonce(&scene->platform), INDEX,
                     OTHERS);
    guest_quote_make(&scene->other, fixture_nonce(&scene->platform), INDEX,
                     OTHERS);
    *state = scene;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *scene = *state;
    guest_free(&scene->guest);
    guest_free(&scene->other);
    fixture_free(&scene->platform);
    free(scene);
    return 0;
}

/* The platform quotes its log and this root. */
static void quote_root(struct scene *scene, const struct sha256_digest *root)
{
    struct fixture *platform = &scene->platform;
    platform->quote = forge_quote_good(&platform->log, sha256_bytes(root));
    forge_sign(&platform->key, &platform->hasher, &platform->quote,
               &platform->is);
    scene->evidence = forge_evidence(&platform->key, &platform->is,
                                     &platform->quote, &platform->log);
}

static enum reason judge(struct scene *scene)
{
    struct fixture *platform = &scene->platform;
    appraise(platform->appraiser, &platform->reference, &scene->evidence,
             fixture_nonce(platform), &platform->verdict);
    return platform->verdict.reason;
}

static enum reason judge_guest(struct scene *scene, const struct guest *guest)
{
    quote_root(scene, &guest->root);
    guest_put_evidence(guest, &scene->evidence);
    return judge(scene);
}

static enum reason judge_all(struct scene *scene)
{
    return judge_guest(scene, &scene->guest);
}

/* After a change of what the guest's TPM holds or knows. */
static void quote_again(struct scene *scene)
{
    guest_quote_make(&scene->guest, fixture_nonce(&scene->platform), INDEX,
                     OTHERS);
}

static void assert_refused(struct scene *scene, enum component component,
                           enum reason reason)
{
    const struct verdict *verdict = &scene->platform.verdict;
    assert_reason(verdict->reason, reason);
    assert_component(verdict->component, component);
}

#define assert_case(scene, component, reason)                                  \
    do {                                                                       \
        (void)judge_all(scene);                                                \
        assert_refused(scene, component, reason);                              \
    } while (0)

/* ---- good ones ---- */

static void test_trusted(void **state)
{
    static const enum component rows[] = {
        COMPONENT_VTPM,         COMPONENT_VTPM_IDENTITY,
        COMPONENT_GUEST,        COMPONENT_GUEST_KERNEL,
        COMPONENT_GUEST_INITRD, COMPONENT_GUEST_CMDLINE,
        COMPONENT_GUEST_QUOTE,  COMPONENT_PROOF,
        COMPONENT_KERNEL};
    struct scene *scene = *state;
    const struct verdict *verdict = &scene->platform.verdict;
    assert_reason(judge_all(scene), REASON_NONE);
    assert_int_equal(verdict->finding_count, 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        assert_int_equal(verdict->rows[rows[i]].state, ROW_OK);
    }
    assert_true(verdict->guest.is_known);
    assert_string_equal(verdict->guest.name, "web");
    assert_int_equal(verdict->guest.instance, 11);
    assert_int_equal(verdict->guest.vtpm, 10);
    assert_string_equal(verdict->guest.label, GUEST_USER ":guest_r:launched_t");
}

static void test_through_a_file(void **state)
{
    struct scene *scene = *state;
    struct evidence made;
    size_t size;
    assert_reason(judge_all(scene), REASON_NONE);
    made = scene->evidence;
    char *text = evidence_format(&made, &size);
    assert_reason(evidence_parse(bytes_of(text, size), &scene->evidence),
                  REASON_NONE);
    free(text);
    assert_reason(judge(scene), REASON_NONE);
    evidence_free(&scene->evidence);
}

static void test_every_place_in_the_tree(void **state)
{
    struct scene *scene = *state;
    for (size_t count = 1; count <= 9; count++) {
        for (size_t i = 0; i < count; i++) {
            guest_prove(&scene->guest, fixture_nonce(&scene->platform), i,
                        count);
            assert_reason(judge_all(scene), REASON_NONE);
        }
    }
}

static void test_any_guest(void **state)
{
    struct scene *scene = *state;
    struct reference *reference = &scene->platform.reference;
    assert_true(reference_want_guest(reference, NULL));
    assert_reason(judge_all(scene), REASON_NONE);
    assert_reason(judge_guest(scene, &scene->other), REASON_NONE);
    assert_string_equal(scene->platform.verdict.guest.name, "database");
    assert_false(reference_want_guest(reference, "nobody"));
}

static void test_without_a_log(void **state)
{
    struct scene *scene = *state;
    (void)judge_all(scene);
    scene->evidence.guest.log = bytes_none();
    assert_reason(judge(scene), REASON_NONE);
}

/* A platform's evidence beside its guests is as good as without them. */
static void test_platform_alone(void **state)
{
    struct scene *scene = *state;
    struct fixture *platform = &scene->platform;
    assert_reason(fixture_appraise(platform), REASON_GUEST_ABSENT);
    platform->reference.is_guest_required = false;
    assert_reason(fixture_appraise(platform), REASON_NONE);
    assert_int_equal(platform->verdict.rows[COMPONENT_VTPM].state, ROW_OK);
    assert_int_equal(platform->verdict.rows[COMPONENT_GUEST].state, ROW_ABSENT);
    assert_false(platform->verdict.guest.is_known);
    platform->reference.vtpms.count = 0;
    assert_reason(fixture_appraise(platform), REASON_NONE);
    assert_int_equal(platform->verdict.rows[COMPONENT_VTPM].state, ROW_ABSENT);
}

/* The guest starts again: the same keys, another vTPM and another domain. */
static void test_restarted(void **state)
{
    struct scene *scene = *state;
    struct guest *guest = &scene->guest;
    guest->vtpm.instance = guest->identity.vtpm = 30;
    guest->launch.instance = guest->identity.guest = 31;
    log_one(scene, guest);
    assert_reason(judge_all(scene), REASON_NONE);
    assert_int_equal(scene->platform.verdict.guest.instance, 31);
}

/* ... with another kernel: what it was before is no excuse. */
static void test_restarted_otherwise(void **state)
{
    struct scene *scene = *state;
    struct guest *guest = &scene->guest;
    struct vouchlog_launch good = guest->launch;
    guest->vtpm.instance = guest->identity.vtpm = 30;
    guest->launch.instance = guest->identity.guest = 31;
    guest->launch.kernel.bytes[0] ^= 1;
    log_one(scene, guest);
    assert_case(scene, COMPONENT_GUEST_KERNEL, REASON_COMPONENT_DIFFERS);
    guest->launch = good;
}

/* ---- the guest's quote ---- */

static void test_replayed_nonce(void **state)
{
    struct scene *scene = *state;
    uint8_t old[32] = {1};
    guest_quote_make(&scene->guest, bytes_of(old, sizeof(old)), INDEX, OTHERS);
    assert_case(scene, COMPONENT_GUEST_QUOTE, REASON_GUEST_NONCE);
    guest_prove(&scene->guest, fixture_nonce(&scene->platform), INDEX, OTHERS);
    assert_case(scene, COMPONENT_GUEST_QUOTE, REASON_GUEST_NONCE);
}

static void test_signed_by_another(void **state)
{
    struct scene *scene = *state;
    (void)judge_all(scene);
    scene->evidence.guest.public =
        bytes_of(scene->other.ak.public, scene->other.ak.public_size);
    (void)judge(scene);
    assert_refused(scene, COMPONENT_GUEST_QUOTE, REASON_SIGNATURE_INVALID);
}

static void test_quote_changed(void **state)
{
    struct scene *scene = *state;
    scene->guest.is.quote[scene->guest.is.quote_size - 1] ^= 1;
    assert_case(scene, COMPONENT_GUEST_QUOTE, REASON_SIGNATURE_INVALID);
}

static void test_weak_key(void **state)
{
    static const struct forge_key_spec loose = {.clear_attributes =
                                                    TPMA_RESTRICTED};
    struct scene *scene = *state;
    forge_key_free(&scene->guest.ak);
    forge_key_make(&scene->guest.ak, &loose);
    quote_again(scene);
    assert_case(scene, COMPONENT_GUEST_QUOTE, REASON_KEY_ATTRIBUTES);
}

static void test_selection(void **state)
{
    struct scene *scene = *state;
    struct guest *guest = &scene->guest;
    static const uint32_t wrong[] = {VTPM_QUOTE_PCRS & ~0x10u, 1u << 16,
                                     VTPM_QUOTE_PCRS | 1u << 10};
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        guest->quote.pcrs = wrong[i];
        forge_sign(&guest->ak, guest->hasher, &guest->quote, &guest->is);
        guest_prove(guest, fixture_nonce(&scene->platform), INDEX, OTHERS);
        assert_case(scene, COMPONENT_GUEST_QUOTE, REASON_SELECTION_REQUIRED);
    }
}

static void test_no_magic(void **state)
{
    struct scene *scene = *state;
    struct guest *guest = &scene->guest;
    guest->quote.magic = 0;
    forge_sign(&guest->ak, guest->hasher, &guest->quote, &guest->is);
    guest_prove(guest, fixture_nonce(&scene->platform), INDEX, OTHERS);
    assert_case(scene, COMPONENT_GUEST_QUOTE, REASON_QUOTE_MAGIC);
}

/* The guest extended something, or its vTPM something else than it should. */
static void test_other_pcrs(void **state)
{
    struct scene *scene = *state;
    struct guest *guest = &scene->guest;
    for (uint32_t pcr = 0; pcr <= 9; pcr++) {
        guest_measure(guest);
        forge_event(&guest->log, pcr, EV_ACTION, NULL, bytes_of_text("more"));
        quote_again(scene);
        assert_case(scene, COMPONENT_GUEST_QUOTE, REASON_GUEST_PCRS);
    }
    guest->kernel.size++;
    guest_measure(guest);
    quote_again(scene);
    assert_case(scene, COMPONENT_GUEST_QUOTE, REASON_GUEST_PCRS);
}

static void test_guest_log(void **state)
{
    struct scene *scene = *state;
    struct guest *guest = &scene->guest;
    forge_event(&guest->log, 2, EV_ACTION, NULL, bytes_of_text("more"));
    assert_case(scene, COMPONENT_GUEST_QUOTE, REASON_GUEST_LOG);
    guest_measure(guest);
    guest->log.data[guest->log.log.used - 1] ^= 1;
    assert_case(scene, COMPONENT_GUEST_QUOTE, REASON_LOG_DATA);
    guest->log.log.used--;
    assert_case(scene, COMPONENT_GUEST_QUOTE, REASON_LOG_TRUNCATED);
}

/* ---- the path ---- */

static void test_path_changed(void **state)
{
    struct scene *scene = *state;
    for (size_t i = 0; i < scene->guest.proof.size; i++) {
        scene->guest.proof.digests[i].bytes[i] ^= 1;
        assert_case(scene, COMPONENT_PROOF, REASON_PROOF_MISMATCH);
        scene->guest.proof.digests[i].bytes[i] ^= 1;
    }
    scene->guest.proof.index ^= 1;
    assert_case(scene, COMPONENT_PROOF, REASON_PROOF_MISMATCH);
}

static void test_path_length(void **state)
{
    struct scene *scene = *state;
    scene->guest.proof.size--;
    assert_case(scene, COMPONENT_PROOF, REASON_PROOF_MALFORMED);
    scene->guest.proof.size += 2;
    assert_case(scene, COMPONENT_PROOF, REASON_PROOF_MALFORMED);
}

/* A fresh quote of the guest, and the platform's of an earlier moment or boot:
 * what the platform signed then has no place for this nonce. */
static void test_old_platform(void **state)
{
    struct scene *scene = *state;
    uint8_t old[32] = {1};
    struct guest *guest = &scene->guest;
    guest_quote_make(guest, bytes_of(old, sizeof(old)), INDEX, OTHERS);
    quote_root(scene, &guest->root);
    quote_again(scene);
    guest_put_evidence(guest, &scene->evidence);
    (void)judge(scene);
    assert_refused(scene, COMPONENT_PROOF, REASON_PROOF_MISMATCH);
}

/* The platform signed the tenant's nonce itself: that proves no guest. */
static void test_nonce_for_root(void **state)
{
    struct scene *scene = *state;
    memcpy(scene->guest.root.bytes, scene->platform.nonce, SHA256_SIZE);
    assert_case(scene, COMPONENT_PROOF, REASON_PROOF_MISMATCH);
}

/* The other guest's proof with this guest's quote. */
static void test_swapped_proof(void **state)
{
    struct scene *scene = *state;
    scene->guest.proof = scene->other.proof;
    scene->guest.root = scene->other.root;
    assert_case(scene, COMPONENT_PROOF, REASON_PROOF_MISMATCH);
}

/* ---- the platform ---- */

/* A guest on another host passes its quote on: the host's key is not known. */
static void test_other_host(void **state)
{
    struct scene *scene = *state;
    forge_key_free(&scene->platform.key);
    forge_key_make(&scene->platform.key, NULL);
    assert_case(scene, COMPONENT_TPM_KEY, REASON_KEY_UNKNOWN);
}

/* The guest runs elsewhere, and the known host signs its quote for it: the
 * host's log knows no such guest. */
static void test_relayed(void **state)
{
    struct scene *scene = *state;
    fixture_boot(&scene->platform);
    log_one(scene, &scene->other);
    assert_case(scene, COMPONENT_VTPM_IDENTITY, REASON_IDENTITY_UNKNOWN);
    fixture_boot(&scene->platform);
    assert_case(scene, COMPONENT_VTPM_IDENTITY, REASON_IDENTITY_MISSING);
}

/* The quote is of a boot without the guest, the log of the one with it. */
static void test_earlier_boot(void **state)
{
    struct scene *scene = *state;
    struct fixture *platform = &scene->platform;
    struct sha256_digest now[24];
    memcpy(now, platform->log.pcr, sizeof(now));
    fixture_boot(platform);
    struct sha256_digest earlier = platform->log.pcr[22];
    log_all(scene);
    platform->log.pcr[22] = earlier;
    (void)judge_all(scene);
    assert_component(platform->verdict.component, COMPONENT_LOG);
}

static void test_dom0_changed(void **state)
{
    struct scene *scene = *state;
    boot_disk_edit(&scene->platform.disk, "/boot/vmlinux", "kernel", "kernal");
    log_all(scene);
    assert_case(scene, COMPONENT_KERNEL, REASON_COMPONENT_DIFFERS);
}

static void test_policy_load(void **state)
{
    static const enum vouchlog_tag tags[] = {VOUCHLOG_POLICY_LOAD,
                                             VOUCHLOG_MODE_CHANGE};
    struct scene *scene = *state;
    for (size_t i = 0; i < 2; i++) {
        log_all(scene);
        guest_log_text(&scene->platform.log, tags[i],
                       bytes_of_text("permissive"));
        assert_case(scene, COMPONENT_RUNTIME, REASON_EVENT_UNEXPLAINED);
    }
}

/* ---- the hypervisor's log ---- */

static void test_record_spelling(void **state)
{
    static const char *const bad[] = {"", "instance=1",
                                      "vtpm=10 guest=11 ak=00 ek=00",
                                      "instance=010 domid=1"};
    struct scene *scene = *state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        log_all(scene);
        guest_log_text(&scene->platform.log,
                       i == 2 ? VOUCHLOG_IDENTITY : VOUCHLOG_LAUNCH,
                       bytes_of_text(bad[i]));
        assert_case(scene, COMPONENT_RUNTIME, REASON_EVENT_UNEXPLAINED);
    }
}

/* dom0 writes the records itself, where it can: into another PCR. */
static void test_records_elsewhere(void **state)
{
    static const uint32_t pcrs[] = {12, 11, 14, 21};
    struct scene *scene = *state;
    for (size_t i = 0; i < sizeof(pcrs) / sizeof(pcrs[0]); i++) {
        static struct forge_log copy;
        fixture_boot(&scene->platform);
        forge_start(&copy, &scene->platform.hasher);
        log_one(scene, &scene->other);
        guest_log_vtpm(&scene->guest, &copy);
        guest_log_identity(&scene->guest, &copy);
        struct eventlog_reader reader;
        struct eventlog_event event;
        assert_int_equal(eventlog_open(buffer_bytes(&copy.log), &reader),
                         EVENTLOG_OK);
        while (eventlog_next(&reader, &event) == EVENTLOG_OK) {
            forge_event(&scene->platform.log, pcrs[i], event.type, NULL,
                        event.data);
        }
        guest_log_launch(&scene->guest, &scene->platform.log);
        (void)judge_all(scene);
        assert_reason(scene->platform.verdict.reason, REASON_EVENT_UNEXPLAINED);
    }
}

/* Without the records that a PCR took, in another order, or with others. */
static void test_log_edited(void **state)
{
    struct scene *scene = *state;
    struct fixture *platform = &scene->platform;
    struct sha256_digest real = platform->log.pcr[22];
    fixture_boot(platform);
    log_one(scene, &scene->guest);
    platform->log.pcr[22] = real;
    assert_case(scene, COMPONENT_LOG, REASON_LOG_REPLAY);
    fixture_boot(platform);
    log_one(scene, &scene->guest);
    log_one(scene, &scene->other);
    platform->log.pcr[22] = real;
    assert_case(scene, COMPONENT_LOG, REASON_LOG_REPLAY);
    log_all(scene);
    log_one(scene, &scene->other);
    platform->log.pcr[22] = real;
    assert_case(scene, COMPONENT_LOG, REASON_LOG_EXTRA);
    fixture_boot(platform);
    platform->log.pcr[22] = real;
    assert_case(scene, COMPONENT_LOG, REASON_LOG_SHORT);
}

/* Every bit of the run-time part of the log, with the quote as it was. */
static void test_log_bits(void **state)
{
    struct scene *scene = *state;
    struct fixture *platform = &scene->platform;
    fixture_boot(platform);
    size_t start = platform->log.log.used;
    log_all(scene);
    assert_reason(judge_all(scene), REASON_NONE);
    for (size_t i = start; i < platform->log.log.used; i += 3) {
        platform->log.data[i] ^= (uint8_t)(1 << i % 8);
        (void)judge(scene);
        assert_int_not_equal(platform->verdict.reason, REASON_NONE);
        platform->log.data[i] ^= (uint8_t)(1 << i % 8);
    }
}

/* Every order of up to four records of this guest and the other one: trusted
 * only if those of this one are there, each once, as they happen. */
static void test_every_order(void **state)
{
    static void (*const put[])(const struct guest *, struct forge_log *) = {
        guest_log_vtpm, guest_log_identity, guest_log_launch};
    struct scene *scene = *state;
    size_t trusted = 0;
    for (unsigned code = 0; code < 7 * 7 * 7 * 7; code++) {
        char own[5] = "";
        size_t used = 0;
        unsigned rest = code;
        fixture_boot(&scene->platform);
        for (; rest % 7 != 0; rest /= 7) {
            unsigned record = rest % 7 - 1;
            put[record % 3](record < 3 ? &scene->guest : &scene->other,
                            &scene->platform.log);
            if (record < 3) {
                own[used++] = "VIL"[record];
            }
        }
        if (rest != 0) {
            continue; /* a shorter one with something behind its end */
        }
        bool is_good = strcmp(own, "VIL") == 0;
        trusted += is_good;
        assert_int_equal(judge_all(scene) == REASON_NONE, is_good);
    }
    assert_true(trusted > 10);
}

/* ---- identities ---- */

static void test_late_identity(void **state)
{
    struct scene *scene = *state;
    fixture_boot(&scene->platform);
    guest_log_vtpm(&scene->guest, &scene->platform.log);
    guest_log_launch(&scene->guest, &scene->platform.log);
    guest_log_identity(&scene->guest, &scene->platform.log);
    assert_case(scene, COMPONENT_VTPM_IDENTITY, REASON_IDENTITY_LATE);
}

static void test_vtpm_launched_late(void **state)
{
    struct scene *scene = *state;
    fixture_boot(&scene->platform);
    guest_log_identity(&scene->guest, &scene->platform.log);
    guest_log_vtpm(&scene->guest, &scene->platform.log);
    guest_log_launch(&scene->guest, &scene->platform.log);
    assert_case(scene, COMPONENT_VTPM, REASON_LAUNCH_LATE);
}

static void test_launch_missing(void **state)
{
    struct scene *scene = *state;
    fixture_boot(&scene->platform);
    guest_log_vtpm(&scene->guest, &scene->platform.log);
    guest_log_identity(&scene->guest, &scene->platform.log);
    assert_case(scene, COMPONENT_GUEST, REASON_LAUNCH_MISSING);
    fixture_boot(&scene->platform);
    guest_log_identity(&scene->guest, &scene->platform.log);
    guest_log_launch(&scene->guest, &scene->platform.log);
    assert_case(scene, COMPONENT_VTPM, REASON_LAUNCH_MISSING);
}

static void test_twice(void **state)
{
    struct scene *scene = *state;
    log_all(scene);
    guest_log_launch(&scene->guest, &scene->platform.log);
    assert_case(scene, COMPONENT_GUEST, REASON_RECORD_TWICE);
    log_all(scene);
    guest_log_vtpm(&scene->guest, &scene->platform.log);
    assert_case(scene, COMPONENT_VTPM, REASON_RECORD_TWICE);
    log_all(scene);
    guest_log_identity(&scene->guest, &scene->platform.log);
    assert_case(scene, COMPONENT_VTPM_IDENTITY, REASON_RECORD_TWICE);
    /* One vTPM with keys for two guests, one guest with two vTPMs. */
    scene->other.identity.vtpm = scene->guest.identity.vtpm;
    log_all(scene);
    assert_case(scene, COMPONENT_VTPM_IDENTITY, REASON_RECORD_TWICE);
    scene->other.identity.vtpm = 20;
    scene->other.identity.guest = scene->guest.identity.guest;
    log_all(scene);
    assert_case(scene, COMPONENT_VTPM_IDENTITY, REASON_RECORD_TWICE);
}

/* The key is registered, for the other guest. */
static void test_key_of_another(void **state)
{
    struct scene *scene = *state;
    (void)judge_guest(scene, &scene->other);
    assert_refused(scene, COMPONENT_VTPM_IDENTITY, REASON_IDENTITY_OTHER);
}

/* Each vTPM's keys were registered for the other's guest: the records are in
 * order, but the vTPM measured its own guest. */
static void test_swapped_vtpms(void **state)
{
    struct scene *scene = *state;
    scene->guest.identity.guest = 21;
    scene->other.identity.guest = 11;
    log_all(scene);
    assert_case(scene, COMPONENT_VTPM_IDENTITY, REASON_IDENTITY_LATE);
    fixture_boot(&scene->platform);
    guest_log_vtpm(&scene->guest, &scene->platform.log);
    guest_log_vtpm(&scene->other, &scene->platform.log);
    guest_log_identity(&scene->guest, &scene->platform.log);
    guest_log_identity(&scene->other, &scene->platform.log);
    guest_log_launch(&scene->guest, &scene->platform.log);
    guest_log_launch(&scene->other, &scene->platform.log);
    assert_case(scene, COMPONENT_VTPM_IDENTITY, REASON_IDENTITY_OTHER);
    /* ... and with any guest welcome, by what its PCRs hold. */
    assert_true(reference_want_guest(&scene->platform.reference, NULL));
    assert_case(scene, COMPONENT_GUEST_QUOTE, REASON_GUEST_PCRS);
}

static void test_other_ek(void **state)
{
    struct scene *scene = *state;
    (void)judge_all(scene);
    scene->evidence.guest.ek =
        bytes_of(scene->other.ek.public, scene->other.ek.public_size);
    (void)judge(scene);
    assert_refused(scene, COMPONENT_VTPM_IDENTITY, REASON_IDENTITY_EK);
    scene->evidence.guest.ek = bytes_none();
    (void)judge(scene);
    assert_refused(scene, COMPONENT_VTPM_IDENTITY, REASON_KEY_MALFORMED);
}

/* ---- images and labels ---- */

static void test_vtpm_image(void **state)
{
    struct scene *scene = *state;
    struct vouchlog_launch *launch = &scene->guest.vtpm;
    struct sha256_digest *const parts[] = {&launch->kernel, &launch->initrd,
                                           &launch->cmdline};
    for (size_t i = 0; i < 3; i++) {
        parts[i]->bytes[31] ^= 1;
        log_all(scene);
        assert_case(scene, COMPONENT_VTPM, REASON_VTPM_UNKNOWN);
        assert_int_equal(scene->platform.verdict.rows[COMPONENT_VTPM].state,
                         ROW_DIFFERS);
        scene->platform.reference.is_guest_required = false;
        assert_reason(fixture_appraise(&scene->platform), REASON_VTPM_UNKNOWN);
        scene->platform.reference.is_guest_required = true;
        parts[i]->bytes[31] ^= 1;
    }
    /* Without a reference for vTPMs no guest can be trusted. */
    log_all(scene);
    scene->platform.reference.vtpms.count = 0;
    assert_case(scene, COMPONENT_VTPM, REASON_VTPM_UNKNOWN);
}

static void test_guest_parts(void **state)
{
    struct scene *scene = *state;
    struct vouchlog_launch *launch = &scene->guest.launch;
    const struct {
        struct sha256_digest *digest;
        enum component component;
    } parts[] = {{&launch->kernel, COMPONENT_GUEST_KERNEL},
                 {&launch->initrd, COMPONENT_GUEST_INITRD},
                 {&launch->cmdline, COMPONENT_GUEST_CMDLINE}};
    const struct verdict *verdict = &scene->platform.verdict;
    for (size_t i = 0; i < 3; i++) {
        parts[i].digest->bytes[7] ^= 1;
        log_all(scene);
        guest_measure(&scene->guest);
        quote_again(scene);
        assert_case(scene, parts[i].component, REASON_COMPONENT_DIFFERS);
        assert_int_equal(verdict->finding_count, 1);
        assert_true(sha256_equal(&verdict->rows[parts[i].component].found,
                                 parts[i].digest));
        for (size_t j = 0; j < 3; j++) {
            assert_int_equal(verdict->rows[parts[j].component].state,
                             i == j ? ROW_DIFFERS : ROW_OK);
        }
        parts[i].digest->bytes[7] ^= 1;
    }
}

/* The kernel of one guest with the command line of another is neither. */
static void test_mixed_parts(void **state)
{
    struct scene *scene = *state;
    assert_true(reference_want_guest(&scene->platform.reference, NULL));
    scene->guest.launch.cmdline = scene->other.cmdline.digest;
    log_all(scene);
    guest_measure(&scene->guest);
    quote_again(scene);
    assert_case(scene, COMPONENT_GUEST_CMDLINE, REASON_COMPONENT_DIFFERS);
}

static void test_no_reference(void **state)
{
    struct scene *scene = *state;
    scene->platform.reference.guests.count = 0;
    assert_case(scene, COMPONENT_GUEST, REASON_GUEST_UNKNOWN);
}

static void test_labels(void **state)
{
    static const struct {
        const char *vtpm, *guest;
        enum component component;
        enum reason reason;
    } cases[] = {
        {"tenant02_u:guest_r:vtpm_launched_t", NULL, COMPONENT_GUEST,
         REASON_LABEL_USERS},
        {GUEST_USER ":guest_r:vtpm_t", NULL, COMPONENT_VTPM, REASON_VTPM_LABEL},
        {GUEST_USER ":guest_r:launched_t", NULL, COMPONENT_VTPM,
         REASON_VTPM_LABEL},
        {NULL, GUEST_USER ":guest_r:guest_t", COMPONENT_GUEST,
         REASON_GUEST_LABEL},
        {NULL, GUEST_USER ":guest_r:launched_tt", COMPONENT_GUEST,
         REASON_GUEST_LABEL}};
    struct scene *scene = *state;
    struct vouchlog_launch vtpm = scene->guest.vtpm;
    struct vouchlog_launch launch = scene->guest.launch;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        scene->guest.vtpm.label =
            cases[i].vtpm != NULL ? cases[i].vtpm : vtpm.label;
        scene->guest.launch.label =
            cases[i].guest != NULL ? cases[i].guest : launch.label;
        log_all(scene);
        assert_case(scene, cases[i].component, cases[i].reason);
    }
}

static void test_user(void **state)
{
    struct scene *scene = *state;
    struct reference_image *image = &scene->platform.reference.guests.items[0];
    image->user = GUEST_USER;
    assert_reason(judge_all(scene), REASON_NONE);
    image->user = "tenant02_u";
    assert_case(scene, COMPONENT_GUEST, REASON_GUEST_LABEL);
}

/* A vTPM's image is for the label of its entry, not of another entry's. */
static void test_vtpm_user(void **state)
{
    struct scene *scene = *state;
    struct reference_images *vtpms = &scene->platform.reference.vtpms;
    struct reference_image any = vtpms->items[0], other = any;
    const struct verdict *verdict = &scene->platform.verdict;
    other.kernel.digest.bytes[0] ^= 1;
    other.user = GUEST_USER;
    vtpms->items[0].user = GUEST_USER;
    assert_reason(judge_all(scene), REASON_NONE);
    vtpms->items[0].user = "tenant02_u";
    assert_case(scene, COMPONENT_VTPM, REASON_VTPM_IMAGE_LABEL);
    assert_int_equal(verdict->rows[COMPONENT_VTPM].state, ROW_DIFFERS);
    vtpms->items[0] = any;
    vtpms->items[0].type = "other_t";
    assert_case(scene, COMPONENT_VTPM, REASON_VTPM_IMAGE_LABEL);
    /* The room for one more is that of reference_allocate(). */
    vtpms->count = 2;
    for (int i = 0; i < 2; i++) {
        vtpms->items[i] = vtpms->items[1 - i] = any;
        vtpms->items[i].user = "tenant02_u";
        assert_reason(judge_all(scene), REASON_NONE);
        vtpms->items[1 - i] = other;
        assert_case(scene, COMPONENT_VTPM, REASON_VTPM_IMAGE_LABEL);
    }
}

/* Two references of one name: each is good, their mixture is not. */
static void test_alternatives(void **state)
{
    struct scene *scene = *state;
    scene->platform.reference.guests.items[1].name = "web";
    assert_true(reference_want_guest(&scene->platform.reference, "web"));
    assert_reason(judge_all(scene), REASON_NONE);
    assert_reason(judge_guest(scene, &scene->other), REASON_NONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_trusted),
        TEST(test_through_a_file),
        TEST(test_every_place_in_the_tree),
        TEST(test_any_guest),
        TEST(test_without_a_log),
        TEST(test_platform_alone),
        TEST(test_restarted),
        TEST(test_restarted_otherwise),
        TEST(test_replayed_nonce),
        TEST(test_signed_by_another),
        TEST(test_quote_changed),
        TEST(test_weak_key),
        TEST(test_selection),
        TEST(test_no_magic),
        TEST(test_other_pcrs),
        TEST(test_guest_log),
        TEST(test_path_changed),
        TEST(test_path_length),
        TEST(test_old_platform),
        TEST(test_nonce_for_root),
        TEST(test_swapped_proof),
        TEST(test_other_host),
        TEST(test_relayed),
        TEST(test_earlier_boot),
        TEST(test_dom0_changed),
        TEST(test_policy_load),
        TEST(test_record_spelling),
        TEST(test_records_elsewhere),
        TEST(test_log_edited),
        TEST(test_log_bits),
        TEST(test_every_order),
        TEST(test_late_identity),
        TEST(test_vtpm_launched_late),
        TEST(test_launch_missing),
        TEST(test_twice),
        TEST(test_key_of_another),
        TEST(test_swapped_vtpms),
        TEST(test_other_ek),
        TEST(test_vtpm_image),
        TEST(test_guest_parts),
        TEST(test_mixed_parts),
        TEST(test_no_reference),
        TEST(test_labels),
        TEST(test_vtpm_user),
        TEST(test_user),
        TEST(test_alternatives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
