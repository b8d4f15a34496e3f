/* SPDX-License-Identifier: MIT */
/*
 * TPM 2.0 responses taken apart. A TPM is a device on a bus that others may
 * have touched: no size in a response is believed, and nothing may be left
 * over.
 */
#include "lib/tpm2.h"

#include "lib/tpm2_parts.h"

#define TPM_ST_RSP_COMMAND 0x00c4 /* a TPM 1.2 says it knows no such tag */
#define TPM_CAP_PCRS       0x00000005
#define MAX_SELECT_SIZE    4 /* bytes: 32 PCRs */
#define PC_CLIENT_PCRS     0x00ffffffu

enum tpm2_status tpm2_response_size(struct bytes header, size_t *size)
{
    struct cursor cursor = cursor_over(header);
    uint16_t tag = take_be16(&cursor);
    uint32_t claimed = take_be32(&cursor);
    take_skip(&cursor, sizeof(uint32_t));
    if (cursor.failed) {
        return TPM2_SHORT;
    }
    if (tag != TPM_ST_NO_SESSIONS && tag != TPM_ST_SESSIONS &&
        tag != TPM_ST_RSP_COMMAND) {
        return TPM2_BAD_TAG;
    }
    if (claimed < TPM2_HEADER_SIZE || claimed > TPM2_MAX_RESPONSE) {
        return TPM2_BAD_SIZE;
    }
    *size = claimed;
    return TPM2_OK;
}

/* Checks the header; on success the cursor stands behind it. A refusal has no
 * sessions and no parameters (Part 3, 5.4). */
static enum tpm2_status take_header(struct bytes response, uint16_t expected,
                                    struct cursor *cursor, uint32_t *rc)
{
    size_t size;
    *rc = TPM2_RC_SUCCESS;
    enum tpm2_status status = tpm2_response_size(response, &size);
    if (status != TPM2_OK) {
        return status;
    }
    if (size != response.size) {
        return TPM2_BAD_SIZE;
    }
    *cursor = cursor_over(response);
    uint16_t tag = take_be16(cursor);
    take_skip(cursor, sizeof(uint32_t));
    uint32_t code = take_be32(cursor);
    if (code != TPM2_RC_SUCCESS) {
        if (tag == TPM_ST_SESSIONS) {
            return TPM2_BAD_TAG;
        }
        if (!cursor_is_done(cursor)) {
            return TPM2_TRAILING;
        }
        *rc = code;
        return TPM2_FAILED;
    }
    return tag == expected ? TPM2_OK : TPM2_BAD_TAG;
}

enum tpm2_status tpm2_open_session(struct bytes response, uint32_t *handle,
                                   size_t nonce_size, struct cursor *parameters)
{
    struct cursor cursor;
    uint32_t rc;
    enum tpm2_status status =
        take_header(response, TPM_ST_SESSIONS, &cursor, &rc);
    if (status != TPM2_OK) {
        return status;
    }
    if (handle != NULL) {
        *handle = take_be32(&cursor);
    }
    struct bytes inside = take_bytes(&cursor, take_be32(&cursor));
    uint16_t claimed = take_be16(&cursor);
    if (!cursor.failed && claimed != nonce_size) {
        return TPM2_BAD_SESSION;
    }
    take_skip(&cursor, nonce_size);
    take_skip(&cursor, 1); /* session attributes: continue or not */
    uint16_t hmac_size = take_be16(&cursor);
    if (cursor.failed) {
        return TPM2_SHORT;
    }
    if (hmac_size != 0) {
        return TPM2_BAD_SESSION;
    }
    *parameters = cursor_over(inside);
    return cursor_is_done(&cursor) ? TPM2_OK : TPM2_TRAILING;
}

enum tpm2_status tpm2_open_plain(struct bytes response,
                                 struct cursor *parameters)
{
    uint32_t rc;
    return take_header(response, TPM_ST_NO_SESSIONS, parameters, &rc);
}

enum tpm2_status tpm2_end_parameters(const struct cursor *cursor)
{
    if (cursor->failed) {
        return TPM2_SHORT;
    }
    return cursor_is_done(cursor) ? TPM2_OK : TPM2_TRAILING;
}

enum tpm2_status tpm2_response_code(struct bytes response, uint32_t *rc)
{
    struct cursor cursor;
    enum tpm2_status status =
        take_header(response, TPM_ST_NO_SESSIONS, &cursor, rc);
    if (status == TPM2_BAD_TAG) {
        status = take_header(response, TPM_ST_SESSIONS, &cursor, rc);
    }
    return status;
}

enum tpm2_status tpm2_response_empty(struct bytes response)
{
    struct cursor cursor;
    enum tpm2_status status = tpm2_open_session(response, NULL, 0, &cursor);
    return status == TPM2_OK ? tpm2_end_parameters(&cursor) : status;
}

bool tpm2_find_digest(const struct tpm2_digests *digests, uint16_t algorithm,
                      struct bytes *out)
{
    for (size_t i = 0; i < digests->count; i++) {
        if (digests->items[i].algorithm == algorithm) {
            *out = digests->items[i].value;
            return true;
        }
    }
    return false;
}

