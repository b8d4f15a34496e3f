/* SPDX-License-Identifier: MIT */
/*
 * See xenstore.h. One request at a time. Watch events say only that something
 * is worth a look, so all of one watch are one bit, and nobody can flood us.
 */
#include "vtpm/base/xenstore.h"

/* Before errno.h, whose names it would take for a table of all of them. */
#include <xen/io/xs_wire.h>

#include "lib/text.h"
#include "vtpm/base/clock.h"
#include "vtpm/base/console.h"
#include "vtpm/base/errno.h"
#include "vtpm/base/event.h"
#include "vtpm/base/format.h"
#include "vtpm/base/hypercall.h"
#include "vtpm/base/ring.h"
#include "vtpm/base/window.h"
#include "vtpm/base/xs_message.h"

#define PATIENCE_MS 5000
#define FLOOD       65536 /* steps without a pause in what comes in */

static struct {
    struct xenstore_domain_interface *shared; /* NULL: not started */
    struct ring requests, answers;
    uint32_t produced, consumed; /* ours of the two; shared ones follow them */
    uint32_t port;
    uint32_t last_request;
    uint32_t changed; /* a bit for each watch */
    bool is_dead;
    struct xs_receiver receiver;
} store;

static int die(const char *why)
{
    if (!store.is_dead) {
        console_line("xenstore: %s; nothing more is asked of it", why);
    }
    store.is_dead = true;
    return -EPIPE;
}

struct xenstore_text xenstore_text_of(const char *format, ...)
{
    struct xenstore_text text = {{0}};
    struct buffer out = buffer_over(text.text, sizeof(text.text));
    __builtin_va_list arguments;

    __builtin_va_start(arguments, format);
    format_list(&out, format, arguments);
    __builtin_va_end(arguments);
    if (out.used == sizeof(text.text)) {
        text.text[0] = 0;
    }
    return text;
}

/* ---- what comes in ---- */

static void take_watch(struct bytes payload)
{
    uint64_t number;

    if (xs_parse_watch(payload, &number) && number < XENSTORE_WATCHES) {
        store.changed |= 1u << number;
    }
}

/* Takes what there is up to one message that is no watch event. Is there one?
 * It stays until this is called again. */
static bool take_message(struct xs_message *out)
{
    for (unsigned int steps = 0; steps < FLOOD; steps++) {
        uint32_t wanted = xs_receiver_wants(&store.receiver);
        uint32_t there;
        enum xs_status status;

        if (store.is_dead ||
            !ring_used(&store.answers, READ_ONCE(store.shared->rsp_prod),
                       store.consumed, &there)) {
            (void)die("an index of the ring cannot be");
            return false;
        }
        if (there == 0) {
            return false;
        }
        memory_barrier();
        wanted = wanted < there ? wanted : there;
        ring_copy_out(&store.answers, store.consumed,
                      xs_receiver_place(&store.receiver), wanted);
        store.consumed += wanted;
        memory_barrier();
        WRITE_ONCE(store.shared->rsp_cons, store.consumed);
        event_send(store.port);
        status = xs_receiver_add(&store.receiver, wanted, out);
        if (status == XS_BAD) {
            (void)die("a message is larger than any may be");
            return false;
        }
        if (status == XS_MESSAGE && out->type != XS_WATCH_EVENT) {
            return true;
        }
        if (status == XS_MESSAGE) {
            take_watch(out->payload);
        }
    }
    (void)die("a flood of events");
    return false;
}

/* Between requests nothing is expected but watch events: the rest are answers
 * that came too late. */
static void on_event(void *context)
{
    struct xs_message message;

    while (take_message(&message)) {
    }
}

/* ---- requests ---- */

static int send(struct bytes bytes, uint64_t deadline_ns)
{
    while (bytes.size != 0) {
        uint32_t used;
        size_t part;

        if (!ring_used(&store.requests, store.produced,
                       READ_ONCE(store.shared->req_cons), &used)) {
            return die("an index of the ring cannot be");
        }
        part = store.requests.size - used;
        if (part == 0 && !event_wait_port(store.port, deadline_ns)) {
            return die("no answer");
        }
        part = bytes.size < part ? bytes.size : part;
        memory_barrier();
        ring_copy_in(&store.requests, store.produced,
                     bytes_of(bytes.data, part));
        store.produced += (uint32_t)part;
        memory_barrier();
        WRITE_ONCE(store.shared->req_prod, store.produced);
        event_send(store.port);
        bytes = bytes_of(bytes.data + part, bytes.size - part);
    }
    return 0;
}

