/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as what xenstored sends, in pieces whose sizes the first byte
 * decides: each message is read in every way that the drivers read one, and
 * the receiver never wants nothing, nor more than it has room for.
 */
#include <stdlib.h>

#include "vtpm/base/xs_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool is_right)
{
    if (!is_right) {
        abort();
    }
}

static void read_message(const struct xs_message *message)
{
    struct bytes list = message->payload, name;
    uint64_t token;
    (void)!xs_parse_watch(message->payload, &token);
    check(xs_parse_error(message->payload) < 0);
    while (xs_next_name(&list, &name)) {
        check(name.size < message->payload.size);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct xs_receiver receiver = {.used = 0};
    struct xs_message message;
    size_t at = 1, step = size == 0 ? 1 : data[0] + 1u;
    while (at < size) {
        uint32_t part = xs_receiver_wants(&receiver);
        check(part != 0 && part <= XS_MESSAGE_SIZE - receiver.used);
        part = part < step ? part : (uint32_t)step;
        part = part < size - at ? part : (uint32_t)(size - at);
        memcpy(xs_receiver_place(&receiver), data + at, part);
        at += part;
        switch (xs_receiver_add(&receiver, part, &message)) {
        case XS_MORE:
            break;
        case XS_MESSAGE:
            read_message(&message);
            break;
        case XS_BAD:
            return 0;
        }
    }
    return 0;
}
