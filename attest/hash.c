/* SPDX-License-Identifier: MIT */
/*
 * After a successful init, hashing memory cannot fail but by a broken OpenSSL;
 * that stops the program, since a wrong digest must never be compared.
 */
#include "attest/hash.h"

#include <stdlib.h>

bool hasher_init(struct hasher *hasher)
{
    hasher->method = EVP_MD_fetch(NULL, "SHA256", NULL);
    hasher->context = EVP_MD_CTX_new();
    if (hasher->method == NULL || hasher->context == NULL) {
        hasher_free(hasher);
        return false;
    }
    return true;
}

void hasher_free(struct hasher *hasher)
{
    EVP_MD_free(hasher->method);
    EVP_MD_CTX_free(hasher->context);
    hasher->method = NULL;
    hasher->context = NULL;
}

struct sha256_digest hash_bytes(struct hasher *hasher, struct bytes message)
{
    return hash_pair(hasher, message, bytes_none());
}

struct sha256_digest hash_pair(struct hasher *hasher, struct bytes a,
                               struct bytes b)
{
    struct sha256_digest out;
    unsigned size = 0;
    if (EVP_DigestInit_ex2(hasher->context, hasher->method, NULL) != 1 ||
        EVP_DigestUpdate(hasher->context, a.data, a.size) != 1 ||
        EVP_DigestUpdate(hasher->context, b.data, b.size) != 1 ||
        EVP_DigestFinal_ex(hasher->context, out.bytes, &size) != 1 ||
        size != SHA256_SIZE) {
        abort();
    }
    return out;
}
