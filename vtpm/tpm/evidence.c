/* SPDX-License-Identifier: MIT */
/*
 * BEGIN of the request that is under way already is no error, so that a guest
 * may repeat it; another one has to wait (TPM_RC_RETRY), so that however a
 * guest asks, dom0 works on one request of it.
 */
#include "vtpm/tpm/evidence.h"

#include <stdlib.h>

#include "vtpm/base/calls.h"
#include "vtpm/tpm/answer.h"
#include "vtpm/tpm/code.h"

/* Header, total and the size of the part. */
#define READ_MAX (VTPM_COMMAND_MAX - CODE_HEADER_SIZE - 4 - 2)

bool evidence_is_command(struct bytes command)
{
    struct cursor cursor = cursor_over(command);
    take_skip(&cursor, 2 + 4); /* tag, size */
    return take_be32(&cursor) == VTPM_CC_EVIDENCE;
}

static void forget(struct evidence *evidence)
{
    free(evidence->memory);
    evidence->memory = NULL;
    evidence->content = bytes_none();
}

static uint32_t ask(struct evidence *evidence, struct wire *wire)
{
    struct buffer message =
        wire_message(sizeof(evidence->asked) + sizeof(evidence->ak));
    if (message.data == NULL) {
        return CODE_RETRY;
    }
    struct writer writer = writer_begin(&message);
    put_bytes(&writer, bytes_of(evidence->asked, SHA256_SIZE));
    put_bytes(&writer, bytes_of(evidence->ak, sizeof(evidence->ak)));
    put_bytes(&writer, bytes_of(evidence->asked + SHA256_SIZE, SHA256_SIZE));
    (void)!writer_end(&writer);
    evidence->question =
        wire_ask(wire, VTPM_WIRE_EVIDENCE, &message, VTPM_EVIDENCE_MAX);
    return evidence->question != 0 ? CODE_SUCCESS : CODE_RETRY;
}

static uint32_t begin(struct evidence *evidence, struct wire *wire,
                      struct cursor *parameters)
{
    struct bytes request = take_bytes(parameters, sizeof(evidence->asked));
    if (!cursor_is_done(parameters)) {
        return CODE_COMMAND_SIZE;
    }
    if (evidence->question != 0) {
        bool is_same = bytes_equal(
            request, bytes_of(evidence->asked, sizeof(evidence->asked)));
        return is_same ? CODE_SUCCESS : CODE_RETRY;
    }
    forget(evidence);
    memcpy(evidence->asked, request.data, request.size);
    return ask(evidence, wire);
}

/* total, then a part of the content in size bytes. */
static uint32_t read(const struct evidence *evidence, struct cursor *parameters,
                     struct writer *out)
{
    uint32_t offset = take_be32(parameters);
    uint16_t most = take_be16(parameters);
    if (!cursor_is_done(parameters)) {
        return CODE_COMMAND_SIZE;
    }
    if (evidence->question != 0) {
        return CODE_RETRY;
    }
    struct bytes content = evidence->content;
    if (content.size == 0) {
        return CODE_NV_UNINITIALIZED;
    }
    if (offset > content.size) {
        return CODE_VALUE;
    }
    size_t size = content.size - offset;
    size = size < most ? size : most;
    size = size < READ_MAX ? size : READ_MAX;
    put_be32(out, (uint32_t)content.size);
    put_be16(out, (uint16_t)size);
    put_bytes(out, bytes_of(content.data + offset, size));
    return CODE_SUCCESS;
}

void evidence_process(struct evidence *evidence, struct wire *wire,
                      struct bytes command, struct buffer *out)
{
    struct cursor cursor = cursor_over(command);
    uint16_t tag = take_be16(&cursor);
    take_skip(&cursor, 4 + 4); /* size, command code */
    uint8_t operation = take_u8(&cursor);
    struct writer writer = answer_begin(out);
    uint32_t code = CODE_VALUE;
    if (cursor.failed) {
        code = CODE_COMMAND_SIZE;
    } else if (tag != CODE_ST_NO_SESSIONS) {
        code = CODE_AUTH_CONTEXT;
    } else if (operation == VTPM_EVIDENCE_BEGIN) {
        code = begin(evidence, wire, &cursor);
    } else if (operation == VTPM_EVIDENCE_READ) {
        code = read(evidence, &cursor, &writer);
    }
    answer_end(&writer, code);
}

bool evidence_answer(struct evidence *evidence,
                     const struct wire_answer *answer)
{
    if (evidence->question == 0 || answer->id != evidence->question) {
        return false;
    }
    evidence->question = 0;
    evidence->memory = answer->memory;
    if (answer->status == VTPM_WIRE_OK) {
        evidence->content = answer->body;
    } else {
        forget(evidence);
    }
    return true;
}
