/* SPDX-License-Identifier: MIT */
/*
 * A vTPM domain's message: what is taken from it lies in it, is of the size
 * that its type has, and makes an answer that fits.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "dom0/vouchd/message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int is_true)
{
    if (!is_true) {
        abort();
    }
}

static void check_inside(struct bytes part, struct bytes whole)
{
    check(part.size == 0 ||
          (part.data >= whole.data &&
           part.data + part.size <= whole.data + whole.size));
}

static void answer(const struct request *request, struct bytes content)
{
    static uint8_t room[MESSAGE_MAX + 64];
    struct buffer buffer = buffer_over(room, sizeof(room));
    struct writer writer = writer_begin(&buffer);
    message_put_answer(&writer, request, VTPM_WIRE_OK, content);
    check(writer_end(&writer));
    check(buffer.used == message_answer_size(content.size));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vtpm_wire_header header;
    struct request request;
    struct bytes all = bytes_of(data, size), head, payload;
    if (size > MESSAGE_MAX ||
        !bytes_slice(all, 0, MESSAGE_HEADER_SIZE, &head) ||
        !message_take_header(head, &header)) {
        return 0;
    }
    check(header.size <= MESSAGE_MAX - MESSAGE_HEADER_SIZE);
    if (!bytes_slice(all, MESSAGE_HEADER_SIZE, size - MESSAGE_HEADER_SIZE,
                     &payload) ||
        !message_take_request(&header, payload, &request)) {
        return 0;
    }
    check(request.slot < 2);
    check_inside(request.uuid, all);
    check_inside(request.content, all);
    check_inside(request.nonce, all);
    check_inside(request.name, all);
    check_inside(request.quote, all);
    answer(&request, request.content);
    return 0;
}
