/* SPDX-License-Identifier: MIT */
/*
 * xenstore's messages (xen/io/xs_wire.h): a header of four numbers, then a
 * payload whose size it says. Pure; what comes in may be anything.
 */
#ifndef VOUCH_VTPM_BASE_XS_MESSAGE_H
#define VOUCH_VTPM_BASE_XS_MESSAGE_H

#include "lib/bytes.h"

#define XS_HEADER_SIZE  16
#define XS_PAYLOAD_MAX  4096
#define XS_MESSAGE_SIZE (XS_HEADER_SIZE + XS_PAYLOAD_MAX)

struct xs_message {
    uint32_t type, request, transaction;
    struct bytes payload;
};

enum xs_status {
    XS_MORE,    /* the message is not whole yet */
    XS_MESSAGE, /* there it is, until bytes are added again */
    XS_BAD,     /* it says that it is larger than any may be */
};

/* Bytes of a stream become messages here. Starts zeroed. */
struct xs_receiver {
    uint8_t data[XS_MESSAGE_SIZE];
    uint32_t used;
};

/* How many bytes come next, and where they belong. Never 0. */
uint32_t xs_receiver_wants(const struct xs_receiver *receiver);
uint8_t *xs_receiver_place(struct xs_receiver *receiver);
/* So many bytes, at most what was wanted, were put there. */
NODISCARD enum xs_status xs_receiver_add(struct xs_receiver *receiver,
                                         uint32_t size, struct xs_message *out);

/* A request's header. */
void xs_put_header(struct writer *writer, uint32_t type, uint32_t request,
                   uint32_t payload_size);

/* The token of a watch event, which has to be a number that we chose. */
NODISCARD bool xs_parse_watch(struct bytes payload, uint64_t *token);

/* The first name of a directory's list, which then begins behind it. False:
 * there is none, or it has no end. */
NODISCARD bool xs_next_name(struct bytes *list, struct bytes *name);

/* "ENOENT" and a NUL: the negated number, or -EPROTO for what we do not know.
 */
int xs_parse_error(struct bytes payload);

#endif
