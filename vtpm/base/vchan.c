/* SPDX-License-Identifier: MIT */
/*
 * See vchan.h. A client notifies us when it has come and when it leaves, but
 * not when it has unmapped what it had: that is looked for from time to time.
 */
#include "vtpm/base/vchan.h"

#include "lib/vtpm_wire.h"
#include "vtpm/base/clock.h"
#include "vtpm/base/console.h"
#include "vtpm/base/errno.h"
#include "vtpm/base/event.h"
#include "vtpm/base/grant.h"
#include "vtpm/base/page.h"
#include "vtpm/base/user.h"
#include "vtpm/base/vchan_stream.h"
#include "vtpm/base/xenstore.h"

#define DOM0       0
#define GRANTS     (1 + 2 * VCHAN_PAGES)
#define LOOK_MS    100
#define RING_REF   VTPM_WIRE_PATH "/ring-ref"
#define EVENT_PORT VTPM_WIRE_PATH "/event-channel"

enum stage {
    STAGE_NEW,     /* the program has not asked for anything yet */
    STAGE_OFFERED, /* a client may come */
    STAGE_OPEN,
    STAGE_ENDING, /* a client still has memory of the last stream mapped */
    STAGE_OFF,    /* it cannot be had: nothing will change that */
};

static struct {
    enum stage stage;
    struct vchan_stream stream;
    void *pages[GRANTS]; /* the shared page first, then those of the rings */
    uint32_t refs[GRANTS];
    size_t granted; /* how many of refs */
    uint32_t port;  /* 0: none */
    bool is_news;   /* the program is to hear that it was opened, or ended */
    bool has_ended; /* and is to get -EPIPE once */
    bool is_told;   /* and has not read or written since */
    bool is_full;   /* it could not write all */
} vchan;

/* Nothing to do here: poll() looks at everything. */
static void on_event(void *context)
{
}

static bool allocate(void)
{
    for (size_t i = 0; i < GRANTS; i++) {
        vchan.pages[i] = page_alloc();
        if (vchan.pages[i] == NULL) {
            return false;
        }
    }
    vchan.stream.shared = vchan.pages[0];
    vchan.stream.in.piece_size = vchan.stream.out.piece_size = PAGE_SIZE;
    vchan.stream.in.size = vchan.stream.out.size = 1u << VCHAN_ORDER;
    for (size_t i = 0; i < VCHAN_PAGES; i++) {
        vchan.stream.in.pieces[i] = vchan.pages[1 + i];
        vchan.stream.out.pieces[i] = vchan.pages[1 + VCHAN_PAGES + i];
    }
    return true;
}

static bool give(void)
{
    for (vchan.granted = 0; vchan.granted < GRANTS; vchan.granted++) {
        size_t i = vchan.granted;

        if (grant_give(DOM0, vchan.pages[i], &vchan.refs[i]) != 0) {
            return false;
        }
        if (i != 0) {
            vchan.stream.shared->grants[i - 1] = vchan.refs[i];
        }
    }
    return true;
}

/* A new port before the old one goes, so that their numbers differ and dom0
 * can tell one stream from the next. */
static bool renew_port(void)
{
    uint32_t old = vchan.port;

    if (event_alloc_unbound(DOM0, on_event, NULL, &vchan.port) != 0) {
        vchan.port = old;
        return false;
    }
    if (old != 0) {
        event_close(old);
    }
    return true;
}

static void offer(void)
{
    vchan_stream_reset(&vchan.stream);
    vchan.stage = STAGE_OFFERED;
    if (!give() || !renew_port() ||
        xenstore_write_number(RING_REF, vchan.refs[0]) != 0 ||
        xenstore_write_number(EVENT_PORT, vchan.port) != 0) {
        console_line("the stream to dom0 cannot be offered");
        vchan.stage = STAGE_OFF;
    }
}

static void start(void)
{
    vchan.stage = STAGE_OFF;
    if (xenstore_start() != 0) {
        return; /* nobody is there to offer it to */
    }
    if (allocate()) {
        offer();
    } else {
        console_line("no memory for the stream to dom0");
    }
}

static void end(const char *why)
{
    if (why != NULL) {
        console_line("the stream to dom0 ends: %s", why);
    }
    vchan.is_news = vchan.has_ended = vchan.stage == STAGE_OPEN;
    vchan.stage = STAGE_ENDING;
    WRITE_ONCE(vchan.stream.shared->server_live, VCHAN_GONE);
    memory_barrier();
    event_send(vchan.port);
    if (xenstore_rm(EVENT_PORT) != 0 || xenstore_rm(RING_REF) != 0) {
        console_line("xenstore keeps the old stream's entries");
    }
}

