/* SPDX-License-Identifier: MIT */
/* A header of 10 bytes always fits: out has room for a whole page's answer. */
#include "vtpm/tpm/answer.h"

#include "vtpm/tpm/code.h"

#define TAG_OLD     0x00c4u /* TPM_TAG_RSP_COMMAND of TPM 1.2 */
#define SIZE_OFFSET 2
#define CODE_OFFSET 6

struct writer answer_begin(struct buffer *out)
{
    out->used = 0;
    struct writer writer = writer_begin(out);
    put_be16(&writer, 0);
    put_be32(&writer, 0);
    put_be32(&writer, 0);
    return writer;
}

static void end(struct writer *writer, uint16_t tag, uint32_t code)
{
    struct buffer *out = writer->out;
    if (code != CODE_SUCCESS) {
        out->used = writer->start + CODE_HEADER_SIZE;
    }
    out->data[writer->start] = (uint8_t)(tag >> 8);
    out->data[writer->start + 1] = (uint8_t)tag;
    put_be32_at(writer, SIZE_OFFSET, (uint32_t)writer_written(writer));
    put_be32_at(writer, CODE_OFFSET, code);
}

void answer_end(struct writer *writer, uint32_t code)
{
    end(writer, CODE_ST_NO_SESSIONS, code);
}

void answer_end_old(struct writer *writer, uint32_t code)
{
    end(writer, TAG_OLD, code);
}

void answer_refuse(struct buffer *out, uint32_t code)
{
    struct writer writer = answer_begin(out);
    answer_end(&writer, code);
}

void answer_refuse_old(struct buffer *out, uint32_t code)
{
    struct writer writer = answer_begin(out);
    answer_end_old(&writer, code);
}
