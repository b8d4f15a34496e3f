/* SPDX-License-Identifier: MIT */
/*
 * The only combinations accepted: P-256 with ECDSA, RSA of 2048 bits or more
 * with RSASSA or RSAPSS, always with SHA-256, always with the scheme fixed in
 * the key itself.
 */
#include "attest/key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#define P256_SIZE  32
#define POINT_SIZE (1 + 2 * P256_SIZE)

struct key_name key_name_of(struct hasher *hasher,
                            const struct tpmt_public *public)
{
    struct key_name name = {{0x00, 0x0b}};
    struct sha256_digest digest = hash_bytes(hasher, public->area);
    memcpy(name.bytes + 2, digest.bytes, SHA256_SIZE);
    return name;
}

static bool is_strong(const struct tpmt_public *public)
{
    if (public->name_algorithm != TPM_ALG_SHA256 ||
        public->scheme_hash != TPM_ALG_SHA256 ||
        public->symmetric != TPM_ALG_NULL) {
        return false;
    }
    if (public->type == TPM_ALG_ECC) {
        return public->curve == TPM_ECC_NIST_P256 &&
               public->scheme == TPM_ALG_ECDSA && public->x.size <= P256_SIZE &&
               public->y.size <= P256_SIZE;
    }
    return public->rsa_bits >= KEY_MIN_RSA_BITS &&
           public->rsa_modulus.size == public->rsa_bits / 8u &&
           (public->rsa_modulus.data[0] & 0x80) != 0 &&
           (public->rsa_exponent == 0 || public->rsa_exponent == 65537) &&
           (public->scheme == TPM_ALG_RSASSA ||
            public->scheme == TPM_ALG_RSAPSS);
}

enum reason key_check(const struct tpmt_public *public)
{
    const uint32_t must = TPMA_FIXED_TPM | TPMA_FIXED_PARENT |
                          TPMA_SENSITIVE_DATA_ORIGIN | TPMA_RESTRICTED |
                          TPMA_SIGN;
    if (!is_strong(public)) {
        return REASON_KEY_WEAK;
    }
    if ((public->attributes & (must | TPMA_DECRYPT)) != must) {
        return REASON_KEY_ATTRIBUTES;
    }
    return REASON_NONE;
}

/* ---- into OpenSSL ---- */

static EVP_PKEY *import_params(const char *type, OSSL_PARAM_BLD *build)
{
    EVP_PKEY *key = NULL;
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    if (params == NULL || context == NULL ||
        EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1) {
        key = NULL;
    }
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(params);
    return key;
}

/* SEC 1, uncompressed. False if it is no point of P-256 by its size. */
static bool put_point(const struct tpmt_public *public, uint8_t out[POINT_SIZE])
{
    if (public->curve != TPM_ECC_NIST_P256 || public->x.size > P256_SIZE ||
        public->y.size > P256_SIZE || public->x.size == 0 ||
        public->y.size == 0) {
        return false;
    }
    memset(out, 0, POINT_SIZE);
    out[0] = 0x04;
    memcpy(out + 1 + P256_SIZE - public->x.size, public->x.data,
           public->x.size);
    memcpy(out + POINT_SIZE - public->y.size, public->y.data, public->y.size);
    return true;
}

static EVP_PKEY *import_ecc(OSSL_PARAM_BLD *build,
                            const struct tpmt_public *public)
{
    uint8_t point[POINT_SIZE];
    if (!put_point(public, point) ||
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME,
                                        "prime256v1", 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point,
                                         sizeof(point)) != 1) {
        return NULL;
    }
    return import_params("EC", build);
}

static EVP_PKEY *import_rsa(OSSL_PARAM_BLD *build,
                            const struct tpmt_public *public)
{
    EVP_PKEY *key = NULL;
    BIGNUM *modulus = BN_bin2bn(public->rsa_modulus.data,
                                (int)public->rsa_modulus.size, NULL);
    BIGNUM *exponent = BN_new();
    if (modulus != NULL && exponent != NULL &&
        BN_set_word(exponent,
                    public->rsa_exponent == 0 ? 65537 : public->rsa_exponent) ==
            1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent) == 1) {
        key = import_params("RSA", build);
    }
    BN_free(modulus);
    BN_free(exponent);
    return key;
}

EVP_PKEY *key_import(const struct tpmt_public *public)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    if (build == NULL) {
        return NULL;
    }
    EVP_PKEY *key = public->type == TPM_ALG_ECC ? import_ecc(build, public)
                                                : import_rsa(build, public);
    OSSL_PARAM_BLD_free(build);
    return key;
}

