/* SPDX-License-Identifier: MIT */
/*
 * What lib/vouchlog.c writes, read the same way: tag, size, name, then one of
 * two forms.
 */
#include "attest/record.h"

#include "attest/hex.h"
#include "lib/text.h"

#define OUR_TAGS     0x56000000u /* 'V' */
#define OUR_TAG_MASK 0xff000000u

static enum record_status parse_blob(struct bytes rest, struct record *record)
{
    struct cursor cursor = cursor_over(rest);
    struct bytes hex = take_bytes(&cursor, 2 * SHA256_SIZE);
    struct bytes tail = take_bytes(&cursor, cursor_remaining(&cursor));
    struct bytes decimal;
    if (!hex_parse(hex, record->digest.bytes, SHA256_SIZE) ||
        !text_take_prefix(tail, VOUCHLOG_SIZE, &decimal) ||
        !text_parse_decimal(decimal, &record->size)) {
        return RECORD_BAD_PAYLOAD;
    }
    record->form = RECORD_BLOB;
    return RECORD_OK;
}

static enum record_status parse_payload(struct bytes payload, const char *name,
                                        struct record *record)
{
    struct bytes rest;
    if (payload.size > VOUCHLOG_MAX_PAYLOAD || !text_is_printable(payload) ||
        !text_take_prefix(payload, VOUCHLOG_FIRST, &rest)) {
        return RECORD_BAD_PAYLOAD;
    }
    if (!text_take_prefix(rest, name, &rest)) {
        return RECORD_BAD_NAME;
    }
    if (text_take_prefix(rest, VOUCHLOG_TEXT, &rest)) {
        record->form = RECORD_TEXT;
        record->text = rest;
        return RECORD_OK;
    }
    if (text_take_prefix(rest, VOUCHLOG_DIGEST, &rest)) {
        return parse_blob(rest, record);
    }
    /* Another name that begins like ours, or something after the name. */
    return rest.size != 0 && rest.data[0] != ' ' ? RECORD_BAD_NAME
                                                 : RECORD_BAD_PAYLOAD;
}

enum record_status record_parse(struct bytes event_data, struct record *out)
{
    struct cursor cursor = cursor_over(event_data);
    uint32_t tag = take_le32(&cursor);
    uint32_t size = take_le32(&cursor);
    if (cursor.failed || (tag & OUR_TAG_MASK) != OUR_TAGS) {
        return RECORD_NOT_OURS;
    }
    const char *name = vouchlog_tag_name((enum vouchlog_tag)tag);
    if (name == NULL) {
        return RECORD_UNKNOWN_TAG;
    }
    if (size != cursor_remaining(&cursor)) {
        return RECORD_BAD_SIZE;
    }
    struct record record = {.tag = (enum vouchlog_tag)tag,
                            .text = bytes_none()};
    enum record_status status =
        parse_payload(take_bytes(&cursor, size), name, &record);
    if (status == RECORD_OK) {
        *out = record;
    }
    return status;
}
