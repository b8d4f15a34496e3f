/* SPDX-License-Identifier: MIT */
/*
 * Our parsers of TPM structures against tpm2-tss's: what we accept, it accepts
 * too, whole, with the same values; on good, cut and damaged input.
 */
#include "tests/unit/attest/fixture.h"

#include <tss2/tss2_mu.h>

struct world {
    struct hasher hasher;
    struct forge_key keys[2];
    struct forge_log *log;
    unsigned random;
};

static int set_up(void **state)
{
    struct world *world = calloc(1, sizeof(*world));
    assert_true(hasher_init(&world->hasher));
    forge_key_make(&world->keys[0], NULL);
    forge_key_make(&world->keys[1], &(struct forge_key_spec){.rsa_bits = 2048});
    world->log = malloc(sizeof(*world->log));
    forge_start(world->log, &world->hasher);
    world->random = 1;
    *state = world;
    return 0;
}

static int tear_down(void **state)
{
    struct world *world = *state;
    forge_key_free(&world->keys[0]);
    forge_key_free(&world->keys[1]);
    hasher_free(&world->hasher);
    free(world->log);
    free(world);
    return 0;
}

/* Fixed sequence, so that a failure comes again. */
static unsigned next(struct world *world)
{
    world->random = world->random * 1103515245u + 12345u;
    return world->random >> 8;
}

static bool compare_quote(struct bytes wire)
{
    struct tpms_quote ours;
    TPMS_ATTEST theirs = {0};
    size_t offset = 0;
    if (tpms_parse_quote(wire, &ours) != REASON_NONE) {
        return false;
    }
    assert_int_equal(
        Tss2_MU_TPMS_ATTEST_Unmarshal(wire.data, wire.size, &offset, &theirs),
        TSS2_RC_SUCCESS);
    assert_int_equal(offset, wire.size);
    assert_int_equal(theirs.clockInfo.resetCount, ours.reset_count);
    assert_int_equal(theirs.clockInfo.clock, ours.clock_ms);
    assert_int_equal(theirs.extraData.size, ours.extra_data.size);
    assert_int_equal(theirs.attested.quote.pcrSelect.count, ours.bank_count);
    assert_int_equal(theirs.attested.quote.pcrDigest.size,
                     ours.pcr_digest.size);
    return true;
}

static bool compare_public(struct bytes wire)
{
    struct tpmt_public ours;
    TPM2B_PUBLIC theirs = {0};
    size_t offset = 0;
    if (tpms_parse_public(wire, &ours) != REASON_NONE) {
        return false;
    }
    /* Theirs refuses algorithms it does not know; ours leave that to the
     * check of the key. */
    if (key_check(&ours) != REASON_NONE) {
        return true;
    }
    assert_int_equal(
        Tss2_MU_TPM2B_PUBLIC_Unmarshal(wire.data, wire.size, &offset, &theirs),
        TSS2_RC_SUCCESS);
    assert_int_equal(offset, wire.size);
    assert_int_equal(theirs.publicArea.type, ours.type);
    assert_int_equal(theirs.publicArea.objectAttributes, ours.attributes);
    if (ours.type == TPM_ALG_ECC) {
        assert_int_equal(theirs.publicArea.unique.ecc.x.size, ours.x.size);
    } else {
        assert_int_equal(theirs.publicArea.unique.rsa.size,
                         ours.rsa_modulus.size);
    }
    return true;
}

static bool compare_signature(struct bytes wire)
{
    struct tpmt_signature ours;
    TPMT_SIGNATURE theirs = {0};
    size_t offset = 0;
    if (tpms_parse_signature(wire, &ours) != REASON_NONE) {
        return false;
    }
    if (ours.r.size > 66 || ours.s.size > 66 || ours.rsa.size > 512) {
        return true; /* more than theirs has room for */
    }
    assert_int_equal(Tss2_MU_TPMT_SIGNATURE_Unmarshal(wire.data, wire.size,
                                                      &offset, &theirs),
                     TSS2_RC_SUCCESS);
    assert_int_equal(offset, wire.size);
    assert_int_equal(theirs.sigAlg, ours.algorithm);
    return true;
}

static void compare_damaged(struct world *world, struct bytes wire,
                            bool (*compare)(struct bytes wire))
{
    uint8_t copy[1024];
    assert_true(wire.size < sizeof(copy));
    assert_true(compare(wire));
    for (size_t size = 0; size < wire.size; size++) {
        assert_false(compare(bytes_of(wire.data, size)));
    }
    memcpy(copy, wire.data, wire.size);
    copy[wire.size] = 0;
    assert_false(compare(bytes_of(copy, wire.size + 1)));
    for (int i = 0; i < 20000; i++) {
        memcpy(copy, wire.data, wire.size);
        for (unsigned j = 0; j <= next(world) % 3; j++) {
            copy[next(world) % wire.size] ^= (uint8_t)(1 << next(world) % 8);
        }
        (void)compare(bytes_of(copy, wire.size));
    }
}

static void test_all(void **state)
{
    struct world *world = *state;
    static const uint8_t nonce[32];
    struct forge_quote quote =
        forge_quote_good(world->log, bytes_of(nonce, sizeof(nonce)));
    for (size_t i = 0; i < 2; i++) {
        struct forge_signed is;
        forge_sign(&world->keys[i], &world->hasher, &quote, &is);
        compare_damaged(world, bytes_of(is.quote, is.quote_size),
                        compare_quote);
        compare_damaged(world, bytes_of(is.signature, is.signature_size),
                        compare_signature);
        compare_damaged(
            world, bytes_of(world->keys[i].public, world->keys[i].public_size),
            compare_public);
    }
}

/* A count of banks that the structure cannot hold ends at once. */
static void test_huge_count(void **state)
{
    struct world *world = *state;
    struct forge_quote quote = forge_quote_good(world->log, bytes_none());
    struct forge_signed is;
    struct tpms_quote parsed;
    forge_sign(&world->keys[0], &world->hasher, &quote, &is);
    size_t count_at = 4 + 2 + 2 + 6 + 2 + 8 + 4 + 4 + 1 + 8;
    memset(is.quote + count_at, 0xff, 4);
    assert_reason(tpms_parse_quote(bytes_of(is.quote, is.quote_size), &parsed),
                  REASON_QUOTE_MALFORMED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_all), TEST(test_huge_count)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