static bool prepare_verify(struct attest_key *key)
{
    key->verify = EVP_PKEY_CTX_new(key->pkey, NULL);
    if (key->verify == NULL || EVP_PKEY_verify_init(key->verify) != 1 ||
        EVP_PKEY_CTX_set_signature_md(key->verify, EVP_sha256()) != 1) {
        return false;
    }
    if (key->scheme == TPM_ALG_RSASSA) {
        return EVP_PKEY_CTX_set_rsa_padding(key->verify, RSA_PKCS1_PADDING) ==
               1;
    }
    if (key->scheme == TPM_ALG_RSAPSS) {
        /* A TPM salts with as many bytes as fit, or as the hash has. */
        return EVP_PKEY_CTX_set_rsa_padding(key->verify,
                                            RSA_PKCS1_PSS_PADDING) == 1 &&
               EVP_PKEY_CTX_set_rsa_pss_saltlen(key->verify,
                                                RSA_PSS_SALTLEN_AUTO) == 1;
    }
    return true;
}

enum reason key_open(struct hasher *hasher, const struct tpmt_public *public,
                     struct attest_key *out)
{
    *out = (struct attest_key){0};
    enum reason reason = key_check(public);
    if (reason != REASON_NONE) {
        return reason;
    }
    out->name = key_name_of(hasher, public);
    out->scheme = public->scheme;
    out->pkey = key_import(public);
    if (out->pkey == NULL || !prepare_verify(out)) {
        key_close(out);
        return REASON_KEY_WEAK;
    }
    return REASON_NONE;
}

enum reason key_reopen(struct hasher *hasher, const struct tpmt_public *public,
                       struct attest_key *key)
{
    uint8_t point[POINT_SIZE];
    enum reason reason = key_check(public);
    bool is_alike = key->pkey != NULL && key->scheme == TPM_ALG_ECDSA &&
                    public->type == TPM_ALG_ECC;
    if (reason != REASON_NONE || !is_alike || !put_point(public, point)) {
        key_close(key);
        return reason != REASON_NONE ? reason : key_open(hasher, public, key);
    }
    EVP_PKEY_CTX_free(key->verify);
    key->verify = NULL;
    key->name = key_name_of(hasher, public);
    if (EVP_PKEY_set1_encoded_public_key(key->pkey, point, sizeof(point)) !=
            1 ||
        !prepare_verify(key)) {
        key_close(key);
        return REASON_KEY_WEAK;
    }
    return REASON_NONE;
}

void key_close(struct attest_key *key)
{
    EVP_PKEY_CTX_free(key->verify);
    EVP_PKEY_free(key->pkey);
    *key = (struct attest_key){0};
}

/* ---- signatures ---- */

/* ECDSA-Sig-Value in DER; at most 2 + 2 * (2 + 33) bytes for P-256. */
static bool encode_ecdsa(const struct tpmt_signature *signature,
                         struct buffer *out)
{
    const struct bytes numbers[2] = {signature->r, signature->s};
    struct writer writer = writer_begin(out);
    put_u8(&writer, 0x30);
    put_u8(&writer, 0);
    for (size_t i = 0; i < 2; i++) {
        struct bytes number = numbers[i];
        while (number.size > 1 && number.data[0] == 0) {
            number = bytes_of(number.data + 1, number.size - 1);
        }
        if (number.size == 0 || number.size > P256_SIZE) {
            return false;
        }
        bool is_padded = (number.data[0] & 0x80) != 0;
        put_u8(&writer, 0x02);
        put_u8(&writer, (uint8_t)(number.size + is_padded));
        if (is_padded) {
            put_u8(&writer, 0);
        }
        put_bytes(&writer, number);
    }
    if (!writer_end(&writer)) {
        return false;
    }
    out->data[1] = (uint8_t)(out->used - 2);
    return true;
}

enum reason key_verify(const struct attest_key *key, struct hasher *hasher,
                       struct bytes message,
                       const struct tpmt_signature *signature)
{
    uint8_t der[2 + 2 * (3 + P256_SIZE)];
    struct buffer encoded = buffer_over(der, sizeof(der));
    struct bytes raw = signature->rsa;
    if (signature->algorithm != key->scheme ||
        signature->hash != TPM_ALG_SHA256) {
        return REASON_SIGNATURE_ALGORITHM;
    }
    if (key->scheme == TPM_ALG_ECDSA) {
        if (!encode_ecdsa(signature, &encoded)) {
            return REASON_SIGNATURE_INVALID;
        }
        raw = buffer_bytes(&encoded);
    }
    struct sha256_digest digest = hash_bytes(hasher, message);
    if (EVP_PKEY_verify(key->verify, raw.data, raw.size, digest.bytes,
                        SHA256_SIZE) != 1) {
        return REASON_SIGNATURE_INVALID;
    }
    return REASON_NONE;
}
