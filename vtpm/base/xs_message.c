/* SPDX-License-Identifier: MIT */
/* See xs_message.h. */
#include "vtpm/base/xs_message.h"

#include "lib/checked.h"
#include "lib/text.h"
#include "vtpm/base/errno.h"

/* The size that a header says, which is its last number. */
static uint32_t payload_size(const struct xs_receiver *receiver)
{
    struct cursor cursor =
        cursor_over(bytes_of(receiver->data, XS_HEADER_SIZE));

    take_skip(&cursor, 3 * sizeof(uint32_t));
    return take_le32(&cursor);
}

uint32_t xs_receiver_wants(const struct xs_receiver *receiver)
{
    if (receiver->used < XS_HEADER_SIZE) {
        return XS_HEADER_SIZE - receiver->used;
    }
    return XS_HEADER_SIZE + payload_size(receiver) - receiver->used;
}

uint8_t *xs_receiver_place(struct xs_receiver *receiver)
{
    return receiver->data + receiver->used;
}

enum xs_status xs_receiver_add(struct xs_receiver *receiver, uint32_t size,
                               struct xs_message *out)
{
    struct cursor cursor =
        cursor_over(bytes_of(receiver->data, XS_MESSAGE_SIZE));

    receiver->used += size;
    if (receiver->used < XS_HEADER_SIZE) {
        return XS_MORE;
    }
    if (payload_size(receiver) > XS_PAYLOAD_MAX) {
        return XS_BAD;
    }
    if (receiver->used < XS_HEADER_SIZE + payload_size(receiver)) {
        return XS_MORE;
    }
    out->type = take_le32(&cursor);
    out->request = take_le32(&cursor);
    out->transaction = take_le32(&cursor);
    out->payload = take_bytes(&cursor, take_le32(&cursor));
    receiver->used = 0;
    return XS_MESSAGE;
}

void xs_put_header(struct writer *writer, uint32_t type, uint32_t request,
                   uint32_t payload_size)
{
    put_le32(writer, type);
    put_le32(writer, request);
    put_le32(writer, 0); /* no transaction */
    put_le32(writer, payload_size);
}

bool xs_next_name(struct bytes *list, struct bytes *name)
{
    for (size_t i = 0; i < list->size; i++) {
        if (list->data[i] == 0) {
            *name = bytes_of(list->data, i);
            *list = bytes_of(list->data + i + 1, list->size - i - 1);
            return true;
        }
    }
    return false;
}

bool xs_parse_watch(struct bytes payload, uint64_t *token)
{
    struct bytes path, text;

    return xs_next_name(&payload, &path) && xs_next_name(&payload, &text) &&
           text_parse_decimal(text, token);
}

int xs_parse_error(struct bytes payload)
{
    static const struct {
        const char *name;
        int number;
    } errors[] = {
        {"EINVAL", EINVAL}, {"EACCES", EACCES}, {"ENOENT", ENOENT},
        {"ENOMEM", ENOMEM}, {"ENOSPC", ENOSPC}, {"EAGAIN", EAGAIN},
        {"EPERM", EPERM},
    };
    struct bytes name;

    if (!xs_next_name(&payload, &name)) {
        return -EPROTO;
    }
    for (size_t i = 0; i < ARRAY_SIZE(errors); i++) {
        if (bytes_equal(name, bytes_of_text(errors[i].name))) {
            return -errors[i].number;
        }
    }
    return -EPROTO;
}
