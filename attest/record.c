/* SPDX-License-Identifier: MIT */
/*
 * What lib/vouchlog.c writes, read the same way: tag, size, name, then one of
 * two forms.
 */
#include "attest/record.h"

#include "attest/uuid.h"
#include "lib/text.h"

#define OUR_TAGS     0x56000000u /* 'V' */
#define OUR_TAG_MASK 0xff000000u

#define MAX_LABEL    127 /* hv/abi/vouch.h, VOUCH_LABEL_SIZE */

static enum record_status parse_blob(struct bytes rest, struct record *record)
{
    struct cursor cursor = cursor_over(rest);
    struct bytes hex = take_bytes(&cursor, 2 * SHA256_SIZE);
    struct bytes tail = take_bytes(&cursor, cursor_remaining(&cursor));
    struct bytes decimal;
    if (!text_parse_hex(hex, record->digest.bytes, SHA256_SIZE) ||
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

/* ---- run-time records ---- */

/* "name=value" up to the next space: the first of them, or one after a space,
 * which is then part of name. */
static struct bytes take_field(struct bytes *rest, const char *name, bool *good)
{
    struct bytes value;
    if (!*good || !text_take_prefix(*rest, name, &value)) {
        *good = false;
        return bytes_none();
    }
    size_t size = 0;
    while (size < value.size && value.data[size] != ' ') {
        size++;
    }
    *rest = bytes_of(value.data + size, value.size - size);
    return bytes_of(value.data, size);
}

static uint64_t take_number(struct bytes *rest, const char *name, bool *good)
{
    uint64_t number = 0;
    struct bytes value = take_field(rest, name, good);
    *good = *good && text_parse_decimal(value, &number);
    return number;
}

static void take_hex(struct bytes *rest, const char *name, struct buffer *out,
                     bool *good)
{
    struct bytes value = take_field(rest, name, good);
    *good = *good && text_parse_hex(value, out->data, out->size);
}

static void take_digest(struct bytes *rest, const char *name,
                        struct sha256_digest *out, bool *good)
{
    struct buffer buffer = buffer_over(out->bytes, SHA256_SIZE);
    take_hex(rest, name, &buffer, good);
}

static void take_name(struct bytes *rest, const char *name, uint8_t *out,
                      bool *good)
{
    struct buffer buffer = buffer_over(out, VOUCHLOG_NAME_SIZE);
    take_hex(rest, name, &buffer, good);
}

/* user:role:type, none of them empty. */
static bool is_label(struct bytes label)
{
    size_t colons = 0, part = 0;
    for (size_t i = 0; i < label.size; i++) {
        if (label.data[i] != ':') {
            part++;
        } else if (part == 0) {
            return false;
        } else {
            colons++;
            part = 0;
        }
    }
    return label.size <= MAX_LABEL && colons >= 2 && part != 0;
}

bool record_parse_launch(const struct record *record, struct record_launch *out)
{
    struct bytes rest = record->text;
    bool good = record->tag == VOUCHLOG_LAUNCH && record->form == RECORD_TEXT;
    out->instance = take_number(&rest, "instance=", &good);
    out->domid = take_number(&rest, " domid=", &good);
    good = uuid_parse(take_field(&rest, " uuid=", &good), out->uuid) && good;
    out->label = take_field(&rest, " label=", &good);
    out->pages = take_number(&rest, " pages=", &good);
    out->vcpus = take_number(&rest, " vcpus=", &good);
    take_digest(&rest, " kernel=", &out->kernel, &good);
    take_digest(&rest, " initrd=", &out->initrd, &good);
    take_digest(&rest, " cmdline=", &out->cmdline, &good);
    return good && rest.size == 0 && is_label(out->label);
}

bool record_parse_identity(const struct record *record,
                           struct record_identity *out)
{
    struct bytes rest = record->text;
    bool good = record->tag == VOUCHLOG_IDENTITY && record->form == RECORD_TEXT;
    out->vtpm = take_number(&rest, "vtpm=", &good);
    out->guest = take_number(&rest, " guest=", &good);
    take_name(&rest, " ak=", out->ak, &good);
    take_name(&rest, " ek=", out->ek, &good);
    return good && rest.size == 0;
}

static size_t find_colon(struct bytes label, size_t from)
{
    while (from < label.size && label.data[from] != ':') {
        from++;
    }
    return from;
}

struct bytes record_label_user(struct bytes label)
{
    return bytes_of(label.data, find_colon(label, 0));
}

struct bytes record_label_type(struct bytes label)
{
    size_t start = find_colon(label, find_colon(label, 0) + 1) + 1;
    return start >= label.size
               ? bytes_none()
               : bytes_of(label.data + start, label.size - start);
}
