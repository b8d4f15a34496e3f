/* SPDX-License-Identifier: MIT */
/*
 * Responses of lib/tpm2_seal.h taken apart. As in tpm2_response.c, no size in
 * them is believed, and nothing may be left over.
 */
#include "lib/tpm2_parts.h"
#include "lib/tpm2_seal.h"

#include "lib/tpm2_seal_parts.h"

/* Part 2: 6.9 tags */
#define TPM_ST_CREATION 0x8021
#define TPM_ST_VERIFIED 0x8022
#define NV_WRITTEN      0x20000000u /* 13.4 */

/* A response code of a parameter, a handle or a session has its number in
 * bits 8 to 11, and for a parameter bit 6 (Part 2, 6.6.2). */
#define RC_FORMAT_ONE 0x080u
#define RC_KIND       0x0bfu

uint32_t tpm2_rc_kind(uint32_t rc)
{
    return (rc & RC_FORMAT_ONE) != 0 ? rc & RC_KIND : rc;
}

/* All was there and nothing more; and what was taken is good. */
static enum tpm2_status end_good(const struct cursor *cursor, bool is_good)
{
    enum tpm2_status status = tpm2_end_parameters(cursor);
    return status == TPM2_OK && !is_good ? TPM2_BAD_PARAMETER : status;
}

static struct bytes take_sized(struct cursor *cursor)
{
    return take_bytes(cursor, take_be16(cursor));
}

/* TPMT_TK_*: tag, hierarchy, TPM2B_DIGEST. */
static struct bytes take_ticket(struct cursor *cursor, uint16_t tag,
                                bool *is_good)
{
    size_t start = cursor->offset;
    struct bytes ticket;
    *is_good = take_be16(cursor) == tag;
    *is_good = take_be32(cursor) == TPM_RH_OWNER && *is_good;
    *is_good = take_sized(cursor).size <= TPM_MAX_DIGEST_SIZE && *is_good;
    if (cursor->failed ||
        !bytes_slice(cursor->all, start, cursor->offset - start, &ticket)) {
        return bytes_none();
    }
    return ticket;
}

/* Is name the one of an object with SHA-256 and this digest? */
static bool is_name(struct bytes name, const struct sha256_digest *digest)
{
    uint8_t data[NAME_SIZE];
    struct buffer out = buffer_over(data, sizeof(data));
    struct writer writer = writer_begin(&out);
    put_be16(&writer, TPM_ALG_SHA256);
    put_bytes(&writer, sha256_bytes(digest));
    return writer_end(&writer) && bytes_equal(name, buffer_bytes(&out));
}

/* Is public the template with the digest that the TPM puts as unique? */
static bool is_root(struct bytes public, const struct sha256_digest *policy)
{
    uint8_t data[ROOT_TEMPLATE_SIZE];
    struct buffer out = buffer_over(data, sizeof(data));
    struct writer writer = writer_begin(&out);
    struct cursor cursor = cursor_over(public);
    tpm2_put_root_template(&writer, policy);
    struct bytes template = take_bytes(&cursor, ROOT_TEMPLATE_SIZE);
    struct bytes unique = take_sized(&cursor);
    return writer_end(&writer) && cursor_is_done(&cursor) &&
           unique.size == SHA256_SIZE &&
           bytes_equal(template, buffer_bytes(&out));
}

enum tpm2_status tpm2_response_create_root(struct bytes response,
                                           const struct sha256_digest *policy,
                                           struct tpm2_handle *out)
{
    struct cursor cursor;
    uint32_t handle;
    bool is_ticket;
    enum tpm2_status status = tpm2_open_session(response, &handle, 0, &cursor);
    if (status != TPM2_OK) {
        return status;
    }
    struct bytes public = take_sized(&cursor);
    (void)take_sized(&cursor); /* creation data */
    (void)take_sized(&cursor); /* and its digest */
    (void)take_ticket(&cursor, TPM_ST_CREATION, &is_ticket);
    struct bytes name = take_sized(&cursor);
    struct sha256_digest digest = sha256_of(public);
    status = end_good(&cursor, is_ticket && is_root(public, policy) &&
                                   is_name(name, &digest));
    if (status == TPM2_OK) {
        out->value = handle;
    }
    return status;
}

