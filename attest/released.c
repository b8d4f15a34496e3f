/* SPDX-License-Identifier: MIT */
/*
 * {"format", "ak", "policy", "credential", "seed", "iv", "secret"}, and maybe
 * "signature". The key's Name is authenticated with the secret, so that nobody
 * can readdress the file.
 */
#include "attest/released.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "attest/ek.h"
#include "attest/json.h"
#include "lib/text.h"

#define PREFIX        RELEASED_FORMAT "\n"
#define SIGNED_PREFIX RELEASED_FORMAT " signed\n"

static bool add_associated(EVP_CIPHER_CTX *context, const struct key_name *ak)
{
    int size;
    struct bytes parts[] = {bytes_of_text(PREFIX),
                            bytes_of(ak->bytes, sizeof(ak->bytes))};
    for (size_t i = 0; i < 2; i++) {
        if (EVP_CipherUpdate(context, NULL, &size, parts[i].data,
                             (int)parts[i].size) != 1) {
            return false;
        }
    }
    return true;
}

static bool encrypt(const uint8_t *key, const struct released *is,
                    struct bytes secret, uint8_t *out)
{
    int size = 0, rest = 0;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bool is_done =
        context != NULL &&
        EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), NULL, key, is->iv) ==
            1 &&
        add_associated(context, &is->ak) &&
        EVP_EncryptUpdate(context, out, &size, secret.data, (int)secret.size) ==
            1 &&
        EVP_EncryptFinal_ex(context, out + size, &rest) == 1 &&
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, RELEASED_TAG_SIZE,
                            out + secret.size) == 1;
    EVP_CIPHER_CTX_free(context);
    return is_done;
}

/* What is signed: each part behind its size, 32 bits, little endian. */
static struct sha256_digest digest_of(const struct released *is)
{
    const struct credential *credential = &is->credential;
    const struct bytes parts[] = {
        bytes_of(is->ak.bytes, sizeof(is->ak.bytes)),
        sha256_bytes(&is->policy),
        bytes_of(credential->blob, credential->blob_size),
        bytes_of(credential->seed, credential->seed_size),
        bytes_of(is->iv, sizeof(is->iv)),
        is->hidden};
    struct sha256_context sha;
    struct sha256_digest digest;
    sha256_init(&sha);
    sha256_update(&sha, bytes_of_text(SIGNED_PREFIX));
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        uint8_t size[4];
        for (size_t j = 0; j < sizeof(size); j++) {
            size[j] = (uint8_t)(parts[i].size >> 8 * j);
        }
        sha256_update(&sha, bytes_of(size, sizeof(size)));
        sha256_update(&sha, parts[i]);
    }
    sha256_final(&sha, &digest);
    return digest;
}

static bool sign(EVP_PKEY *key, struct released *is)
{
    struct sha256_digest digest = digest_of(is);
    return ecdsa_sign(key, &digest, &is->signature);
}

bool released_is_by(const struct released *released, EVP_PKEY *signer)
{
    struct sha256_digest digest = digest_of(released);
    return ecdsa_verify(
        signer, &digest,
        bytes_of(released->signature.bytes, released->signature.size));
}

static char *format(const struct released *is, size_t *size)
{
    const struct credential *credential = &is->credential;
    json_t *root = json_object();
    json_put(root, "format", json_string(RELEASED_FORMAT));
    json_put(root, "ak",
             json_hex(bytes_of(is->ak.bytes, sizeof(is->ak.bytes))));
    json_put(root, "policy", json_hex(sha256_bytes(&is->policy)));
    json_put(root, "credential",
             json_base64(bytes_of(credential->blob, credential->blob_size)));
    json_put(root, "seed",
             json_base64(bytes_of(credential->seed, credential->seed_size)));
    json_put(root, "iv", json_base64(bytes_of(is->iv, sizeof(is->iv))));
    json_put(root, "secret", json_base64(is->hidden));
    if (is->signature.size != 0) {
        json_put(
            root, "signature",
            json_base64(bytes_of(is->signature.bytes, is->signature.size)));
    }
    char *text = json_text(root, size);
    json_decref(root);
    return text;
}

