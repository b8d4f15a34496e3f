/* SPDX-License-Identifier: MIT */
/*
 * The text of the hypervisor's own events: written one way, read the same way.
 */
#include "lib/vouchlog.h"

#include "lib/checked.h"
#include "lib/text.h"

#define FIRST_PART   "vouch "
#define DIGEST_PART  " sha256:"
#define SIZE_PART    " size:"
#define TEXT_PART    " text:"
#define OUR_TAGS     0x56000000u /* 'V' */
#define OUR_TAG_MASK 0xff000000u

static const struct {
    enum vouchlog_tag tag;
    const char *name;
} tag_names[] = {
    {VOUCHLOG_MODE, "mode"},
    {VOUCHLOG_CMDLINE, "cmdline"},
    {VOUCHLOG_POLICY, "policy"},
    {VOUCHLOG_DOM0_KERNEL, "dom0-kernel"},
    {VOUCHLOG_DOM0_INITRD, "dom0-initrd"},
    {VOUCHLOG_DOM0_CMDLINE, "dom0-cmdline"},
    {VOUCHLOG_CAP, "cap"},
    {VOUCHLOG_POLICY_LOAD, "policy-load"},
    {VOUCHLOG_MODE_CHANGE, "mode-change"},
};

const char *vouchlog_tag_name(enum vouchlog_tag tag)
{
    for (size_t i = 0; i < ARRAY_SIZE(tag_names); i++) {
        if (tag_names[i].tag == tag) {
            return tag_names[i].name;
        }
    }
    return NULL;
}

/* Header with the size still open, and "vouch <name>". */
static bool begin_event(struct writer *writer, enum vouchlog_tag tag)
{
    const char *name = vouchlog_tag_name(tag);
    if (name == NULL) {
        return false;
    }
    put_le32(writer, tag);
    put_le32(writer, 0);
    text_put(writer, FIRST_PART);
    text_put(writer, name);
    return true;
}

static enum vouchlog_status end_event(struct writer *writer)
{
    size_t start = writer->start;
    if (writer_written(writer) > VOUCHLOG_MAX_DATA) {
        writer->failed = true;
    }
    if (!writer_end(writer)) {
        return VOUCHLOG_NO_SPACE;
    }
    size_t payload = writer->out->used - start - 8;
    for (size_t i = 0; i < 4; i++) {
        writer->out->data[start + 4 + i] = (uint8_t)(payload >> (8 * i));
    }
    return VOUCHLOG_OK;
}

enum vouchlog_status vouchlog_build_blob(enum vouchlog_tag tag,
                                         const struct sha256_digest *digest,
                                         uint64_t size, struct buffer *out)
{
    struct writer writer = writer_begin(out);
    if (!begin_event(&writer, tag)) {
        return VOUCHLOG_UNKNOWN_TAG;
    }
    text_put(&writer, DIGEST_PART);
    text_put_hex(&writer, sha256_bytes(digest));
    text_put(&writer, SIZE_PART);
    text_put_decimal(&writer, size);
    return end_event(&writer);
}

enum vouchlog_status vouchlog_build_text(enum vouchlog_tag tag,
                                         struct bytes text, struct buffer *out)
{
    const char *name = vouchlog_tag_name(tag);
    if (name == NULL) {
        return VOUCHLOG_UNKNOWN_TAG;
    }
    size_t room = VOUCHLOG_MAX_PAYLOAD - strlen(FIRST_PART) - strlen(name) -
                  strlen(TEXT_PART);
    if (text.size > room || !text_is_printable(text)) {
        struct sha256_digest digest = sha256_of(text);
        return vouchlog_build_blob(tag, &digest, text.size, out);
    }
    struct writer writer = writer_begin(out);
    (void)begin_event(&writer, tag);
    text_put(&writer, TEXT_PART);
    put_bytes(&writer, text);
    return end_event(&writer);
}

void vouchlog_put_mode(struct writer *writer, const struct vouchlog_mode *mode)
{
    text_put(writer, "entry=");
    text_put(writer, mode->entry);
    text_put(writer, " policy=");
    text_put(writer, mode->policy);
    text_put(writer, " exclusive=");
    text_put(writer, mode->exclusive);
}

static enum vouchlog_status parse_blob(struct bytes rest,
                                       struct vouchlog_record *record)
{
    struct cursor cursor = cursor_over(rest);
    struct bytes hex = take_bytes(&cursor, 2 * SHA256_SIZE);
    struct bytes tail = take_bytes(&cursor, cursor_remaining(&cursor));
    struct bytes decimal;
    if (!text_parse_hex(hex, record->digest.bytes, SHA256_SIZE) ||
        !text_take_prefix(tail, SIZE_PART, &decimal) ||
        !text_parse_decimal(decimal, &record->size)) {
        return VOUCHLOG_BAD_PAYLOAD;
    }
    record->form = VOUCHLOG_BLOB;
    return VOUCHLOG_OK;
}

static enum vouchlog_status parse_payload(struct bytes payload,
                                          const char *name,
                                          struct vouchlog_record *record)
{
    struct bytes rest;
    if (payload.size > VOUCHLOG_MAX_PAYLOAD || !text_is_printable(payload) ||
        !text_take_prefix(payload, FIRST_PART, &rest)) {
        return VOUCHLOG_BAD_PAYLOAD;
    }
    if (!text_take_prefix(rest, name, &rest)) {
        return VOUCHLOG_BAD_NAME;
    }
    if (text_take_prefix(rest, TEXT_PART, &rest)) {
        record->form = VOUCHLOG_TEXT;
        record->text = rest;
        return VOUCHLOG_OK;
    }
    if (text_take_prefix(rest, DIGEST_PART, &rest)) {
        return parse_blob(rest, record);
    }
    /* Another name that begins like ours, or something after the name. */
    return rest.size != 0 && rest.data[0] != ' ' ? VOUCHLOG_BAD_NAME
                                                 : VOUCHLOG_BAD_PAYLOAD;
}

enum vouchlog_status vouchlog_parse(struct bytes event_data,
                                    struct vouchlog_record *out)
{
    struct cursor cursor = cursor_over(event_data);
    uint32_t tag = take_le32(&cursor);
    uint32_t size = take_le32(&cursor);
    if (cursor.failed || (tag & OUR_TAG_MASK) != OUR_TAGS) {
        return VOUCHLOG_NOT_OURS;
    }
    const char *name = vouchlog_tag_name((enum vouchlog_tag)tag);
    if (name == NULL) {
        return VOUCHLOG_UNKNOWN_TAG;
    }
    if (size != cursor_remaining(&cursor)) {
        return VOUCHLOG_BAD_SIZE;
    }
    struct vouchlog_record record = {.tag = (enum vouchlog_tag)tag,
                                     .text = bytes_none()};
    enum vouchlog_status status =
        parse_payload(take_bytes(&cursor, size), name, &record);
    if (status == VOUCHLOG_OK) {
        *out = record;
    }
    return status;
}
