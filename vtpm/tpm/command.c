/* SPDX-License-Identifier: MIT */
/*
 * Headers, sizes and the password area of our own commands (Part 1, 18 and
 * 19.4). A command that does not fit is never sent.
 */
#include "vtpm/tpm/command.h"

#include "vtpm/tpm/tpm.h"

#define SIZE_OFFSET     2
#define AUTH_FIXED_SIZE 9 /* handle, no nonce, attributes, size of password */

static void begin(struct command *command, uint16_t tag, uint32_t code)
{
    command->buffer = buffer_over(command->data, sizeof(command->data));
    command->writer = writer_begin(&command->buffer);
    command->has_auth = tag == CODE_ST_SESSIONS;
    put_be16(&command->writer, tag);
    put_be32(&command->writer, 0); /* size, later */
    put_be32(&command->writer, code);
}

void command_begin(struct command *command, uint32_t code)
{
    begin(command, CODE_ST_NO_SESSIONS, code);
}

void command_begin_auth(struct command *command, uint32_t code, uint32_t handle,
                        uint32_t second, struct bytes auth)
{
    begin(command, CODE_ST_SESSIONS, code);
    struct writer *writer = &command->writer;
    put_be32(writer, handle);
    if (second != 0) {
        put_be32(writer, second);
    }
    put_be32(writer, (uint32_t)(AUTH_FIXED_SIZE + auth.size));
    put_be32(writer, CODE_RS_PW);
    put_be16(writer, 0);
    put_u8(writer, 0);
    command_put_sized(writer, auth);
}

void command_put_sized(struct writer *writer, struct bytes bytes)
{
    if (bytes.size > UINT16_MAX) {
        writer->failed = true;
    }
    put_be16(writer, (uint16_t)bytes.size);
    put_bytes(writer, bytes);
}

uint32_t command_run(struct command *command, struct cursor *parameters)
{
    put_be32_at(&command->writer, SIZE_OFFSET,
                (uint32_t)writer_written(&command->writer));
    if (!writer_end(&command->writer)) {
        return COMMAND_BAD_ANSWER;
    }
    struct bytes answer = tpm_process(buffer_bytes(&command->buffer));
    struct cursor cursor = cursor_over(answer);
    uint16_t tag = take_be16(&cursor);
    uint32_t size = take_be32(&cursor);
    uint32_t code = take_be32(&cursor);
    bool is_whole = !cursor.failed && size == answer.size;
    if (is_whole && code != CODE_SUCCESS) {
        return code;
    }
    uint16_t expected =
        command->has_auth ? CODE_ST_SESSIONS : CODE_ST_NO_SESSIONS;
    if (!is_whole || tag != expected) {
        return COMMAND_BAD_ANSWER;
    }
    if (parameters != NULL) {
        *parameters = cursor;
    }
    return CODE_SUCCESS;
}
