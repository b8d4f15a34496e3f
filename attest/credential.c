/* SPDX-License-Identifier: MIT */
/* Seed under the EK; from the seed, a key that hides and one that protects. */
#include "attest/credential.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#define SEED_SIZE    SHA256_SIZE
#define AES_KEY_SIZE 16
#define AES_IV_SIZE  16
#define P256_SIZE    32

/* KDFa (Part 1, 11.4.10.2) for at most one block of HMAC-SHA-256. */
static bool kdfa(const uint8_t seed[SEED_SIZE], const char *label,
                 struct bytes context, uint32_t bits, uint8_t out[SHA256_SIZE])
{
    uint8_t message[64];
    unsigned size;
    struct buffer buffer = buffer_over(message, sizeof(message));
    struct writer writer = writer_begin(&buffer);
    put_be32(&writer, 1);
    put_bytes(&writer, bytes_of_text(label));
    put_u8(&writer, 0);
    put_bytes(&writer, context);
    put_be32(&writer, bits);
    return writer_end(&writer) && HMAC(EVP_sha256(), seed, SEED_SIZE, message,
                                       buffer.used, out, &size) != NULL;
}

static bool encrypt(const uint8_t key[AES_KEY_SIZE], struct bytes in,
                    uint8_t *out)
{
    static const uint8_t iv[AES_IV_SIZE];
    int size = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bool is_done =
        context != NULL &&
        EVP_EncryptInit_ex(context, EVP_aes_128_cfb128(), NULL, key, iv) == 1 &&
        EVP_EncryptUpdate(context, out, &size, in.data, (int)in.size) == 1 &&
        (size_t)size == in.size;
    EVP_CIPHER_CTX_free(context);
    return is_done;
}

/* What both ways to wrap a seed have as their label, its NUL included. */
static const char identity[] = "IDENTITY";

/* RSA-OAEP with SHA-256. */
static bool wrap_seed_rsa(EVP_PKEY *ek, const uint8_t seed[SEED_SIZE],
                          struct credential *out)
{
    out->seed_size = sizeof(out->seed);
    void *copy = OPENSSL_memdup(identity, sizeof(identity));
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(ek, NULL);
    bool is_ready =
        copy != NULL && context != NULL &&
        EVP_PKEY_encrypt_init(context) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
        EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) == 1 &&
        EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1;
    bool is_owned = is_ready && EVP_PKEY_CTX_set0_rsa_oaep_label(
                                    context, copy, sizeof(identity)) == 1;
    if (!is_owned) {
        OPENSSL_free(copy);
    }
    bool is_done =
        is_owned && EVP_PKEY_encrypt(context, out->seed, &out->seed_size, seed,
                                     SEED_SIZE) == 1;
    EVP_PKEY_CTX_free(context);
    return is_done;
}

static bool get_coordinate(EVP_PKEY *key, const char *name,
                           uint8_t out[P256_SIZE])
{
    BIGNUM *number = NULL;
    bool is_done = EVP_PKEY_get_bn_param(key, name, &number) == 1 &&
                   BN_bn2binpad(number, out, P256_SIZE) == P256_SIZE;
    BN_free(number);
    return is_done;
}

/* The x coordinate of what only the owners of both keys can compute. */
static bool agree(EVP_PKEY *own, EVP_PKEY *peer, uint8_t out[P256_SIZE])
{
    size_t size = P256_SIZE;
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(own, NULL);
    bool is_done = context != NULL && EVP_PKEY_derive_init(context) == 1 &&
                   EVP_PKEY_derive_set_peer(context, peer) == 1 &&
                   EVP_PKEY_derive(context, out, &size) == 1 &&
                   size == P256_SIZE;
    EVP_PKEY_CTX_free(context);
    return is_done;
}

/* KDFe (Part 1, 11.4.10.3), one block of SHA-256: counter, Z, label, x of the
 * ephemeral key, x of the static one. */
static bool kdfe(const uint8_t shared[P256_SIZE],
                 const uint8_t ephemeral[P256_SIZE],
                 const uint8_t fixed[P256_SIZE], uint8_t seed[SEED_SIZE])
{
    uint8_t message[4 + 3 * P256_SIZE + sizeof(identity)];
    struct buffer buffer = buffer_over(message, sizeof(message));
    struct writer writer = writer_begin(&buffer);
    put_be32(&writer, 1);
    put_bytes(&writer, bytes_of(shared, P256_SIZE));
    put_bytes(&writer, bytes_of(identity, sizeof(identity)));
    put_bytes(&writer, bytes_of(ephemeral, P256_SIZE));
    put_bytes(&writer, bytes_of(fixed, P256_SIZE));
    bool is_done =
        writer_end(&writer) &&
        EVP_Digest(message, buffer.used, seed, NULL, EVP_sha256(), NULL) == 1;
    OPENSSL_cleanse(message, sizeof(message));
    return is_done;
}

