/* SPDX-License-Identifier: MIT */
/*
 * Questions to the daemon in dom0 and its answers (lib/vtpm_wire.h), over a
 * stream that may be gone and come back: then every question that has no answer
 * is asked again, from its first byte. What the daemon sends is bounded by what
 * was asked; anything else of it is skipped, and once it cannot be told where
 * the next answer begins, everything is until the stream is new.
 */
#ifndef VOUCH_VTPM_TPM_WIRE_H
#define VOUCH_VTPM_TPM_WIRE_H

#include "lib/bytes.h"
#include "lib/vtpm_wire.h"

#define WIRE_QUESTIONS   4
#define WIRE_HEADER_SIZE 16
#define WIRE_STATUS_SIZE 4

struct wire_question {
    uint8_t *message; /* NULL: none */
    size_t size, sent;
    uint32_t type;
    uint64_t id;
    size_t answer_max; /* bytes behind the answer's status */
};

struct wire_answer {
    uint64_t id;
    uint32_t status;
    struct bytes body;
    uint8_t *memory; /* that body is in: the receiver's to free */
};

struct wire {
    struct wire_question questions[WIRE_QUESTIONS];
    uint64_t last_id;
    uint8_t header[WIRE_HEADER_SIZE];
    size_t header_got;
    /* Behind a whole header: where the rest goes; NULL: it is skipped. */
    uint8_t *body;
    size_t body_size, body_got;
    uint64_t body_id; /* 0: nobody asked */
};

/* A message with room for size bytes behind its header; NULL data: no memory.
 */
struct buffer wire_message(size_t size);

/* Takes the message over. 0 if there are too many questions. */
NODISCARD uint64_t wire_ask(struct wire *wire, uint32_t type,
                            const struct buffer *message, size_t answer_max);

/* Sends and reads what can be; true if an answer came. Call until false. */
NODISCARD bool wire_step(struct wire *wire, struct wire_answer *out);

/* Is there a question without an answer? */
bool wire_is_waiting(const struct wire *wire);

#endif
