/* SPDX-License-Identifier: MIT */
/* Keys and quotes, in the TPM's wire form, by OpenSSL. */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/rsa.h>
#include <stdlib.h>
#include <string.h>

#include "attest/testing/forge.h"
#include "attest/tpms.h"

#define CURVE_P384 0x0004

static void must(bool condition)
{
    if (!condition) {
        abort();
    }
}

static void put_sized(struct writer *writer, struct bytes bytes)
{
    put_be16(writer, (uint16_t)bytes.size);
    put_bytes(writer, bytes);
}

static void put_number(struct writer *writer, const EVP_PKEY *key,
                       const char *name, size_t size)
{
    uint8_t data[512];
    BIGNUM *number = NULL;
    must(EVP_PKEY_get_bn_param(key, name, &number) == 1 &&
         BN_bn2binpad(number, data, (int)size) == (int)size);
    BN_free(number);
    put_sized(writer, bytes_of(data, size));
}

static void put_parameters(struct writer *writer, const struct forge_key *key,
                           const struct forge_key_spec *spec)
{
    uint16_t hash = spec->scheme_hash != 0 ? spec->scheme_hash : TPM_ALG_SHA256;
    put_be16(writer, TPM_ALG_NULL); /* symmetric */
    put_be16(writer, key->scheme);
    put_be16(writer, hash);
    if (spec->rsa_bits != 0) {
        put_be16(writer, (uint16_t)spec->rsa_bits);
        put_be32(writer, 0);
        put_number(writer, key->pkey, OSSL_PKEY_PARAM_RSA_N,
                   spec->rsa_bits / 8);
        return;
    }
    bool is_p384 = spec->group != NULL && strcmp(spec->group, "secp384r1") == 0;
    put_be16(writer, is_p384 ? CURVE_P384 : TPM_ECC_NIST_P256);
    put_be16(writer, TPM_ALG_NULL); /* key derivation */
    put_number(writer, key->pkey, OSSL_PKEY_PARAM_EC_PUB_X, is_p384 ? 48 : 32);
    put_number(writer, key->pkey, OSSL_PKEY_PARAM_EC_PUB_Y, is_p384 ? 48 : 32);
}

void forge_key_make(struct forge_key *key, const struct forge_key_spec *spec)
{
    static const struct forge_key_spec good;
    uint32_t attributes = TPMA_FIXED_TPM | TPMA_FIXED_PARENT |
                          TPMA_SENSITIVE_DATA_ORIGIN | TPMA_USER_WITH_AUTH |
                          TPMA_NO_DA | TPMA_RESTRICTED | TPMA_SIGN;
    if (spec == NULL) {
        spec = &good;
    }
    memset(key, 0, sizeof(*key));
    key->scheme = spec->rsa_bits == 0 ? TPM_ALG_ECDSA
                  : spec->scheme != 0 ? spec->scheme
                                      : TPM_ALG_RSASSA;
    key->pkey =
        spec->rsa_bits != 0
            ? EVP_RSA_gen(spec->rsa_bits)
            : EVP_EC_gen(spec->group != NULL ? spec->group : "prime256v1");
    must(key->pkey != NULL);
    attributes = (attributes & ~spec->clear_attributes) | spec->set_attributes;
    struct buffer buffer =
        buffer_over(key->public + 2, sizeof(key->public) - 2);
    struct writer writer = writer_begin(&buffer);
    put_be16(&writer, spec->rsa_bits != 0 ? TPM_ALG_RSA : TPM_ALG_ECC);
    put_be16(&writer, TPM_ALG_SHA256);
    put_be32(&writer, attributes);
    put_be16(&writer, 0); /* no policy */
    put_parameters(&writer, key, spec);
    must(writer_end(&writer));
    key->public[0] = (uint8_t)(buffer.used >> 8);
    key->public[1] = (uint8_t)buffer.used;
    key->public_size = buffer.used + 2;
}

void forge_key_free(struct forge_key *key)
{
    EVP_PKEY_free(key->pkey);
    key->pkey = NULL;
}

struct forge_quote forge_quote_good(const struct forge_log *log,
                                    struct bytes nonce)
{
    struct forge_quote quote = {.magic = TPM_GENERATED_VALUE,
                                .type = TPM_ST_ATTEST_QUOTE,
                                .nonce = nonce,
                                .bank_count = 1,
                                .bank = TPM_ALG_SHA256,
                                .pcrs = QUOTE_PCRS};
    memcpy(quote.values, log->pcr, sizeof(quote.values));
    return quote;
}