/* Takes the memory back, from the last page on; true when it is all ours. */
static bool take_back(void)
{
    while (vchan.granted != 0) {
        if (!grant_end(vchan.refs[vchan.granted - 1])) {
            return false;
        }
        vchan.granted--;
    }
    return true;
}

static void look_for_client(void)
{
    switch (vchan_stream_client(&vchan.stream)) {
    case VCHAN_EXPECTED:
        return;
    case VCHAN_NEW:
        if (vchan_stream_greet(&vchan.stream)) {
            vchan.stage = STAGE_OPEN;
            vchan.is_news = true;
            vchan.is_told = vchan.is_full = false;
            return;
        }
        break;
    case VCHAN_CONNECTED:
    case VCHAN_GONE:
        break;
    }
    end(NULL);
}

/* It is there, and the same. */
static bool has_client(void)
{
    return vchan_stream_client(&vchan.stream) == VCHAN_CONNECTED;
}

static void step(void)
{
    switch (vchan.stage) {
    case STAGE_NEW:
        start();
        return;
    case STAGE_OFFERED:
        look_for_client();
        return;
    case STAGE_OPEN:
        if (!has_client()) {
            end(NULL);
        }
        return;
    case STAGE_ENDING:
        if (take_back()) {
            offer();
        }
        return;
    case STAGE_OFF:
        return;
    }
}

/* Is there something to read, or room that was missed? */
static bool can_go_on(void)
{
    uint32_t readable, room;

    if (vchan.stage != STAGE_OPEN || vchan.is_told) {
        return false;
    }
    if (!vchan_stream_readable(&vchan.stream, &readable) ||
        !vchan_stream_room(&vchan.stream, &room)) {
        end("an index of the ring cannot be");
        return true;
    }
    return readable != 0 || (vchan.is_full && room != 0);
}

static bool poll(struct vtpm_event *event)
{
    step();
    if (!vchan.is_news && !can_go_on()) {
        return false;
    }
    vchan.is_news = false;
    vchan.is_told = vchan.stage == STAGE_OPEN;
    *event = (struct vtpm_event){.kind = VTPM_EVENT_DOM0};
    return true;
}

static uint64_t deadline_ns(void)
{
    return vchan.stage == STAGE_ENDING ? clock_deadline_ns(LOOK_MS)
                                       : CLOCK_FOREVER;
}

/* 0 if the stream is open. */
static long check_open(void)
{
    vchan.is_told = false;
    if (vchan.stage == STAGE_OPEN && !has_client()) {
        end(NULL);
    }
    if (vchan.stage == STAGE_OPEN) {
        return 0;
    }
    if (vchan.has_ended) {
        vchan.has_ended = false;
        return -EPIPE;
    }
    return -ENOTCONN;
}

static long broken(void)
{
    end("an index of the ring cannot be");
    return check_open();
}

long vchan_do_read(const struct call *call)
{
    struct buffer buffer;
    uint32_t size;
    long result = check_open();

    if (result != 0) {
        return result;
    }
    if (user_buffer(call->a, call->b, &buffer) != 0) {
        return -EFAULT;
    }
    if (!vchan_stream_readable(&vchan.stream, &size)) {
        return broken();
    }
    if (size == 0) {
        return -EAGAIN;
    }
    size = buffer.size < size ? (uint32_t)buffer.size : size;
    if (vchan_stream_take(&vchan.stream, buffer.data, size)) {
        event_send(vchan.port);
    }
    return size;
}

long vchan_do_write(const struct call *call)
{
    struct bytes bytes;
    uint32_t room;
    long result = check_open();

    if (result != 0) {
        return result;
    }
    if (user_bytes(call->a, call->b, &bytes) != 0) {
        return -EFAULT;
    }
    if (!vchan_stream_room(&vchan.stream, &room)) {
        return broken();
    }
    vchan.is_full = bytes.size > room;
    bytes.size = vchan.is_full ? room : bytes.size;
    if (bytes.size != 0 && vchan_stream_put(&vchan.stream, bytes)) {
        event_send(vchan.port);
    }
    return bytes.size == 0 && vchan.is_full ? -EAGAIN : (long)bytes.size;
}

/* Everything waits until the program first asks what happens: a launcher, which
 * never does, leaves nothing behind for the kernel that it launches. */
static void init(void)
{
}

const struct driver vchan_driver = {
    .init = init,
    .poll = poll,
    .deadline_ns = deadline_ns,
};