static enum tpm2_status take_digest_values(struct cursor *cursor,
                                           struct tpm2_digests *out)
{
    uint32_t count = take_be32(cursor);
    if (count > TPM_MAX_BANKS) {
        return TPM2_BAD_PARAMETER;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct bytes seen;
        uint16_t algorithm = take_be16(cursor);
        uint16_t size = tpm_alg_digest_size(algorithm);
        struct bytes value = take_bytes(cursor, size);
        if (cursor->failed) {
            return TPM2_SHORT;
        }
        if (size == 0 || tpm2_find_digest(out, algorithm, &seen)) {
            return TPM2_BAD_PARAMETER;
        }
        out->items[out->count++] =
            (struct tpm2_digest){.algorithm = algorithm, .value = value};
    }
    return tpm2_end_parameters(cursor);
}

enum tpm2_status tpm2_response_pcr_event(struct bytes response,
                                         struct tpm2_digests *out)
{
    struct cursor cursor;
    struct tpm2_digests digests = {.count = 0};
    enum tpm2_status status = tpm2_open_session(response, NULL, 0, &cursor);
    if (status == TPM2_OK) {
        status = take_digest_values(&cursor, &digests);
    }
    if (status == TPM2_OK) {
        *out = digests;
    }
    return status;
}

/* TPMS_PCR_SELECTION; PCRs that a PC Client TPM does not have are an error. */
static enum tpm2_status take_selection(struct cursor *cursor,
                                       struct tpm2_selection *out)
{
    out->algorithm = take_be16(cursor);
    uint8_t size = take_u8(cursor);
    struct bytes bits = take_bytes(cursor, size);
    if (cursor->failed) {
        return TPM2_SHORT;
    }
    if (size > MAX_SELECT_SIZE) {
        return TPM2_BAD_PARAMETER;
    }
    out->pcrs = 0;
    for (size_t i = 0; i < bits.size; i++) {
        out->pcrs |= (uint32_t)bits.data[i] << (8 * i);
    }
    bool fits = (out->pcrs & ~PC_CLIENT_PCRS) == 0;
    return fits ? TPM2_OK : TPM2_BAD_PARAMETER;
}

enum tpm2_status tpm2_response_pcr_read(struct bytes response,
                                        const struct tpm2_selection *asked,
                                        struct bytes *out)
{
    struct cursor cursor;
    struct tpm2_selection read;
    enum tpm2_status status = tpm2_open_plain(response, &cursor);
    if (status != TPM2_OK) {
        return status;
    }
    take_skip(&cursor, sizeof(uint32_t)); /* update counter */
    uint32_t selections = take_be32(&cursor);
    status = take_selection(&cursor, &read);
    if (status != TPM2_OK) {
        return status;
    }
    uint32_t values = take_be32(&cursor);
    uint16_t size = take_be16(&cursor);
    if (cursor.failed) {
        return TPM2_SHORT;
    }
    if (selections != 1 || read.algorithm != asked->algorithm ||
        read.pcrs != asked->pcrs || values != 1 ||
        size != tpm_alg_digest_size(read.algorithm)) {
        return TPM2_BAD_PARAMETER;
    }
    struct bytes value = take_bytes(&cursor, size);
    status = tpm2_end_parameters(&cursor);
    if (status == TPM2_OK) {
        *out = value;
    }
    return status;
}

static enum tpm2_status take_banks(struct cursor *cursor,
                                   struct tpm2_banks *out)
{
    uint32_t count = take_be32(cursor);
    if (count > 2 * TPM_MAX_BANKS) {
        return TPM2_BAD_PARAMETER;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct tpm2_selection selection;
        enum tpm2_status status = take_selection(cursor, &selection);
        if (status != TPM2_OK) {
            return status;
        }
        if (selection.pcrs == 0) {
            continue; /* supported, not allocated */
        }
        if (out->count == TPM_MAX_BANKS) {
            return TPM2_BAD_PARAMETER;
        }
        out->items[out->count++] = selection;
    }
    return tpm2_end_parameters(cursor);
}

enum tpm2_status tpm2_response_get_banks(struct bytes response,
                                         struct tpm2_banks *out)
{
    struct cursor cursor;
    struct tpm2_banks banks = {.count = 0};
    enum tpm2_status status = tpm2_open_plain(response, &cursor);
    if (status != TPM2_OK) {
        return status;
    }
    uint8_t more_data = take_u8(&cursor);
    uint32_t capability = take_be32(&cursor);
    if (cursor.failed) {
        return TPM2_SHORT;
    }
    if (more_data != 0 || capability != TPM_CAP_PCRS) {
        return TPM2_BAD_PARAMETER;
    }
    status = take_banks(&cursor, &banks);
    if (status == TPM2_OK) {
        *out = banks;
    }
    return status;
}

STATUS_TEXT(tpm2_status, TPM2_STATUS, "unknown TPM status")

const char *tpm2_rc_text(uint32_t rc)
{
    switch (rc) {
    case TPM2_RC_SUCCESS:
        return "TPM_RC_SUCCESS";
    case TPM2_RC_INITIALIZE:
        return "TPM_RC_INITIALIZE";
    case TPM2_RC_LOCALITY:
        return "TPM_RC_LOCALITY";
    case TPM2_RC_YIELDED:
        return "TPM_RC_YIELDED";
    case TPM2_RC_TESTING:
        return "TPM_RC_TESTING";
    case TPM2_RC_RETRY:
        return "TPM_RC_RETRY";
    default:
        return "TPM error";
    }
}
