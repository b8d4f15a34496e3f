/* SPDX-License-Identifier: MIT */
/* Seed under the EK; from the seed, a key that hides and one that protects. */
#include "attest/credential.h"

#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#define SEED_SIZE    SHA256_SIZE
#define AES_KEY_SIZE 16
#define AES_IV_SIZE  16

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

/* RSA-OAEP with SHA-256 and the label "IDENTITY", its NUL included. */
static bool wrap_seed(EVP_PKEY *ek, const uint8_t seed[SEED_SIZE],
                      struct credential *out)
{
    static const char label[] = "IDENTITY";
    out->seed_size = sizeof(out->seed);
    void *copy = OPENSSL_memdup(label, sizeof(label));
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(ek, NULL);
    bool is_ready =
        copy != NULL && context != NULL &&
        EVP_PKEY_encrypt_init(context) == 1 &&
        EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_OAEP_PADDING) == 1 &&
        EVP_PKEY_CTX_set_rsa_oaep_md(context, EVP_sha256()) == 1 &&
        EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1;
    bool is_owned = is_ready && EVP_PKEY_CTX_set0_rsa_oaep_label(
                                    context, copy, sizeof(label)) == 1;
    if (!is_owned) {
        OPENSSL_free(copy);
    }
    bool is_done =
        is_owned && EVP_PKEY_encrypt(context, out->seed, &out->seed_size, seed,
                                     SEED_SIZE) == 1;
    EVP_PKEY_CTX_free(context);
    return is_done;
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
    bool is_done = RAND_bytes(seed, sizeof(seed)) == 1 &&
                   wrap_seed(ek, seed, out) &&
                   make_blob(seed, name, secret, out);
    OPENSSL_cleanse(seed, sizeof(seed));
    return is_done;
}
