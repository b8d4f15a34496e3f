/* SPDX-License-Identifier: MIT */
/*
 * The next question is taken only when the last one's answer is on its way, so
 * that what a domain can make us keep is bounded: a question, and two answers.
 */
#include "dom0/vouchd/peer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dom0/vouchd/say.h"

struct peer *peer_open(const struct domain *domain)
{
    struct peer *peer = calloc(1, sizeof(*peer));
    uint8_t *room = malloc(MESSAGE_MAX);
    struct link *link =
        peer != NULL && room != NULL ? link_open(domain->domid) : NULL;
    if (link == NULL) {
        free(room);
        free(peer);
        return NULL;
    }
    *peer = (struct peer){
        .domain = *domain, .link = link, .in = buffer_over(room, MESSAGE_MAX)};
    return peer;
}

static void end_stream(struct peer *peer)
{
    if (peer->link != NULL) {
        link_close(peer->link);
        peer->link = NULL;
    }
    while (peer->answer_count != 0) {
        free(peer->answers[--peer->answer_count].data);
    }
    peer->in.used = 0;
}

void peer_free(struct peer *peer)
{
    end_stream(peer);
    free(peer->in.data);
    free(peer);
}

/* Whether another line may be said now; says so when it is the last. */
static bool has_lines(struct peer *peer)
{
    time_t now = time(NULL);
    if (now - peer->lines_since >= PEER_LINES_PERIOD ||
        now < peer->lines_since) {
        peer->lines_since = now;
        peer->lines = 0;
    }
    if (peer->lines == PEER_LINES) {
        say("domain %u: says too much to be repeated here", peer->domain.domid);
    }
    return peer->lines++ < PEER_LINES;
}

void peer_say(struct peer *peer, const char *what, ...)
{
    char text[128];
    va_list arguments;
    if (has_lines(peer)) {
        va_start(arguments, what);
        vsnprintf(text, sizeof(text), what, arguments);
        va_end(arguments);
        say("domain %u: %s", peer->domain.domid, text);
    }
}

void peer_drop(struct peer *peer, const char *why, ...)
{
    char text[128];
    va_list arguments;
    va_start(arguments, why);
    vsnprintf(text, sizeof(text), why, arguments);
    va_end(arguments);
    say("domain %u: dropped: %s", peer->domain.domid, text);
    end_stream(peer);
}

/* False: nothing more can be sent now. */
static bool send_some(struct peer *peer)
{
    struct answer *answer = &peer->answers[0];
    int sent = link_write(peer->link, bytes_of(answer->data + answer->sent,
                                               answer->size - answer->sent));
    if (sent < 0) {
        peer_drop(peer, "its stream ended");
        return false;
    }
    answer->sent += (size_t)sent;
    if (answer->sent == answer->size) {
        free(answer->data);
        peer->answer_count--;
        peer->answers[0] = peer->answers[1];
    }
    return sent != 0;
}

static void send_all(struct peer *peer)
{
    while (peer->link != NULL && peer->answer_count != 0) {
        if (!send_some(peer)) {
            return;
        }
    }
}

void peer_answer(struct peer *peer, const struct request *request,
                 enum vtpm_wire_status status, struct bytes content)
{
    size_t size = message_answer_size(content.size);
    if (peer->link == NULL || peer->answer_count == PEER_ANSWERS) {
        return;
    }
    struct buffer buffer = buffer_over(malloc(size), size);
    if (buffer.data == NULL) {
        peer_drop(peer, "no memory for its answer");
        return;
    }
    struct writer writer = writer_begin(&buffer);
    message_put_answer(&writer, request, status, content);
    if (!writer_end(&writer)) {
        abort();
    }
    peer->answers[peer->answer_count++] =
        (struct answer){.data = buffer.data, .size = size};
    send_all(peer);
}

void peer_refuse(struct peer *peer, const struct request *request,
                 const char *why)
{
    if (++peer->refusals > PEER_REFUSALS) {
        peer_drop(peer, "%u questions that are not its to ask", peer->refusals);
        return;
    }
    peer_say(peer, "%s", why);
    peer_answer(peer, request, VTPM_WIRE_FAILED, bytes_none());
}

/* Reads up to so many bytes of a message. 1: they are all there, 0: not yet,
 * -1: the peer is dropped. */
static int fill(struct peer *peer, size_t size)
{
    while (peer->in.used < size) {
        int got = link_read(peer->link, peer->in.data + peer->in.used,
                            size - peer->in.used);
        if (got < 0) {
            peer_drop(peer, "its stream ended");
            return -1;
        }
        if (got == 0) {
            return 0;
        }
        peer->in.used += (size_t)got;
    }
    return 1;
}

/* True: a question was taken, and there may be another. */
static bool take_question(struct peer *peer, const struct peer_service *service)
{
    struct vtpm_wire_header header;
    struct request request;
    if (fill(peer, MESSAGE_HEADER_SIZE) != 1) {
        return false;
    }
    if (!message_take_header(bytes_of(peer->in.data, MESSAGE_HEADER_SIZE),
                             &header)) {
        peer_drop(peer, "message of type %u with %u bytes", header.type,
                  header.size);
        return false;
    }
    if (fill(peer, MESSAGE_HEADER_SIZE + header.size) != 1) {
        return false;
    }
    if (!message_take_request(
            &header, bytes_of(peer->in.data + MESSAGE_HEADER_SIZE, header.size),
            &request)) {
        peer_drop(peer, "malformed message of type %u", header.type);
        return false;
    }
    service->answer(service->context, peer, &request);
    peer->in.used = 0;
    return true;
}

bool peer_serve(struct peer *peer, const struct peer_service *service)
{
    send_all(peer);
    return peer->link != NULL && peer->answer_count == 0 &&
           take_question(peer, service) && peer->link != NULL &&
           peer->answer_count == 0;
}
