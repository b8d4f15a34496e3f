/* SPDX-License-Identifier: MIT */
/*
 * The tree against RFC 9162's definitions, written down as they stand there,
 * for every small size and every leaf; and no path leads anywhere else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "attest/merkle.h"

#define SMALL 70

static struct sha256_digest leaves[MERKLE_MAX_LEAVES + 1];
static struct merkle_tree tree;

static void fill(void)
{
    for (size_t i = 0; i <= MERKLE_MAX_LEAVES; i++) {
        uint8_t seed[2] = {(uint8_t)i, (uint8_t)(i >> 8)};
        leaves[i] = sha256_of(bytes_of(seed, sizeof(seed)));
    }
}

static struct sha256_digest node(struct sha256_digest a, struct sha256_digest b)
{
    uint8_t all[1 + 2 * SHA256_SIZE] = {0x01};
    memcpy(all + 1, a.bytes, SHA256_SIZE);
    memcpy(all + 1 + SHA256_SIZE, b.bytes, SHA256_SIZE);
    return sha256_of(bytes_of(all, sizeof(all)));
}

static size_t split(size_t count)
{
    size_t k = 1;
    while (2 * k < count) {
        k *= 2;
    }
    return k;
}

/* MTH(D[n]), 2.1.1, over leaves that are hashed already. */
static struct sha256_digest mth(const struct sha256_digest *d, size_t n)
{
    if (n == 1) {
        return d[0];
    }
    size_t k = split(n);
    return node(mth(d, k), mth(d + k, n - k));
}

/* PATH(m, D[n]), 2.1.3.1 */
static size_t path_of(size_t m, const struct sha256_digest *d, size_t n,
                      struct sha256_digest *out)
{
    if (n == 1) {
        return 0;
    }
    size_t k = split(n);
    size_t size =
        m < k ? path_of(m, d, k, out) : path_of(m - k, d + k, n - k, out);
    out[size] = m < k ? mth(d + k, n - k) : mth(d, k);
    return size + 1;
}

static void check_size(size_t count, size_t step)
{
    struct sha256_digest root = mth(leaves, count);
    assert_true(merkle_build(leaves, count, &tree));
    struct sha256_digest built = merkle_root(&tree);
    assert_memory_equal(&built, &root, SHA256_SIZE);
    for (size_t i = 0; i < count; i += step) {
        struct sha256_digest expected[MERKLE_MAX_PATH + 1], found;
        struct merkle_path path;
        size_t size = path_of(i, leaves, count, expected);
        assert_true(merkle_find_path(&tree, i, &path));
        assert_int_equal(path.size, size);
        assert_memory_equal(path.digests, expected, size * SHA256_SIZE);
        assert_true(merkle_follow(&leaves[i], &path, &found));
        assert_memory_equal(&found, &root, SHA256_SIZE);
    }
}

static void test_small(void **state)
{
    (void)state;
    for (size_t count = 1; count <= SMALL; count++) {
        check_size(count, 1);
    }
}

static void test_large(void **state)
{
    static const size_t counts[] = {100,  127,  128,  129, 1000,
                                    2049, 4095, 4096, 3073};
    (void)state;
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        check_size(counts[i], 509);
    }
}

static void test_bounds(void **state)
{
    struct merkle_path path;
    struct sha256_digest root;
    (void)state;
    assert_false(merkle_build(leaves, 0, &tree));
    assert_false(merkle_build(leaves, MERKLE_MAX_LEAVES + 1, &tree));
    assert_true(merkle_build(leaves, 5, &tree));
    assert_false(merkle_find_path(&tree, 5, &path));
    assert_true(merkle_find_path(&tree, 4, &path));
    path.count = MERKLE_MAX_LEAVES + 1;
    assert_false(merkle_follow(&leaves[4], &path, &root));
    path.count = 0;
    assert_false(merkle_follow(&leaves[4], &path, &root));
    path = (struct merkle_path){.count = 2, .size = MERKLE_MAX_PATH + 1};
    assert_false(merkle_follow(&leaves[4], &path, &root));
}

static bool leads_to(const struct sha256_digest *leaf,
                     const struct merkle_path *path,
                     const struct sha256_digest *root)
{
    struct sha256_digest found;
    return merkle_follow(leaf, path, &found) && sha256_equal(&found, root);
}

/* Every other index, every other leaf, every bit, a digest more or less. */
static void test_forged(void **state)
{
    (void)state;
    for (size_t count = 1; count <= 20; count++) {
        assert_true(merkle_build(leaves, count, &tree));
        struct sha256_digest root = merkle_root(&tree);
        for (size_t i = 0; i < count; i++) {
            struct merkle_path good, path;
            assert_true(merkle_find_path(&tree, i, &good));
            for (size_t j = 0; j < count; j++) {
                path = good;
                path.index = j;
                assert_int_equal(leads_to(&leaves[i], &path, &root), i == j);
                assert_int_equal(leads_to(&leaves[j], &good, &root), i == j);
            }
            for (size_t bit = 0; bit < 256 * good.size; bit += 37) {
                path = good;
                path.digests[bit / 256].bytes[bit / 8 % 32] ^=
                    (uint8_t)(1 << bit % 8);
                assert_false(leads_to(&leaves[i], &path, &root));
            }
            path = good;
            path.digests[path.size++] = root;
            assert_false(leads_to(&leaves[i], &path, &root));
            path.size = good.size - 1;
            assert_false(good.size > 0 && leads_to(&leaves[i], &path, &root));
        }
    }
}

/* An inner node is no leaf: its preimage begins otherwise. */
static void test_leaf(void **state)
{
    uint8_t all[1 + 12 + 32 + 34 + 32] = {0x00};
    uint8_t nonce[32], name[34];
    struct sha256_digest quote = leaves[3];
    (void)state;
    memset(nonce, 0x11, sizeof(nonce));
    memset(name, 0x22, sizeof(name));
    memcpy(all + 1, "vouch leaf 1", 12);
    memcpy(all + 13, nonce, 32);
    memcpy(all + 45, name, 34);
    memcpy(all + 79, quote.bytes, 32);
    struct sha256_digest expected = sha256_of(bytes_of(all, sizeof(all)));
    struct sha256_digest found = merkle_leaf(
        bytes_of(nonce, sizeof(nonce)), bytes_of(name, sizeof(name)), &quote);
    assert_memory_equal(&found, &expected, SHA256_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small), cmocka_unit_test(test_large),
        cmocka_unit_test(test_bounds), cmocka_unit_test(test_forged),
        cmocka_unit_test(test_leaf)};
    fill();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
