/* SPDX-License-Identifier: MIT */
/*
 * SHA-2 against the NIST example vectors (FIPS 180-4 examples, SHAVS), and
 * every split of a message against the whole.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "lib/checked.h"
#include "lib/sha2.h"
#include "lib/text.h"
#include "tests/unit/lib/sha512.h"

#define LONG_SIZE 1000000

struct vector {
    const char *message;
    const char *sha256, *sha384, *sha512;
};

static const struct vector vectors[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
     "38b060a751ac96384cd9327eb1b1e36a21fdb71114be07434c0cc7bf63f6e1da274edebfe"
     "76f65fbd51ad2f14898b95b",
     "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce47d0d13c5"
     "d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
     "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba"
     "1e7cc2358baeca134c825a7",
     "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a2"
     "74fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
     "3391fdddfc8dc7393707a65b1b4709397cf8b1d162af05abfe8f450de5f36bc6b0455a852"
     "0bc4e6f5fe95b1fe3c8452b",
     "204a8fc6dda82f0a0ced7beb8e08a41657c16ef468b228a8279be331a703c33596fd15c13"
     "b1b07f9aa1d3bea57789ca031ad85c7a71dd70354ec631238ca3445"},
    {"abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopj"
     "klmnopqklmnopqrlmnopqrsmnopqrstnopqrstu",
     "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1",
     "09330c33f71147e83d192fc782cd1b4753111b173b3b05d22fa08086e3b0f712fcc7c71a5"
     "57e2db966c3e9fa91746039",
     "8e959b75dae313da8cf4f72814fc143f8f7779c6eb9f7fa17299aeadb6889018501d289e4"
     "900f7e4331b99dec4b5433ac7d329eeb6dd26545e96e55b874be909"},
};

static void assert_hex(const uint8_t *found, size_t size, const char *expected)
{
    uint8_t digest[SHA512_SIZE];
    assert_true(text_parse_hex(bytes_of_text(expected), digest, size));
    assert_memory_equal(found, digest, size);
}

static void nist_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(vectors); i++) {
        struct bytes message = bytes_of_text(vectors[i].message);
        struct sha256_digest small = sha256_of(message);
        struct sha384_digest middle = sha384_of(message);
        struct sha512_digest large = sha512_of(message);
        assert_hex(small.bytes, SHA256_SIZE, vectors[i].sha256);
        assert_hex(middle.bytes, SHA384_SIZE, vectors[i].sha384);
        assert_hex(large.bytes, SHA512_SIZE, vectors[i].sha512);
    }
}

static void million_letters(void **state)
{
    (void)state;
    uint8_t *letters = malloc(LONG_SIZE);
    assert_non_null(letters);
    memset(letters, 'a', LONG_SIZE);
    struct bytes message = bytes_of(letters, LONG_SIZE);
    struct sha256_digest small = sha256_of(message);
    struct sha384_digest middle = sha384_of(message);
    struct sha512_digest large = sha512_of(message);
    free(letters);
    assert_hex(
        small.bytes, SHA256_SIZE,
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    assert_hex(middle.bytes, SHA384_SIZE,
               "9d0e1809716474cb086e834e310a4a1ced149e9c00f248527972cec5704c2a5"
               "b07b8b3dc38ecc4ebae97ddd87f3d8985");
    assert_hex(large.bytes, SHA512_SIZE,
               "e718483d0ce769644e2e42c7bc15b4638e1f98b13b2044285632a803afa973e"
               "bde0ff244877ea60a4cb0432ce577c31beb009c5c2c49aa2e4eadb217ad8cc0"
               "9b");
}

/* The long path may use another code sequence; feeding 61 bytes at a time
 * never gives it a long run, so both must agree. */
static void long_run_equals_short_pieces(void **state)
{
    (void)state;
    enum { SIZE = 64 * 300 + 17, PIECE = 61 };
    uint8_t *data = malloc(SIZE);
    assert_non_null(data);
    for (size_t i = 0; i < SIZE; i++) {
        data[i] = (uint8_t)(i * 131 + (i >> 8) * 7);
    }
    struct sha256_digest whole = sha256_of(bytes_of(data, SIZE));
    struct sha256_context context;
    sha256_init(&context);
    for (size_t at = 0; at < SIZE; at += PIECE) {
        size_t part = SIZE - at < PIECE ? SIZE - at : PIECE;
        sha256_update(&context, bytes_of(data + at, part));
    }
    struct sha256_digest pieces;
    sha256_final(&context, &pieces);
    free(data);
    assert_true(sha256_equal(&whole, &pieces));
}

static void every_split(void **state)
{
    (void)state;
    uint8_t data[300];
    for (size_t i = 0; i < sizeof(data); i++) {
        data[i] = (uint8_t)(i * 7);
    }
    for (size_t size = 0; size <= sizeof(data); size += 3) {
        struct sha256_digest small = sha256_of(bytes_of(data, size));
        for (size_t split = 0; split <= size; split++) {
            struct sha256_context c256;
            struct sha256_digest d256;
            sha256_init(&c256);
            sha256_update(&c256, bytes_of(data, split));
            sha256_update(&c256, bytes_of(data + split, size - split));
            sha256_final(&c256, &d256);
            assert_true(sha256_equal(&small, &d256));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nist_examples),
        cmocka_unit_test(million_letters),
        cmocka_unit_test(long_run_equals_short_pieces),
        cmocka_unit_test(every_split),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
