/* SPDX-License-Identifier: MIT */
/* Lines put together without stdio, which would be a third of the program. */
#include "vtpm/tpm/say.h"

#include "lib/text.h"
#include "vtpm/tpm/port.h"

#define LINE_ROOM 160

static void put_number(struct writer *writer, uint32_t code)
{
    uint8_t big[4];
    struct buffer out = buffer_over(big, sizeof(big));
    struct writer bytes = writer_begin(&out);
    put_be32(&bytes, code);
    text_put(writer, "0x");
    text_put_hex(writer, buffer_bytes(&out));
}

static void finish(struct writer *writer, const char *text)
{
    put_u8(writer, 0);
    port_say(writer_end(writer) ? (const char *)writer->out->data : text);
}

void say(const char *text)
{
    port_say(text);
}

void say_code(const char *text, uint32_t code)
{
    uint8_t line[LINE_ROOM];
    struct buffer out = buffer_over(line, sizeof(line));
    struct writer writer = writer_begin(&out);
    text_put(&writer, text);
    text_put(&writer, ": ");
    put_number(&writer, code);
    finish(&writer, text);
}

void say_error(const char *text, int error)
{
    uint8_t line[LINE_ROOM];
    struct buffer out = buffer_over(line, sizeof(line));
    struct writer writer = writer_begin(&out);
    text_put(&writer, text);
    text_put(&writer, error < 0 ? ": -" : ": ");
    text_put_decimal(&writer,
                     error < 0 ? 0u - (unsigned)error : (unsigned)error);
    finish(&writer, text);
}
