/* SPDX-License-Identifier: MIT */
/*
 * Approvals: every byte that counts, every cut, and the digests against ones
 * that OpenSSL computes over bytes spelled out here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <openssl/sha.h>

#include "lib/approval.h"

static struct buffer make(uint8_t data[APPROVAL_SIZE + 1],
                          struct approval *approval)
{
    memset(approval, 0, sizeof(*approval));
    approval->pcrs = 1u << 4 | 1u << 8 | 1u << 21;
    memset(approval->pcr_digest.bytes, 0x11, SHA256_SIZE);
    memset(approval->key.x, 0x22, APPROVAL_NUMBER_SIZE);
    memset(approval->key.y, 0x33, APPROVAL_NUMBER_SIZE);
    memset(approval->r, 0x44, APPROVAL_NUMBER_SIZE);
    memset(approval->s, 0x55, APPROVAL_NUMBER_SIZE);
    struct buffer out = buffer_over(data, APPROVAL_SIZE + 1);
    struct writer writer = writer_begin(&out);
    approval_put(&writer, approval);
    assert_true(writer_end(&writer));
    assert_int_equal(out.used, APPROVAL_SIZE);
    return out;
}

static void whole_ones_are_taken(void **state)
{
    (void)state;
    uint8_t data[APPROVAL_SIZE + 1];
    struct approval made, read;
    struct buffer out = make(data, &made);
    memset(&read, 0, sizeof(read));
    assert_true(approval_parse(buffer_bytes(&out), &read));
    assert_memory_equal(&made, &read, sizeof(made));
}

static void others_are_not(void **state)
{
    (void)state;
    uint8_t data[APPROVAL_SIZE + 1] = {0};
    struct approval approval;
    (void)make(data, &approval);
    for (size_t size = 0; size <= sizeof(data); size++) {
        assert_int_equal(approval_parse(bytes_of(data, size), &approval),
                         size == APPROVAL_SIZE);
    }
    for (size_t i = 0; i < APPROVAL_MAGIC_SIZE; i++) {
        data[i] ^= 1;
        assert_false(approval_parse(bytes_of(data, APPROVAL_SIZE), &approval));
        data[i] ^= 1;
    }
    data[11] = 1; /* PCR 24 */
    assert_false(approval_parse(bytes_of(data, APPROVAL_SIZE), &approval));
    memset(data + 8, 0, 4); /* no PCR */
    assert_false(approval_parse(bytes_of(data, APPROVAL_SIZE), &approval));
}

static void key_digest_is_that_of_its_public_area(void **state)
{
    (void)state;
    uint8_t data[APPROVAL_SIZE + 1], expected[SHA256_SIZE];
    uint8_t public[APPROVAL_PUBLIC_SIZE] = {
        0x00, 0x23, 0x00, 0x0b, 0x00, 0x04, 0x00, 0x40, 0x00, 0x00,
        0x00, 0x10, 0x00, 0x10, 0x00, 0x03, 0x00, 0x10, 0x00, 0x20};
    struct approval approval;
    (void)make(data, &approval);
    memset(public + 20, 0x22, 32);
    public[53] = 0x20;
    memset(public + 54, 0x33, 32);
    SHA256(public, sizeof(public), expected);
    struct sha256_digest digest = approval_key_digest(&approval.key);
    assert_memory_equal(digest.bytes, expected, sizeof(expected));
}

static void policy_is_that_of_policy_pcr(void **state)
{
    (void)state;
    uint8_t data[APPROVAL_SIZE + 1], expected[SHA256_SIZE];
    uint8_t policy[78] = {[34] = 0x01, 0x7f, 0, 0,    0,    1,
                          0,           0x0b, 3, 0x10, 0x01, 0x20};
    struct approval approval;
    (void)make(data, &approval);
    memset(policy + 46, 0x11, 32);
    SHA256(policy, sizeof(policy), expected);
    struct sha256_digest digest = approval_policy(&approval);
    assert_memory_equal(digest.bytes, expected, sizeof(expected));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whole_ones_are_taken),
        cmocka_unit_test(others_are_not),
        cmocka_unit_test(key_digest_is_that_of_its_public_area),
        cmocka_unit_test(policy_is_that_of_policy_pcr),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
