/* SPDX-License-Identifier: MIT */
/* One spelling per UUID, as lib/text.h writes it. */
#include "attest/uuid.h"

#include "lib/text.h"

void uuid_text(const uint8_t uuid[UUID_SIZE], char out[UUID_TEXT_SIZE])
{
    struct buffer text = buffer_over(out, UUID_TEXT_SIZE - 1);
    struct writer writer = writer_begin(&text);
    text_put_uuid(&writer, uuid);
    out[text.used] = 0;
}

bool uuid_parse(struct bytes text, uint8_t uuid[UUID_SIZE])
{
    struct cursor cursor = cursor_over(text);
    for (size_t i = 0; i < UUID_SIZE; i++) {
        bool is_group = i == 4 || i == 6 || i == 8 || i == 10;
        if ((is_group && take_u8(&cursor) != '-') ||
            !text_parse_hex(take_bytes(&cursor, 2), uuid + i, 1)) {
            return false;
        }
    }
    return cursor_is_done(&cursor);
}
