/* SPDX-License-Identifier: MIT */
/*
 * Evidence of a real machine: OVMF, GRUB, the hypervisor and Debian's kernel in
 * QEMU with swtpm, quoted from dom0; with the manifest that was made from the
 * files before that boot. It is trusted; with any bit of it changed, never.
 */
#include "tests/unit/attest/fixture.h"

#include "attest/manifest.h"

#define MACHINE DATA_DIR "machine/"

struct world {
    struct appraiser *appraiser;
    struct reference reference;
    struct evidence evidence;
    uint8_t nonce[32];
    struct verdict verdict;
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    world->appraiser = appraiser_create();
    assert_non_null(world->appraiser);
    struct bytes pem = fixture_read(MACHINE "operator.pub");
    struct bytes manifest = fixture_read(MACHINE "manifest.json");
    struct bytes evidence = fixture_read(MACHINE "evidence.json");
    struct bytes nonce = fixture_read(MACHINE "nonce");
    EVP_PKEY *key = manifest_read_public(pem);
    assert_non_null(key);
    assert_reason(manifest_load(key, &world->appraiser->hasher, manifest, 0,
                                &world->reference),
                  REASON_NONE);
    assert_reason(evidence_parse(evidence, &world->evidence), REASON_NONE);
    for (size_t i = 0; i < 32; i++) {
        char digits[3] = {(char)nonce.data[2 * i], (char)nonce.data[2 * i + 1],
                          0};
        world->nonce[i] = (uint8_t)strtoul(digits, NULL, 16);
    }
    EVP_PKEY_free(key);
    free((void *)pem.data);
    free((void *)manifest.data);
    free((void *)evidence.data);
    free((void *)nonce.data);
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    evidence_free(&world->evidence);
    reference_free(&world->reference);
    appraiser_destroy(world->appraiser);
    free(world);
    return 0;
}

static enum reason judge(struct world *world)
{
    appraise(world->appraiser, &world->reference, &world->evidence,
             bytes_of(world->nonce, sizeof(world->nonce)), &world->verdict);
    return world->verdict.reason;
}

static void test_trusted(void **state)
{
    struct world *world = *state;
    assert_reason(judge(world), REASON_NONE);
    assert_true(world->verdict.is_exclusive);
    assert_int_equal(world->verdict.launch, LAUNCH_NONE);
}

/* The address that GRUB's image was loaded at and the names of disks are the
 * only parts of a log that nothing predicts. */
static bool is_free(const struct world *world, size_t offset)
{
    struct eventlog_reader reader;
    struct eventlog_event event;
    assert_int_equal(eventlog_open(world->evidence.log, &reader), EVENTLOG_OK);
    if (offset < reader.header.size) {
        return true; /* versions and sizes of the format */
    }
    while (eventlog_next(&reader, &event) == EVENTLOG_OK) {
        size_t data = (size_t)(event.data.data - world->evidence.log.data);
        if (offset < data || offset >= data + event.data.size) {
            continue;
        }
        if (event.type == EV_EFI_BOOT_SERVICES_APPLICATION) {
            return offset - data < 8 || offset - data >= 32;
        }
        return event.type == EV_IPL && event.data.data[0] == '(' &&
               offset - data < 8;
    }
    return false;
}

static void test_log_bits(void **state)
{
    struct world *world = *state;
    uint8_t *log = (uint8_t *)world->evidence.log.data;
    for (size_t i = 0; i < world->evidence.log.size; i++) {
        bool may_pass = is_free(world, i);
        uint8_t bit = (uint8_t)(1 << i % 8);
        log[i] ^= bit;
        enum reason reason = judge(world);
        log[i] ^= bit;
        assert_true(reason != REASON_NONE || may_pass);
    }
    assert_reason(judge(world), REASON_NONE);
}

static void test_other_bits(void **state)
{
    struct world *world = *state;
    const struct bytes parts[] = {
        world->evidence.quote, world->evidence.signature,
        world->evidence.public, bytes_of(world->nonce, 32)};
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        for (size_t j = 0; j < 8 * parts[i].size; j++) {
            uint8_t *byte = (uint8_t *)parts[i].data + j / 8;
            *byte ^= (uint8_t)(1 << j % 8);
            assert_int_not_equal(judge(world), REASON_NONE);
            assert_false(world->verdict.is_authentic);
            *byte ^= (uint8_t)(1 << j % 8);
        }
    }
    for (unsigned pcr = 0; pcr < 24; pcr++) {
        if ((QUOTE_PCRS >> pcr & 1) != 0) {
            world->evidence.values[pcr].bytes[pcr] ^= 1;
            assert_reason(judge(world), REASON_PCR_VALUES);
            world->evidence.values[pcr].bytes[pcr] ^= 1;
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_trusted), TEST(test_log_bits),
                                       TEST(test_other_bits)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
