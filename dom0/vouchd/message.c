/* SPDX-License-Identifier: MIT */
/* The stream's messages, as lib/vtpm_wire.h has them. */
#include "dom0/vouchd/message.h"

#define SLOTS       2
#define QUOTE_SIZE  32
#define STATUS_SIZE 4

static bool is_size_of(uint32_t type, uint32_t size)
{
    const uint32_t slot = MESSAGE_UUID_SIZE + 1;
    switch ((enum vtpm_wire_type)type) {
    case VTPM_WIRE_LOAD:
        return size == slot;
    case VTPM_WIRE_STORE:
        return size > slot && size <= slot + VTPM_STATE_SLOT_MAX;
    case VTPM_WIRE_EVIDENCE:
        return size == MESSAGE_NONCE_SIZE + MESSAGE_NAME_SIZE + QUOTE_SIZE;
    case VTPM_WIRE_CERTIFICATE:
        return size == MESSAGE_UUID_SIZE;
    }
    return false;
}

bool message_take_header(struct bytes bytes, struct vtpm_wire_header *out)
{
    struct cursor cursor = cursor_over(bytes);
    out->type = take_le32(&cursor);
    out->size = take_le32(&cursor);
    out->id = take_le64(&cursor);
    return cursor_is_done(&cursor) && is_size_of(out->type, out->size);
}

bool message_take_request(const struct vtpm_wire_header *header,
                          struct bytes payload, struct request *out)
{
    struct cursor cursor = cursor_over(payload);
    *out = (struct request){.type = (enum vtpm_wire_type)header->type,
                            .id = header->id};
    if (!is_size_of(header->type, header->size) ||
        payload.size != header->size) {
        return false;
    }
    switch (out->type) {
    case VTPM_WIRE_LOAD:
    case VTPM_WIRE_STORE:
        out->uuid = take_bytes(&cursor, MESSAGE_UUID_SIZE);
        out->slot = take_u8(&cursor);
        out->content = take_bytes(&cursor, cursor_remaining(&cursor));
        break;
    case VTPM_WIRE_EVIDENCE:
        out->nonce = take_bytes(&cursor, MESSAGE_NONCE_SIZE);
        out->name = take_bytes(&cursor, MESSAGE_NAME_SIZE);
        out->quote = take_bytes(&cursor, QUOTE_SIZE);
        break;
    case VTPM_WIRE_CERTIFICATE:
        out->uuid = take_bytes(&cursor, MESSAGE_UUID_SIZE);
        break;
    }
    return cursor_is_done(&cursor) && out->slot < SLOTS;
}

size_t message_answer_size(size_t content_size)
{
    return MESSAGE_HEADER_SIZE + STATUS_SIZE + content_size;
}

void message_put_answer(struct writer *writer, const struct request *request,
                        enum vtpm_wire_status status, struct bytes content)
{
    put_le32(writer, request->type);
    put_le32(writer, (uint32_t)(STATUS_SIZE + content.size));
    put_little(writer, request->id, 8);
    put_le32(writer, status);
    put_bytes(writer, content);
}