static int await(uint32_t type, uint64_t deadline_ns, struct xs_message *out)
{
    for (;;) {
        if (take_message(out)) {
            if (out->request != store.last_request) {
                continue;
            }
            if (out->type == XS_ERROR) {
                return xs_parse_error(out->payload);
            }
            return out->type == type ? 0 : die("an answer of another kind");
        }
        if (store.is_dead || !event_wait_port(store.port, deadline_ns)) {
            return die("no answer");
        }
    }
}

static int send_all(uint32_t type, struct bytes path, struct bytes more,
                    uint64_t deadline_ns)
{
    uint8_t data[XS_HEADER_SIZE];
    struct buffer header = buffer_over(data, sizeof(data));
    struct writer writer = writer_begin(&header);
    int result;

    xs_put_header(&writer, type, ++store.last_request,
                  (uint32_t)(path.size + more.size));
    result = send(buffer_bytes(&header), deadline_ns);
    if (result == 0) {
        result = send(path, deadline_ns);
    }
    return result == 0 ? send(more, deadline_ns) : result;
}

/* The answer is appended to out, if it is not NULL. */
static int request(uint32_t type, const char *path, struct bytes more,
                   struct buffer *out)
{
    uint64_t deadline_ns = clock_deadline_ns(PATIENCE_MS);
    size_t path_size = strlen(path) + 1;
    struct xs_message answer;
    int result = xenstore_start();

    if (result != 0) {
        return result;
    }
    if (path_size + more.size > XS_PAYLOAD_MAX) {
        return -EINVAL;
    }
    result = send_all(type, bytes_of(path, path_size), more, deadline_ns);
    if (result == 0) {
        result = await(type, deadline_ns, &answer);
    }
    if (result == 0 && out != NULL) {
        struct writer writer = writer_begin(out);

        put_bytes(&writer, answer.payload);
        result = writer_end(&writer) ? 0 : -ENOSPC;
    }
    /* What came behind the answer may have had its event taken by the wait. */
    on_event(NULL);
    return result;
}

int xenstore_start(void)
{
    uint32_t port = start_info->store_evtchn;

    if (store.is_dead) {
        return -EPIPE;
    }
    if (store.shared != NULL) {
        return 0;
    }
    if ((start_info->flags & SIF_INITDOMAIN) != 0 ||
        event_adopt(port, on_event, NULL) != 0) {
        return -ENOENT;
    }
    store.shared = window_map(start_info->store_mfn);
    if (store.shared == NULL) {
        event_close(port);
        store.is_dead = true;
        return -ENOENT;
    }
    store.port = port;
    store.requests = (struct ring){
        {(uint8_t *)store.shared->req}, XENSTORE_RING_SIZE, XENSTORE_RING_SIZE};
    store.answers = (struct ring){
        {(uint8_t *)store.shared->rsp}, XENSTORE_RING_SIZE, XENSTORE_RING_SIZE};
    store.produced = READ_ONCE(store.shared->req_prod);
    store.consumed = READ_ONCE(store.shared->rsp_cons);
    return 0;
}

int xenstore_read(const char *path, struct buffer *value)
{
    return request(XS_READ, path, bytes_none(), value);
}

int xenstore_read_number(const char *path, uint64_t *value)
{
    uint8_t data[24];
    struct buffer text = buffer_over(data, sizeof(data));
    int result = xenstore_read(path, &text);

    if (result != 0) {
        return result;
    }
    return text_parse_decimal(buffer_bytes(&text), value) ? 0 : -EINVAL;
}

int xenstore_write(const char *path, const char *value)
{
    return request(XS_WRITE, path, bytes_of_text(value), NULL);
}

int xenstore_write_number(const char *path, uint64_t value)
{
    return xenstore_write(path, xenstore_text_of("%lu", value).text);
}

int xenstore_mkdir(const char *path)
{
    return request(XS_MKDIR, path, bytes_none(), NULL);
}

int xenstore_rm(const char *path)
{
    return request(XS_RM, path, bytes_none(), NULL);
}

int xenstore_directory(const char *path, struct buffer *names)
{
    return request(XS_DIRECTORY, path, bytes_none(), names);
}

static int watch(uint32_t type, const char *path, unsigned int number)
{
    struct xenstore_text token = xenstore_text_of("%u", number);

    return request(type, path, bytes_of(token.text, strlen(token.text) + 1),
                   NULL);
}

int xenstore_watch(const char *path, unsigned int number)
{
    return watch(XS_WATCH, path, number);
}

int xenstore_unwatch(const char *path, unsigned int number)
{
    return watch(XS_UNWATCH, path, number);
}

bool xenstore_take_change(unsigned int number)
{
    uint32_t bit = 1u << number;
    bool has_changed = (store.changed & bit) != 0;

    store.changed &= ~bit;
    return has_changed;
}
