/* SPDX-License-Identifier: MIT */
/*
 * A write that was cut short may have to be made again under the same version,
 * as often as whoever cuts the power likes: so that no nonce is used twice
 * under one key, each write has a key of its own, from a salt that is as long
 * as the key. Nothing in a slot is believed before its tag was checked.
 */
#include "vtpm/tpm/state.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#define NONCE_SIZE 12
#define KEY_LABEL  "vouch state 1"

_Static_assert(VTPM_STATE_HEADER_SIZE ==
                   8 + 4 + 4 + 8 + VOUCH_UUID_SIZE + VTPM_STATE_SALT_SIZE,
               "the header's fields");
_Static_assert(sizeof(struct keys) == 2 * VOUCH_NAME_SIZE, "no padding");

struct header {
    struct bytes magic, uuid, salt;
    uint32_t format, size;
    uint64_t version;
};

size_t state_size(size_t blob_size)
{
    return VTPM_STATE_HEADER_SIZE + sizeof(struct keys) + blob_size +
           VTPM_STATE_TAG_SIZE;
}

static void put_header(struct writer *writer, const struct header *header)
{
    put_bytes(writer, header->magic);
    put_le32(writer, header->format);
    put_le32(writer, header->size);
    put_little(writer, header->version, sizeof(header->version));
    put_bytes(writer, header->uuid);
    put_bytes(writer, header->salt);
}

static struct header take_header(struct cursor *cursor)
{
    struct header header = {.magic = take_bytes(cursor, 8)};
    header.format = take_le32(cursor);
    header.size = take_le32(cursor);
    header.version = take_le64(cursor);
    header.uuid = take_bytes(cursor, VOUCH_UUID_SIZE);
    header.salt = take_bytes(cursor, VTPM_STATE_SALT_SIZE);
    return header;
}

static bool derive_key(const struct state_place *place, struct bytes salt,
                       uint8_t out[VOUCH_KEY_SIZE])
{
    uint8_t message[sizeof(KEY_LABEL) - 1 + VTPM_STATE_SALT_SIZE];
    struct buffer buffer = buffer_over(message, sizeof(message));
    struct writer writer = writer_begin(&buffer);
    unsigned size = 0;
    put_bytes(&writer, bytes_of_text(KEY_LABEL));
    put_bytes(&writer, salt);
    return writer_end(&writer) &&
           HMAC(EVP_sha256(), place->key, sizeof(place->key), message,
                buffer.used, out, &size) != NULL &&
           size == VOUCH_KEY_SIZE;
}

/* A cipher that has been given key, nonce and what is only authenticated. */
static EVP_CIPHER_CTX *begin_cipher(const struct state_place *place,
                                    const struct header *header,
                                    struct bytes raw, int encrypts)
{
    uint8_t key[VOUCH_KEY_SIZE], nonce[NONCE_SIZE] = {0};
    int size;
    for (size_t i = 0; i < sizeof(header->version); i++) {
        nonce[i] = (uint8_t)(header->version >> (8 * i));
    }
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    bool is_ready =
        cipher != NULL && derive_key(place, header->salt, key) &&
        EVP_CipherInit_ex(cipher, EVP_aes_256_gcm(), NULL, key, nonce,
                          encrypts) == 1 &&
        EVP_CipherUpdate(cipher, NULL, &size, raw.data, (int)raw.size) == 1 &&
        EVP_CipherUpdate(cipher, NULL, &size, &place->slot, 1) == 1;
    OPENSSL_cleanse(key, sizeof(key));
    if (!is_ready) {
        EVP_CIPHER_CTX_free(cipher);
        return NULL;
    }
    return cipher;
}

static bool run_cipher(EVP_CIPHER_CTX *cipher, struct bytes in, uint8_t *out)
{
    int size = 0;
    return in.size == 0 ||
           (EVP_CipherUpdate(cipher, out, &size, in.data, (int)in.size) == 1 &&
            (size_t)size == in.size);
}

static bool encrypt(EVP_CIPHER_CTX *cipher, const struct state_slot *state,
                    struct buffer *out)
{
    int size = 0;
    uint8_t *text = out->data + out->used;
    uint8_t *tag = text + sizeof(state->keys) + state->blob.size;
    bool is_done =
        run_cipher(cipher, bytes_of(&state->keys, sizeof(state->keys)), text) &&
        run_cipher(cipher, state->blob, text + sizeof(state->keys)) &&
        EVP_CipherFinal_ex(cipher, tag, &size) == 1 &&
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, VTPM_STATE_TAG_SIZE,
                            tag) == 1;
    out->used += sizeof(state->keys) + state->blob.size + VTPM_STATE_TAG_SIZE;
    return is_done;
}

