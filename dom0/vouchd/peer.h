/* SPDX-License-Identifier: MIT */
/*
 * One vTPM domain's stream: messages are put together from its bytes, one
 * question at a time is answered, and answers wait until there is room. A peer
 * that asks what cannot be asked, or too often what is not its to ask, is
 * dropped, and stays so until its domain offers another stream.
 */
#ifndef VOUCH_DOM0_VOUCHD_PEER_H
#define VOUCH_DOM0_VOUCHD_PEER_H

#include <time.h>

#include "dom0/vouchd/domains.h"
#include "dom0/vouchd/link.h"
#include "dom0/vouchd/message.h"

/* One to what the disk knows, one to what waits for the TPM. */
#define PEER_ANSWERS  2

#define PEER_REFUSALS 64 /* of one stream; more are too many */

/* Lines that one stream may cause in so many seconds. */
#define PEER_LINES        20
#define PEER_LINES_PERIOD 10

struct answer {
    uint8_t *data; /* allocated */
    size_t size, sent;
};

struct peer {
    struct domain domain;
    struct link *link; /* NULL: dropped */
    struct buffer in;
    struct answer answers[PEER_ANSWERS]; /* the first is being sent */
    size_t answer_count;
    bool waits_for_evidence;
    unsigned refusals, lines;
    time_t lines_since;
};

/* What a peer's questions are answered by. */
struct peer_service {
    void (*answer)(void *context, struct peer *peer,
                   const struct request *request);
    void *context;
};

/* NULL if the domain's stream cannot be opened. */
struct peer *peer_open(const struct domain *domain);
void peer_free(struct peer *peer);

/* Says why, and ends its stream. */
__attribute__((format(printf, 2, 3))) void peer_drop(struct peer *peer,
                                                     const char *why, ...);

/* Says something of its domain, but not without end. */
__attribute__((format(printf, 2, 3))) void peer_say(struct peer *peer,
                                                    const char *what, ...);

/* Reads what is there, has one question answered, sends what there is room for.
 * True: there may be another question, and no event will tell. */
NODISCARD bool peer_serve(struct peer *peer,
                          const struct peer_service *service);
/* The question is not its to ask. */
void peer_refuse(struct peer *peer, const struct request *request,
                 const char *why);

/* Answers a question of its, now or when there is room. */
void peer_answer(struct peer *peer, const struct request *request,
                 enum vtpm_wire_status status, struct bytes content);

#endif