/* A seed that follows from an ephemeral key (Part 1, C.6.1): what is sent is
 * that key's point. */
static bool make_seed_ecc(EVP_PKEY *ek, uint8_t seed[SEED_SIZE],
                          struct credential *out)
{
    uint8_t shared[P256_SIZE], fixed[P256_SIZE];
    uint8_t x[P256_SIZE] = {0}, y[P256_SIZE] = {0};
    struct buffer buffer = buffer_over(out->seed, sizeof(out->seed));
    struct writer writer = writer_begin(&buffer);
    EVP_PKEY *ephemeral = EVP_EC_gen("prime256v1");
    bool is_done = ephemeral != NULL && agree(ephemeral, ek, shared) &&
                   get_coordinate(ephemeral, OSSL_PKEY_PARAM_EC_PUB_X, x) &&
                   get_coordinate(ephemeral, OSSL_PKEY_PARAM_EC_PUB_Y, y) &&
                   get_coordinate(ek, OSSL_PKEY_PARAM_EC_PUB_X, fixed) &&
                   kdfe(shared, x, fixed, seed);
    EVP_PKEY_free(ephemeral);
    OPENSSL_cleanse(shared, sizeof(shared));
    put_be16(&writer, P256_SIZE);
    put_bytes(&writer, bytes_of(x, P256_SIZE));
    put_be16(&writer, P256_SIZE);
    put_bytes(&writer, bytes_of(y, P256_SIZE));
    out->seed_size = buffer.used;
    return is_done && writer_end(&writer);
}

static bool make_seed(EVP_PKEY *ek, uint8_t seed[SEED_SIZE],
                      struct credential *out)
{
    if (EVP_PKEY_is_a(ek, "EC") == 1) {
        return make_seed_ecc(ek, seed, out);
    }
    return RAND_bytes(seed, SEED_SIZE) == 1 && wrap_seed_rsa(ek, seed, out);
}

/* Integrity value and hidden identity, as in TPMS_ID_OBJECT. */
static bool make_blob(const uint8_t seed[SEED_SIZE],
                      const struct key_name *name, const uint8_t *secret,
                      struct credential *out)
{
    uint8_t key[SHA256_SIZE], plain[2 + CREDENTIAL_SECRET_SIZE];
    uint8_t hidden[sizeof(plain) + sizeof(name->bytes)];
    uint8_t integrity[SHA256_SIZE];
    unsigned size;
    struct bytes name_bytes = bytes_of(name->bytes, sizeof(name->bytes));
    plain[0] = 0;
    plain[1] = CREDENTIAL_SECRET_SIZE;
    memcpy(plain + 2, secret, CREDENTIAL_SECRET_SIZE);
    memcpy(hidden + sizeof(plain), name_bytes.data, name_bytes.size);
    if (!kdfa(seed, "STORAGE", name_bytes, 8 * AES_KEY_SIZE, key) ||
        !encrypt(key, bytes_of(plain, sizeof(plain)), hidden) ||
        !kdfa(seed, "INTEGRITY", bytes_none(), 8 * SHA256_SIZE, key) ||
        HMAC(EVP_sha256(), key, SHA256_SIZE, hidden, sizeof(hidden), integrity,
             &size) == NULL) {
        return false;
    }
    struct buffer buffer = buffer_over(out->blob, sizeof(out->blob));
    struct writer writer = writer_begin(&buffer);
    put_be16(&writer, SHA256_SIZE);
    put_bytes(&writer, bytes_of(integrity, SHA256_SIZE));
    put_bytes(&writer, bytes_of(hidden, sizeof(plain)));
    out->blob_size = buffer.used;
    return writer_end(&writer);
}

bool credential_make(EVP_PKEY *ek, const struct key_name *name,
                     const uint8_t *secret, struct credential *out)
{
    uint8_t seed[SEED_SIZE];
    bool is_done =
        make_seed(ek, seed, out) && make_blob(seed, name, secret, out);
    OPENSSL_cleanse(seed, sizeof(seed));
    return is_done;
}