bool state_seal(const struct state_place *place, uint64_t version,
                const uint8_t salt[VTPM_STATE_SALT_SIZE],
                const struct state_slot *state, struct buffer *out)
{
    size_t start = out->used;
    if (state->blob.size > STATE_BLOB_MAX ||
        buffer_room(out) < state_size(state->blob.size)) {
        return false;
    }
    const struct header header = {
        .magic = bytes_of_text(VTPM_STATE_MAGIC),
        .format = VTPM_STATE_FORMAT,
        .size = (uint32_t)(sizeof(state->keys) + state->blob.size),
        .version = version,
        .uuid = bytes_of(place->uuid, sizeof(place->uuid)),
        .salt = bytes_of(salt, VTPM_STATE_SALT_SIZE)};
    struct writer writer = writer_begin(out);
    put_header(&writer, &header);
    if (!writer_end(&writer)) {
        return false;
    }
    EVP_CIPHER_CTX *cipher = begin_cipher(
        place, &header, bytes_of(out->data + start, VTPM_STATE_HEADER_SIZE), 1);
    bool is_done = cipher != NULL && encrypt(cipher, state, out);
    EVP_CIPHER_CTX_free(cipher);
    if (!is_done) {
        out->used = start;
    }
    return is_done;
}

static bool decrypt(const struct state_place *place,
                    const struct header *header, struct buffer *stored)
{
    uint8_t *text = stored->data + VTPM_STATE_HEADER_SIZE;
    uint8_t *tag = text + header->size;
    int size = 0;
    EVP_CIPHER_CTX *cipher = begin_cipher(
        place, header, bytes_of(stored->data, VTPM_STATE_HEADER_SIZE), 0);
    bool is_done = cipher != NULL &&
                   run_cipher(cipher, bytes_of(text, header->size), text) &&
                   EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG,
                                       VTPM_STATE_TAG_SIZE, tag) == 1 &&
                   EVP_CipherFinal_ex(cipher, text, &size) == 1;
    EVP_CIPHER_CTX_free(cipher);
    return is_done;
}

static bool is_ours(const struct state_place *place,
                    const struct header *header)
{
    return bytes_equal(header->magic, bytes_of_text(VTPM_STATE_MAGIC)) &&
           header->format == VTPM_STATE_FORMAT &&
           header->size > sizeof(struct keys) &&
           header->size <= sizeof(struct keys) + STATE_BLOB_MAX &&
           bytes_equal(header->uuid,
                       bytes_of(place->uuid, sizeof(place->uuid)));
}

/* A power cut can leave the beginning of a slot. Of a start's first write that
 * is as good as nothing, since nobody was served yet; of a later one it is
 * damage. If the other slot is good, that counts. */
static enum state_content look(const struct state_place *place,
                               struct bytes stored, struct header *header)
{
    struct cursor cursor = cursor_over(stored);
    if (stored.size == 0) {
        return STATE_NOTHING;
    }
    *header = take_header(&cursor);
    if (cursor.failed) {
        struct bytes magic = bytes_of_text(VTPM_STATE_MAGIC);
        magic.size = stored.size < magic.size ? stored.size : magic.size;
        return bytes_equal(magic, bytes_of(stored.data, magic.size))
                   ? STATE_BEGINNING
                   : STATE_DAMAGED;
    }
    if (!is_ours(place, header)) {
        return STATE_DAMAGED;
    }
    size_t rest = cursor_remaining(&cursor);
    if (rest < (size_t)header->size + VTPM_STATE_TAG_SIZE) {
        return header->version % VOUCH_VERSIONS == 0 ? STATE_BEGINNING
                                                     : STATE_DAMAGED;
    }
    bool is_exact = rest == (size_t)header->size + VTPM_STATE_TAG_SIZE;
    return is_exact ? STATE_GOOD : STATE_DAMAGED;
}

struct state_slot state_open(const struct state_place *place,
                             struct buffer *stored)
{
    struct header header;
    struct state_slot slot = {.content =
                                  look(place, buffer_bytes(stored), &header)};
    if (slot.content != STATE_GOOD) {
        return slot;
    }
    if (!decrypt(place, &header, stored)) {
        slot.content = STATE_DAMAGED;
        return slot;
    }
    const uint8_t *text = stored->data + VTPM_STATE_HEADER_SIZE;
    slot.version = header.version;
    memcpy(&slot.keys, text, sizeof(slot.keys));
    slot.blob =
        bytes_of(text + sizeof(slot.keys), header.size - sizeof(slot.keys));
    return slot;
}

static bool any_is(const struct state_slot slots[VTPM_STATE_SLOTS],
                   enum state_content content)
{
    return slots[0].content == content || slots[1].content == content;
}

/* What there is if no slot is good. */
static enum state_verdict
judge_rest(const struct state_slot slots[VTPM_STATE_SLOTS], uint64_t least)
{
    if (any_is(slots, STATE_DAMAGED)) {
        return STATE_FOREIGN;
    }
    if (least == 0) {
        return STATE_NEW;
    }
    return any_is(slots, STATE_BEGINNING) ? STATE_FOREIGN : STATE_LOST;
}

enum state_verdict state_choose(const struct state_slot slots[VTPM_STATE_SLOTS],
                                uint64_t least, unsigned *which)
{
    if (!any_is(slots, STATE_GOOD)) {
        return judge_rest(slots, least);
    }
    bool second =
        slots[0].content != STATE_GOOD ||
        (slots[1].content == STATE_GOOD && slots[1].version > slots[0].version);
    if (slots[second].version >= least) {
        *which = second;
        return STATE_USE;
    }
    /* The newer one may be there, but not whole. */
    bool is_whole =
        !any_is(slots, STATE_DAMAGED) && !any_is(slots, STATE_BEGINNING);
    return is_whole ? STATE_REPLAYED : STATE_FOREIGN;
}

STATUS_TEXT(state_verdict, STATE_VERDICT, "unknown verdict on a state")
