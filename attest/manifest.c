/* SPDX-License-Identifier: MIT */
/*
 * {"format", "key_id", "payload", "signature"}: base64 of the payload and of
 * an ECDSA-Sig-Value over SHA-256 of "vouch-manifest-1\n" and the payload.
 * The signature is checked before the payload is parsed.
 */
#include "attest/manifest.h"

#include <openssl/pem.h>
#include <stdlib.h>
#include <string.h>

#include "attest/ecdsa.h"
#include "attest/json.h"

#define PREFIX       MANIFEST_FORMAT "\n"
#define MAX_MANIFEST (4u << 20)

static bool is_p256(EVP_PKEY *key)
{
    char group[32];
    size_t size;
    return EVP_PKEY_is_a(key, "EC") == 1 &&
           EVP_PKEY_get_group_name(key, group, sizeof(group), &size) == 1 &&
           strcmp(group, "prime256v1") == 0;
}

static EVP_PKEY *read_key(struct bytes pem, bool is_private)
{
    BIO *bio = BIO_new_mem_buf(pem.data, (int)pem.size);
    if (bio == NULL) {
        return NULL;
    }
    EVP_PKEY *key = is_private ? PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL)
                               : PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
    BIO_free(bio);
    if (key != NULL && !is_p256(key)) {
        EVP_PKEY_free(key);
        return NULL;
    }
    return key;
}

EVP_PKEY *manifest_read_private(struct bytes pem)
{
    return read_key(pem, true);
}

EVP_PKEY *manifest_read_public(struct bytes pem)
{
    return read_key(pem, false);
}

/* SHA-256 of the SubjectPublicKeyInfo. */
static struct sha256_digest key_id(EVP_PKEY *key, struct hasher *hasher)
{
    unsigned char *der = NULL;
    int size = i2d_PUBKEY(key, &der);
    if (size <= 0) {
        abort();
    }
    struct sha256_digest id = hash_bytes(hasher, bytes_of(der, (size_t)size));
    OPENSSL_free(der);
    return id;
}

char *manifest_sign(EVP_PKEY *key, struct hasher *hasher, const json_t *payload,
                    size_t *size)
{
    struct ecdsa_signature signature;
    size_t payload_size;
    char *text = json_text(payload, &payload_size), *out = NULL;
    struct sha256_digest digest =
        hash_pair(hasher, bytes_of_text(PREFIX), bytes_of(text, payload_size));
    if (ecdsa_sign(key, &digest, &signature)) {
        struct sha256_digest id = key_id(key, hasher);
        json_t *root = json_object();
        json_put(root, "format", json_string(MANIFEST_FORMAT));
        json_put(root, "key_id", json_hex(sha256_bytes(&id)));
        json_put(root, "payload", json_base64(bytes_of(text, payload_size)));
        json_put(root, "signature",
                 json_base64(bytes_of(signature.bytes, signature.size)));
        out = json_text(root, size);
        json_decref(root);
    }
    free(text);
    return out;
}

static enum reason check_signature(EVP_PKEY *key, struct hasher *hasher,
                                   const struct sha256_digest *id,
                                   struct bytes payload, struct bytes signature)
{
    struct sha256_digest own = key_id(key, hasher);
    struct sha256_digest digest =
        hash_pair(hasher, bytes_of_text(PREFIX), payload);
    if (!sha256_equal(&own, id)) {
        return REASON_MANIFEST_KEY;
    }
    return ecdsa_verify(key, &digest, signature) ? REASON_NONE
                                                 : REASON_MANIFEST_SIGNATURE;
}

static enum reason read_json(struct bytes text, json_t **root)
{
    switch (json_read(text, root)) {
    case JSON_STATUS_OK:
        return REASON_NONE;
    case JSON_STATUS_TWICE:
        return REASON_MANIFEST_DUPLICATE_KEY;
    case JSON_STATUS_MALFORMED:
        break;
    }
    return REASON_MANIFEST_MALFORMED;
}

enum reason manifest_open(EVP_PKEY *key, struct hasher *hasher,
                          struct bytes text, json_t **payload)
{
    json_t *root;
    struct json_reader reader = {.failed = false};
    struct bytes body, signature;
    struct sha256_digest id = {{0}};
    if (text.size > MAX_MANIFEST) {
        return REASON_MANIFEST_MALFORMED;
    }
    enum reason reason = read_json(text, &root);
    if (reason != REASON_NONE) {
        return reason;
    }
    json_allow(&reader, root, "format key_id payload signature");
    const char *format = json_take_string(&reader, root, "format");
    json_take_digest(&reader, root, "key_id", &id);
    uint8_t *body_data = json_take_base64(&reader, root, "payload", &body);
    uint8_t *signature_data =
        json_take_base64(&reader, root, "signature", &signature);
    if (reader.failed || strcmp(format, MANIFEST_FORMAT) != 0) {
        reason = REASON_MANIFEST_MALFORMED;
    } else if (key != NULL) {
        reason = check_signature(key, hasher, &id, body, signature);
    }
    if (reason == REASON_NONE) {
        reason = read_json(body, payload);
    }
    free(body_data);
    free(signature_data);
    json_decref(root);
    return reason;
}

enum reason manifest_load(EVP_PKEY *key, struct hasher *hasher,
                          struct bytes text, int64_t now, struct reference *out)
{
    json_t *payload;
    enum reason reason = manifest_open(key, hasher, text, &payload);
    if (reason != REASON_NONE) {
        return reason;
    }
    bool is_loaded = reference_load(hasher, payload, out);
    json_decref(payload);
    if (!is_loaded) {
        return REASON_MANIFEST_MALFORMED;
    }
    if (out->expires != NULL) {
        reason = now == 0                 ? REASON_MANIFEST_TIME
                 : now >= out->expires_at ? REASON_MANIFEST_EXPIRED
                                          : REASON_NONE;
    }
    if (reason != REASON_NONE) {
        reference_free(out);
    }
    return reason;
}