static struct sha256_digest pcr_digest(struct hasher *hasher,
                                       const struct forge_quote *quote)
{
    uint8_t all[24 * SHA256_SIZE];
    struct buffer buffer = buffer_over(all, sizeof(all));
    struct writer writer = writer_begin(&buffer);
    for (unsigned pcr = 0; pcr < 24; pcr++) {
        if ((quote->pcrs >> pcr & 1) != 0) {
            put_bytes(&writer, sha256_bytes(&quote->values[pcr]));
        }
    }
    must(writer_end(&writer));
    return hash_bytes(hasher, buffer_bytes(&buffer));
}

static void put_signature(struct writer *writer, const struct forge_key *key,
                          struct bytes signature)
{
    put_be16(writer, key->scheme);
    put_be16(writer, TPM_ALG_SHA256);
    if (key->scheme != TPM_ALG_ECDSA) {
        put_sized(writer, signature);
        return;
    }
    uint8_t number[48];
    const uint8_t *at = signature.data;
    ECDSA_SIG *parsed = d2i_ECDSA_SIG(NULL, &at, (long)signature.size);
    must(parsed != NULL);
    int size = EVP_PKEY_get_bits(key->pkey) / 8;
    must(BN_bn2binpad(ECDSA_SIG_get0_r(parsed), number, size) == size);
    put_sized(writer, bytes_of(number, (size_t)size));
    must(BN_bn2binpad(ECDSA_SIG_get0_s(parsed), number, size) == size);
    put_sized(writer, bytes_of(number, (size_t)size));
    ECDSA_SIG_free(parsed);
}

void forge_sign_bytes(const struct forge_key *key, struct hasher *hasher,
                      struct bytes message, struct forge_signed *out)
{
    uint8_t raw[512];
    size_t size = sizeof(raw);
    struct sha256_digest digest = hash_bytes(hasher, message);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key->pkey, NULL);
    must(context != NULL && EVP_PKEY_sign_init(context) == 1 &&
         EVP_PKEY_CTX_set_signature_md(context, EVP_sha256()) == 1);
    if (key->scheme == TPM_ALG_RSAPSS) {
        must(EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1);
    }
    must(EVP_PKEY_sign(context, raw, &size, digest.bytes, SHA256_SIZE) == 1);
    EVP_PKEY_CTX_free(context);
    must(message.size <= sizeof(out->quote));
    memmove(out->quote, message.data, message.size);
    out->quote_size = message.size;
    struct buffer buffer = buffer_over(out->signature, sizeof(out->signature));
    struct writer writer = writer_begin(&buffer);
    put_signature(&writer, key, bytes_of(raw, size));
    must(writer_end(&writer));
    out->signature_size = buffer.used;
}

void forge_sign(const struct forge_key *key, struct hasher *hasher,
                const struct forge_quote *quote, struct forge_signed *out)
{
    uint8_t message[512] = {0};
    struct buffer buffer = buffer_over(message, sizeof(message));
    struct writer writer = writer_begin(&buffer);
    struct sha256_digest digest = pcr_digest(hasher, quote);
    put_be32(&writer, quote->magic);
    put_be16(&writer, quote->type);
    put_sized(&writer, bytes_of_text("signer"));
    put_sized(&writer, quote->nonce);
    put_big(&writer, 123456, 8);
    put_be32(&writer, 7);
    put_be32(&writer, 0);
    put_u8(&writer, 1);
    put_big(&writer, 0x2020000000000000, 8);
    put_be32(&writer, quote->bank_count);
    for (uint32_t i = 0; i < quote->bank_count; i++) {
        put_be16(&writer, quote->bank);
        put_u8(&writer, 3);
        put_little(&writer, quote->pcrs, 3);
    }
    put_sized(&writer, sha256_bytes(&digest));
    must(writer_end(&writer));
    forge_sign_bytes(key, hasher,
                     bytes_of(message, buffer.used + quote->trailing), out);
}

struct evidence forge_evidence(const struct forge_key *key,
                               const struct forge_signed *is,
                               const struct forge_quote *quote,
                               const struct forge_log *log)
{
    struct evidence evidence = {
        .quote = bytes_of(is->quote, is->quote_size),
        .signature = bytes_of(is->signature, is->signature_size),
        .public = bytes_of(key->public, key->public_size),
        .log = buffer_bytes(&log->log),
        .selection = quote->pcrs,
        .has_values = true};
    memcpy(evidence.values, quote->values, sizeof(evidence.values));
    return evidence;
}
