/* SPDX-License-Identifier: MIT */
/*
 * HMAC_DRBG with SHA-256: the first cases of NIST's vectors (CAVP, drbgvectors
 * no_reseed and pr_false, HMAC_DRBG.rsp) without additional input, whose
 * returned bits are those of the second request.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "vtpm/base/drbg.h"

#define REQUEST 128

static size_t hex(uint8_t *out, const char *text)
{
    size_t size = 0;
    for (; text[0] != '\0'; text += 2) {
        char digits[3] = {text[0], text[1], '\0'};
        out[size++] = (uint8_t)strtoul(digits, NULL, 16);
    }
    return size;
}

static void expect(struct drbg *drbg, const char *expected)
{
    uint8_t got[REQUEST], wanted[REQUEST];
    for (int i = 0; i < 2; i++) {
        struct buffer out = buffer_over(got, sizeof(got));
        drbg_generate(drbg, &out);
        assert_int_equal(out.used, sizeof(got));
    }
    assert_int_equal(hex(wanted, expected), REQUEST);
    assert_memory_equal(got, wanted, REQUEST);
}

static void vector_without_reseed(void **state)
{
    (void)state;
    struct drbg drbg;
    uint8_t seed[64];
    size_t size = hex(seed, "ca851911349384bffe89de1cbdc46e68"
                            "31e44d34a4fb935ee285dd14b71a7488"
                            "659ba96c601dc69fc902940805ec0ca8");
    drbg_init(&drbg, bytes_of(seed, size));
    expect(&drbg, "e528e9abf2dece54d47c7e75e5fe302149f817ea9fb4bee6f4199697d04d"
                  "5b89d54fbb978a15b5c443c9ec21036d2460b6f73ebad0dc2aba6e624abf"
                  "07745bc107694bb7547bb0995f70de25d6b29e2d3011bb19d27676c07162"
                  "c8b5ccde0668961df86803482cb37ed6d5c0bb8d50cf1f50d476aa0458bd"
                  "aba806f48be9dcb8");
}

static void vector_with_reseed(void **state)
{
    (void)state;
    struct drbg drbg;
    uint8_t seed[64];
    size_t size = hex(seed, "06032cd5eed33f39265f49ecb142c511"
                            "da9aff2af71203bffaf34a9ca5bd9c0d"
                            "0e66f71edc43e42a45ad3c6fc6cdc4df");
    drbg_init(&drbg, bytes_of(seed, size));
    size = hex(seed, "01920a4e669ed3a85ae8a33b35a74ad7"
                     "fb2a6bb4cf395ce00334a9c9a5a5d552");
    drbg_reseed(&drbg, bytes_of(seed, size));
    expect(&drbg, "76fc79fe9b50beccc991a11b5635783a83536add03c157fb30645e611c28"
                  "98bb2b1bc215000209208cd506cb28da2a51bdb03826aaf2bd2335d576d5"
                  "19160842e7158ad0949d1a9ec3e66ea1b1a064b005de914eac2e9d4f2d72"
                  "a8616a80225422918250ff66a41bd2f864a6a38cc5b6499dc43f7f2bd09e"
                  "1e0f8f5885935124");
}

/* What was given cannot be computed from the state that is left. */
static void state_changes_with_each_request(void **state)
{
    (void)state;
    struct drbg drbg, before;
    uint8_t byte;
    struct buffer out = buffer_over(&byte, 1);
    drbg_init(&drbg, bytes_of_text("seed"));
    before = drbg;
    drbg_generate(&drbg, &out);
    assert_int_equal(out.used, 1);
    assert_memory_not_equal(drbg.key, before.key, sizeof(drbg.key));
    assert_memory_not_equal(drbg.value, before.value, sizeof(drbg.value));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vector_without_reseed),
        cmocka_unit_test(vector_with_reseed),
        cmocka_unit_test(state_changes_with_each_request),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
