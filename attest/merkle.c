/* SPDX-License-Identifier: MIT */
/*
 * The RFC splits at the largest power of two below the number of leaves. Seen
 * from the leaves this is: pair neighbours, and take one that is left over to
 * the next level as it is.
 */
#include "attest/merkle.h"

#include "lib/vtpm_wire.h"

/* What keeps a leaf from being taken for a node, 2.1.1. */
#define LEAF_PREFIX 0x00
#define NODE_PREFIX 0x01

struct sha256_digest merkle_leaf(struct bytes nonce, struct bytes name,
                                 const struct sha256_digest *quote)
{
    static const uint8_t prefix = LEAF_PREFIX;
    struct sha256_context context;
    struct sha256_digest leaf;
    sha256_init(&context);
    sha256_update(&context, bytes_of(&prefix, 1));
    sha256_update(&context, bytes_of_text(VTPM_LEAF_PREFIX));
    sha256_update(&context, nonce);
    sha256_update(&context, name);
    sha256_update(&context, sha256_bytes(quote));
    sha256_final(&context, &leaf);
    return leaf;
}

static struct sha256_digest node_of(const struct sha256_digest *left,
                                    const struct sha256_digest *right)
{
    static const uint8_t prefix = NODE_PREFIX;
    struct sha256_context context;
    struct sha256_digest node;
    sha256_init(&context);
    sha256_update(&context, bytes_of(&prefix, 1));
    sha256_update(&context, sha256_bytes(left));
    sha256_update(&context, sha256_bytes(right));
    sha256_final(&context, &node);
    return node;
}

/* Nodes on the level above count nodes. */
static size_t count_above(size_t count)
{
    return (count + 1) / 2;
}

bool merkle_build(const struct sha256_digest *leaves, size_t count,
                  struct merkle_tree *out)
{
    if (count == 0 || count > MERKLE_MAX_LEAVES) {
        return false;
    }
    out->count = count;
    memcpy(out->nodes, leaves, count * sizeof(*leaves));
    struct sha256_digest *level = out->nodes;
    while (count > 1) {
        struct sha256_digest *above = level + count;
        for (size_t i = 0; i < count / 2; i++) {
            above[i] = node_of(&level[2 * i], &level[2 * i + 1]);
        }
        if (count % 2 != 0) {
            above[count / 2] = level[count - 1];
        }
        level = above;
        count = count_above(count);
    }
    return true;
}

struct sha256_digest merkle_root(const struct merkle_tree *tree)
{
    const struct sha256_digest *level = tree->nodes;
    for (size_t count = tree->count; count > 1; count = count_above(count)) {
        level += count;
    }
    return *level;
}

bool merkle_find_path(const struct merkle_tree *tree, size_t index,
                      struct merkle_path *out)
{
    const struct sha256_digest *level = tree->nodes;
    if (index >= tree->count) {
        return false;
    }
    out->index = index;
    out->count = tree->count;
    out->size = 0;
    for (size_t count = tree->count; count > 1; count = count_above(count)) {
        size_t sibling = index ^ 1;
        if (sibling < count) {
            out->digests[out->size++] = level[sibling];
        }
        level += count;
        index /= 2;
    }
    return true;
}

bool merkle_follow(const struct sha256_digest *leaf,
                   const struct merkle_path *path, struct sha256_digest *root)
{
    size_t index = path->index, used = 0;
    if (path->index >= path->count || path->count > MERKLE_MAX_LEAVES ||
        path->size > MERKLE_MAX_PATH) {
        return false;
    }
    *root = *leaf;
    for (size_t count = path->count; count > 1; count = count_above(count)) {
        if ((index ^ 1) < count) {
            if (used == path->size) {
                return false;
            }
            const struct sha256_digest *sibling = &path->digests[used++];
            *root = index % 2 != 0 ? node_of(sibling, root)
                                   : node_of(root, sibling);
        }
        index /= 2;
    }
    return used == path->size;
}
