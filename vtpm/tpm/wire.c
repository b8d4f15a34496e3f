/* SPDX-License-Identifier: MIT */
/*
 * Both directions keep how far they are, since the stream takes and gives what
 * it has room for. Messages do not mix: the oldest question that is not sent
 * whole is sent first.
 */
#include "vtpm/tpm/wire.h"

#include <errno.h>
#include <stdlib.h>

#include "vtpm/tpm/port.h"

#define SKIP_AT_ONCE 512

struct buffer wire_message(size_t size)
{
    struct buffer message = {.size = WIRE_HEADER_SIZE + size,
                             .used = WIRE_HEADER_SIZE};
    message.data = malloc(message.size);
    return message;
}

static void put_header(struct wire_question *question)
{
    struct buffer buffer = buffer_over(question->message, WIRE_HEADER_SIZE);
    struct writer writer = writer_begin(&buffer);
    put_le32(&writer, question->type);
    put_le32(&writer, (uint32_t)(question->size - WIRE_HEADER_SIZE));
    put_little(&writer, question->id, sizeof(question->id));
    (void)!writer_end(&writer);
}

uint64_t wire_ask(struct wire *wire, uint32_t type,
                  const struct buffer *message, size_t answer_max)
{
    for (size_t i = 0; i < WIRE_QUESTIONS; i++) {
        struct wire_question *question = &wire->questions[i];
        if (question->message == NULL) {
            *question = (struct wire_question){.message = message->data,
                                               .size = message->used,
                                               .type = type,
                                               .id = ++wire->last_id,
                                               .answer_max = answer_max};
            put_header(question);
            return question->id;
        }
    }
    free(message->data);
    return 0;
}

static void forget_answer(struct wire *wire)
{
    free(wire->body);
    wire->body = NULL;
    wire->header_got = wire->body_got = wire->body_size = 0;
}

/* There is another stream, or will be. */
static void start_again(struct wire *wire)
{
    for (size_t i = 0; i < WIRE_QUESTIONS; i++) {
        wire->questions[i].sent = 0;
    }
    forget_answer(wire);
}

static struct wire_question *next_to_send(struct wire *wire)
{
    struct wire_question *found = NULL;
    for (size_t i = 0; i < WIRE_QUESTIONS; i++) {
        struct wire_question *question = &wire->questions[i];
        if (question->message != NULL && question->sent < question->size &&
            (found == NULL || question->id < found->id)) {
            found = question;
        }
    }
    return found;
}

/* False if the stream has ended. */
static bool send(struct wire *wire)
{
    struct wire_question *question;
    while ((question = next_to_send(wire)) != NULL) {
        size_t left = question->size - question->sent;
        long result =
            port_dom0_write(bytes_of(question->message + question->sent, left));
        if (result == 0 || result == -EAGAIN) {
            return true;
        }
        if (result < 0 || (size_t)result > left) {
            return false;
        }
        question->sent += (size_t)result;
    }
    return true;
}

/* Bytes read into [*got, size); 0 if there are none, negative if the stream has
 * ended. */
static long receive(uint8_t *data, size_t size, size_t *got)
{
    long result = port_dom0_read(data + *got, size - *got);
    if (result == -EAGAIN) {
        return 0;
    }
    if (result > 0 && (size_t)result <= size - *got) {
        *got += (size_t)result;
        return result;
    }
    return result == 0 ? 0 : -1;
}

/* Who answers before the question is there answers nothing. */
static struct wire_question *find(struct wire *wire, uint32_t type, uint64_t id)
{
    for (size_t i = 0; i < WIRE_QUESTIONS; i++) {
        struct wire_question *question = &wire->questions[i];
        if (question->message != NULL && question->id == id &&
            question->type == type && question->sent == question->size) {
            return question;
        }
    }
    return NULL;
}

/* A header is whole: is what follows wanted? Behind a size that cannot be
 * nothing is, up to the stream's end. */
static void open_body(struct wire *wire)
{
    struct cursor cursor =
        cursor_over(bytes_of(wire->header, WIRE_HEADER_SIZE));
    uint32_t type = take_le32(&cursor);
    uint32_t size = take_le32(&cursor);
    uint64_t id = take_le64(&cursor);
    struct wire_question *question = find(wire, type, id);
    wire->body_size = size <= VTPM_WIRE_MAX ? size : SIZE_MAX;
    wire->body_id = question != NULL ? id : 0;
    if (question != NULL && size >= WIRE_STATUS_SIZE &&
        size - WIRE_STATUS_SIZE <= question->answer_max) {
        wire->body = malloc(size);
    }
}

static long receive_body(struct wire *wire)
{
    uint8_t skipped[SKIP_AT_ONCE];
    if (wire->body != NULL) {
        return receive(wire->body, wire->body_size, &wire->body_got);
    }
    size_t left = wire->body_size - wire->body_got, got = 0;
    long result =
        receive(skipped, left < sizeof(skipped) ? left : sizeof(skipped), &got);
    wire->body_got += got;
    return result;
}

static void close_question(struct wire *wire, uint64_t id)
{
    for (size_t i = 0; i < WIRE_QUESTIONS; i++) {
        if (wire->questions[i].id == id) {
            free(wire->questions[i].message);
            wire->questions[i] = (struct wire_question){.message = NULL};
        }
    }
}

/* The body is whole: an answer, a failure if there was no room for it, or
 * nothing that was asked. */
static bool end_body(struct wire *wire, struct wire_answer *out)
{
    *out = (struct wire_answer){
        .id = wire->body_id, .status = VTPM_WIRE_FAILED, .memory = wire->body};
    if (wire->body != NULL) {
        struct cursor cursor =
            cursor_over(bytes_of(wire->body, wire->body_size));
        out->status = take_le32(&cursor);
        out->body = take_bytes(&cursor, cursor_remaining(&cursor));
        wire->body = NULL;
    }
    forget_answer(wire);
    if (out->id != 0) {
        close_question(wire, out->id);
    }
    return out->id != 0;
}

bool wire_step(struct wire *wire, struct wire_answer *out)
{
    if (!send(wire)) {
        start_again(wire);
        return false;
    }
    for (;;) {
        bool in_header = wire->header_got < WIRE_HEADER_SIZE;
        long result = in_header ? receive(wire->header, WIRE_HEADER_SIZE,
                                          &wire->header_got)
                                : receive_body(wire);
        if (result < 0) {
            start_again(wire);
            return false;
        }
        if (in_header && wire->header_got == WIRE_HEADER_SIZE) {
            open_body(wire);
        }
        bool is_whole = wire->header_got == WIRE_HEADER_SIZE &&
                        wire->body_got == wire->body_size;
        if (is_whole && end_body(wire, out)) {
            return true;
        }
        if (result == 0 && !is_whole) {
            return false;
        }
    }
}

bool wire_is_waiting(const struct wire *wire)
{
    for (size_t i = 0; i < WIRE_QUESTIONS; i++) {
        if (wire->questions[i].message != NULL) {
            return true;
        }
    }
    return false;
}
