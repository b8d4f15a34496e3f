/* SPDX-License-Identifier: MIT */
/*
 * What a vTPM domain asks (lib/vtpm_wire.h), taken from its bytes, and answers
 * put into bytes. Pure; a size that does not belong to its type is refused
 * with the header, before anything of that size is waited for.
 */
#ifndef VOUCH_DOM0_VOUCHD_MESSAGE_H
#define VOUCH_DOM0_VOUCHD_MESSAGE_H

#include "lib/bytes.h"
#include "lib/vtpm_state.h"
#include "lib/vtpm_wire.h"

#define MESSAGE_HEADER_SIZE 16
#define MESSAGE_UUID_SIZE   16
#define MESSAGE_NONCE_SIZE  32
#define MESSAGE_NAME_SIZE   34
#define MESSAGE_MAX                                                            \
    (MESSAGE_HEADER_SIZE + MESSAGE_UUID_SIZE + 1 + VTPM_STATE_SLOT_MAX)

/* Those that the type has are set. The bytes lie in what was parsed. */
struct request {
    enum vtpm_wire_type type;
    uint64_t id;
    struct bytes uuid;
    unsigned slot;
    struct bytes content;
    struct bytes nonce, name, quote;
};

/* False: no such type, or not of a size that it can have. */
NODISCARD bool message_take_header(struct bytes bytes,
                                   struct vtpm_wire_header *out);
/* What follows that header, header->size bytes. */
NODISCARD bool message_take_request(const struct vtpm_wire_header *header,
                                    struct bytes payload, struct request *out);

/* How large an answer is whose content has so many bytes. */
size_t message_answer_size(size_t content_size);
void message_put_answer(struct writer *writer, const struct request *request,
                        enum vtpm_wire_status status, struct bytes content);

#endif
