/* SPDX-License-Identifier: MIT */
/*
 * The Merkle tree of RFC 9162, 2.1, with SHA-256: one signature over the root
 * answers everybody whose leaf is in the tree, and a path of a few digests
 * shows that it is. Pure, with no allocation: the tree is the caller's.
 */
#ifndef VOUCH_ATTEST_MERKLE_H
#define VOUCH_ATTEST_MERKLE_H

#include "lib/sha2.h"

#define MERKLE_MAX_LEAVES 4096
#define MERKLE_MAX_PATH   12 /* log2 of it */

/* Level by level from the leaves; the last node is the root. */
struct merkle_tree {
    size_t count; /* of leaves */
    struct sha256_digest nodes[2 * MERKLE_MAX_LEAVES];
};

/* Which leaf of how many, and the siblings from there to the root. */
struct merkle_path {
    size_t index, count;
    size_t size; /* digests used */
    struct sha256_digest digests[MERKLE_MAX_PATH];
};

/* What a leaf stands for (lib/vtpm_wire.h): a verifier's nonce, the Name of
 * the key that answered it, and the SHA-256 of the quote with the answer. */
struct sha256_digest merkle_leaf(struct bytes nonce, struct bytes name,
                                 const struct sha256_digest *quote);

/* False for no leaf or more than MERKLE_MAX_LEAVES. */
NODISCARD bool merkle_build(const struct sha256_digest *leaves, size_t count,
                            struct merkle_tree *out);
struct sha256_digest merkle_root(const struct merkle_tree *tree);
/* False if there is no such leaf. */
NODISCARD bool merkle_find_path(const struct merkle_tree *tree, size_t index,
                                struct merkle_path *out);

/* The root that path leads to from leaf. False if the path is not as long as
 * one of that leaf in a tree of that size (2.1.3.2). */
NODISCARD bool merkle_follow(const struct sha256_digest *leaf,
                             const struct merkle_path *path,
                             struct sha256_digest *root);

#endif
