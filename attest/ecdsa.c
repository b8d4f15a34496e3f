/* SPDX-License-Identifier: MIT */
#include "attest/ecdsa.h"

bool ecdsa_sign(EVP_PKEY *key, const struct sha256_digest *digest,
                struct ecdsa_signature *out)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    out->size = sizeof(out->bytes);
    bool is_done = context != NULL && EVP_PKEY_sign_init(context) == 1 &&
                   EVP_PKEY_sign(context, out->bytes, &out->size, digest->bytes,
                                 SHA256_SIZE) == 1;
    EVP_PKEY_CTX_free(context);
    return is_done;
}

bool ecdsa_verify(EVP_PKEY *key, const struct sha256_digest *digest,
                  struct bytes signature)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    bool is_good = context != NULL && EVP_PKEY_verify_init(context) == 1 &&
                   EVP_PKEY_verify(context, signature.data, signature.size,
                                   digest->bytes, SHA256_SIZE) == 1;
    EVP_PKEY_CTX_free(context);
    return is_good;
}
