/* SPDX-License-Identifier: MIT */
/* A program of OpenSSL's size: SHA-256, ECDSA on P-256, AES-256-GCM, RSA. */
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdint.h>
#include <string.h>

#include "tests/scenario/base/tap.h"

static const uint8_t message[] = "abc";

static void hash(void)
{
    static const uint8_t expected[4] = {0xba, 0x78, 0x16, 0xbf};
    uint8_t digest[32];
    unsigned int size = 0;

    ok(EVP_Digest(message, 3, digest, &size, EVP_sha256(), NULL) == 1 &&
           size == 32 && memcmp(digest, expected, 4) == 0,
       "SHA-256");
}

static bool sign(EVP_PKEY *key, uint8_t *signature, size_t *size)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_good =
        EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
        EVP_DigestSign(context, signature, size, message, 3) == 1;

    EVP_MD_CTX_free(context);
    return is_good;
}

static bool verify(EVP_PKEY *key, const uint8_t *signature, size_t size,
                   const uint8_t *text)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_good =
        EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) == 1 &&
        EVP_DigestVerify(context, signature, size, text, 3) == 1;

    EVP_MD_CTX_free(context);
    return is_good;
}

static void signatures(void)
{
    static const uint8_t other[] = "abd";
    uint8_t signature[256];
    size_t size = sizeof(signature);
    EVP_PKEY *key = EVP_EC_gen("P-256");

    ok(key != NULL, "ECDSA: a key");
    ok(key != NULL && sign(key, signature, &size), "ECDSA: a signature");
    ok(key != NULL && verify(key, signature, size, message), "that is good");
    ok(key != NULL && !verify(key, signature, size, other),
       "for this message only");
    EVP_PKEY_free(key);
}

static void cipher(void)
{
    static const uint8_t key[32] = {1}, nonce[12] = {2};
    uint8_t out[16], back[16];
    int size = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();

    EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, nonce);
    EVP_EncryptUpdate(context, out, &size, message, 3);
    EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, nonce);
    EVP_DecryptUpdate(context, back, &size, out, 3);
    ok(size == 3 && memcmp(back, message, 3) == 0, "AES-256-GCM");
    EVP_CIPHER_CTX_free(context);
}

int main(void)
{
    setvbuf(stdout, NULL, _IOLBF, 0);
    hash();
    cipher();
    signatures();
    return tap_done();
}