enum tpm2_status tpm2_response_load_key(struct bytes response,
                                        const struct approval_key *key,
                                        struct tpm2_handle *out)
{
    struct cursor cursor;
    enum tpm2_status status = tpm2_open_plain(response, &cursor);
    if (status != TPM2_OK) {
        return status;
    }
    uint32_t handle = take_be32(&cursor);
    struct bytes name = take_sized(&cursor);
    struct sha256_digest digest = approval_key_digest(key);
    status = end_good(&cursor, is_name(name, &digest));
    if (status == TPM2_OK) {
        out->value = handle;
    }
    return status;
}

enum tpm2_status tpm2_response_verify(struct bytes response,
                                      struct bytes *ticket)
{
    struct cursor cursor;
    bool is_good;
    enum tpm2_status status = tpm2_open_plain(response, &cursor);
    if (status != TPM2_OK) {
        return status;
    }
    struct bytes taken = take_ticket(&cursor, TPM_ST_VERIFIED, &is_good);
    status = end_good(&cursor, is_good);
    if (status == TPM2_OK) {
        *ticket = taken;
    }
    return status;
}

enum tpm2_status tpm2_response_start_policy(struct bytes response,
                                            struct tpm2_handle *session)
{
    struct cursor cursor;
    enum tpm2_status status = tpm2_open_plain(response, &cursor);
    if (status != TPM2_OK) {
        return status;
    }
    uint32_t handle = take_be32(&cursor);
    struct bytes nonce = take_sized(&cursor);
    status = end_good(&cursor, nonce.size == TPM2_NONCE_SIZE);
    if (status == TPM2_OK) {
        session->value = handle;
    }
    return status;
}

enum tpm2_status tpm2_response_plain(struct bytes response)
{
    struct cursor cursor;
    enum tpm2_status status = tpm2_open_plain(response, &cursor);
    return status == TPM2_OK ? tpm2_end_parameters(&cursor) : status;
}

enum tpm2_status tpm2_response_hmac(struct bytes response,
                                    struct sha256_digest *out)
{
    struct cursor cursor;
    enum tpm2_status status =
        tpm2_open_session(response, NULL, TPM2_NONCE_SIZE, &cursor);
    if (status != TPM2_OK) {
        return status;
    }
    struct bytes digest = take_sized(&cursor);
    status = end_good(&cursor, digest.size == SHA256_SIZE);
    if (status == TPM2_OK) {
        memcpy(out->bytes, digest.data, SHA256_SIZE);
    }
    return status;
}

/* ---- the counter ---- */

/* TPMS_NV_PUBLIC (Part 2, 13.5) of the counter, and of nothing else. */
static bool is_counter(struct bytes public, bool *is_written)
{
    struct cursor cursor = cursor_over(public);
    uint32_t index = take_be32(&cursor);
    uint16_t name_algorithm = take_be16(&cursor);
    uint32_t attributes = take_be32(&cursor);
    struct bytes policy = take_sized(&cursor);
    uint16_t size = take_be16(&cursor);
    *is_written = (attributes & NV_WRITTEN) != 0;
    return cursor_is_done(&cursor) && index == APPROVAL_COUNTER_INDEX &&
           name_algorithm == TPM_ALG_SHA256 &&
           (attributes & ~NV_WRITTEN) == APPROVAL_COUNTER_ATTRIBUTES &&
           policy.size == 0 && size == COUNTER_SIZE;
}

enum tpm2_status tpm2_response_counter_public(struct bytes response,
                                              bool *is_written)
{
    struct cursor cursor;
    bool written;
    enum tpm2_status status = tpm2_open_plain(response, &cursor);
    if (status != TPM2_OK) {
        return status;
    }
    struct bytes public = take_sized(&cursor);
    struct bytes name = take_sized(&cursor);
    struct sha256_digest digest = sha256_of(public);
    status = end_good(&cursor,
                      is_counter(public, &written) && is_name(name, &digest));
    if (status == TPM2_OK) {
        *is_written = written;
    }
    return status;
}

enum tpm2_status tpm2_response_counter_read(struct bytes response,
                                            uint64_t *value)
{
    struct cursor cursor;
    enum tpm2_status status = tpm2_open_session(response, NULL, 0, &cursor);
    if (status != TPM2_OK) {
        return status;
    }
    uint16_t size = take_be16(&cursor);
    uint64_t taken = take_big(&cursor, COUNTER_SIZE);
    if (!cursor.failed && size != COUNTER_SIZE) {
        return TPM2_BAD_PARAMETER;
    }
    status = tpm2_end_parameters(&cursor);
    if (status == TPM2_OK) {
        *value = taken;
    }
    return status;
}