char *released_make(struct hasher *hasher, const struct released_to *to,
                    struct bytes secret, size_t *size)
{
    uint8_t key[CREDENTIAL_SECRET_SIZE];
    struct released is = {.ak = to->ak, .policy = to->policy};
    struct key_name gate = gate_name(hasher, &to->policy);
    char *text = NULL;
    EVP_PKEY *ek_key = ek_import(to->ek);
    uint8_t *hidden = malloc(secret.size + RELEASED_TAG_SIZE);
    if (ek_key != NULL && hidden != NULL &&
        secret.size <= RELEASED_MAX_SECRET &&
        RAND_priv_bytes(key, sizeof(key)) == 1 &&
        RAND_bytes(is.iv, sizeof(is.iv)) == 1 &&
        encrypt(key, &is, secret, hidden) &&
        credential_make(ek_key, &gate, key, &is.credential)) {
        is.hidden = bytes_of(hidden, secret.size + RELEASED_TAG_SIZE);
        if (to->signer == NULL || sign(to->signer, &is)) {
            text = format(&is, size);
        }
    }
    OPENSSL_cleanse(key, sizeof(key));
    EVP_PKEY_free(ek_key);
    free(hidden);
    return text;
}

static void take_part(struct json_reader *reader, const json_t *root,
                      const char *key, struct buffer *out)
{
    struct bytes part;
    uint8_t *data = json_take_base64(reader, root, key, &part);
    if (part.size > out->size) {
        reader->failed = true;
    } else if (data != NULL) {
        memcpy(out->data, part.data, part.size);
        out->used = part.size;
    }
    free(data);
}

static void take_parts(struct json_reader *reader, const json_t *root,
                       struct released *out)
{
    struct credential *credential = &out->credential;
    struct buffer blob = buffer_over(credential->blob, CREDENTIAL_MAX_BLOB);
    struct buffer seed = buffer_over(credential->seed, CREDENTIAL_MAX_SEED);
    struct buffer iv = buffer_over(out->iv, sizeof(out->iv));
    struct buffer signature =
        buffer_over(out->signature.bytes, sizeof(out->signature.bytes));
    json_allow(reader, root,
               "format ak policy credential seed iv secret signature");
    const char *format = json_take_string(reader, root, "format");
    const char *ak = json_take_string(reader, root, "ak");
    json_take_digest(reader, root, "policy", &out->policy);
    take_part(reader, root, "credential", &blob);
    take_part(reader, root, "seed", &seed);
    take_part(reader, root, "iv", &iv);
    if (json_object_get(root, "signature") != NULL) {
        take_part(reader, root, "signature", &signature);
    }
    out->signature.size = signature.used;
    credential->blob_size = blob.used;
    credential->seed_size = seed.used;
    if (reader->failed || strcmp(format, RELEASED_FORMAT) != 0 ||
        !text_parse_hex(bytes_of_text(ak), out->ak.bytes,
                        sizeof(out->ak.bytes)) ||
        iv.used != sizeof(out->iv)) {
        reader->failed = true;
    }
}

bool released_parse(struct bytes text, struct released *out)
{
    json_t *root;
    struct json_reader reader = {.failed = false};
    *out = (struct released){.memory = NULL};
    if (text.size > 2 * RELEASED_MAX_SECRET ||
        json_read(text, &root) != JSON_STATUS_OK) {
        return false;
    }
    take_parts(&reader, root, out);
    out->memory = json_take_base64(&reader, root, "secret", &out->hidden);
    json_decref(root);
    if (reader.failed || out->hidden.size < RELEASED_TAG_SIZE) {
        released_free(out);
        return false;
    }
    return true;
}

void released_free(struct released *released)
{
    free(released->memory);
    *released = (struct released){.memory = NULL};
}

bool released_open(const struct released *released,
                   const uint8_t key[CREDENTIAL_SECRET_SIZE], uint8_t *out)
{
    int size = 0, rest = 0;
    size_t secret_size = released->hidden.size - RELEASED_TAG_SIZE;
    const uint8_t *tag = released->hidden.data + secret_size;
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    bool is_good = context != NULL &&
                   EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), NULL, key,
                                      released->iv) == 1 &&
                   add_associated(context, &released->ak) &&
                   EVP_DecryptUpdate(context, out, &size, released->hidden.data,
                                     (int)secret_size) == 1 &&
                   EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG,
                                       RELEASED_TAG_SIZE, (void *)tag) == 1 &&
                   EVP_DecryptFinal_ex(context, out + size, &rest) == 1;
    EVP_CIPHER_CTX_free(context);
    if (!is_good) {
        OPENSSL_cleanse(out, secret_size);
    }
    return is_good;
}
