/* SPDX-License-Identifier: MIT */
/*
 * See tpmback.h. What xenstore says is looked at as a whole whenever anything
 * in it changed: the answer is the same in whatever order changes came.
 *
 * Of the two states (xen/io/xenbus.h) ours is at backend/vtpm/GUEST/0/state;
 * the toolstack writes 1 there when it makes the device and 5 when it takes it
 * away, all else we do. It waits until it has seen 6, and then until the device
 * is no longer there, which is our work too.
 */
#include "vtpm/base/tpmback.h"

#include "lib/text.h"
#include "vtpm/base/clock.h"
#include "vtpm/base/console.h"
#include "vtpm/base/errno.h"
#include "vtpm/base/hypercall.h"
#include "vtpm/base/tpm_ring.h"
#include "vtpm/base/user.h"
#include "vtpm/base/xenstore.h"
#include "vtpm/base/xs_message.h"

#include <xen/io/xenbus.h>

#define DEVICES        "backend/vtpm"
#define WATCH_DEVICES  0
#define WATCH_FRONTEND 1
#define COMPLAINTS_MAX 20  /* lines on the console that others can cause */
#define CLOSED_MS      3000 /* for the toolstack to see it; it waits for 10 s */

enum stage {
    STAGE_NEW,     /* the program has not asked for anything yet */
    STAGE_ALONE,   /* no device is there */
    STAGE_OFFERED, /* one is; the program has not said that it serves it */
    STAGE_SERVED,  /* a driver may connect, or has */
    STAGE_CLOSED,  /* the toolstack takes the device away */
};

static struct {
    enum stage stage;
    bool has_guest; /* from the first device on, for good */
    uint16_t domid; /* that guest's */
    uint16_t last_refused;
    unsigned int complaints;
    bool tell_guest, tell_gone;
    uint64_t remove_ns; /* when STAGE_CLOSED ends */
} back;

static void complain(const char *what, uint64_t number)
{
    if (back.complaints < COMPLAINTS_MAX) {
        back.complaints++;
        console_line("domain %lu %s", number, what);
    }
}

static struct xenstore_text own_path(const char *name)
{
    return xenstore_text_of(DEVICES "/%u/0/%s", back.domid, name);
}

static struct xenstore_text frontend_path(const char *name)
{
    return xenstore_text_of("/local/domain/%u/device/vtpm/0/%s", back.domid,
                            name);
}

/* Absent, or no number: XenbusStateUnknown. */
static uint64_t state_at(const struct xenstore_text *path)
{
    uint64_t state;

    return xenstore_read_number(path->text, &state) == 0 ? state
                                                         : XenbusStateUnknown;
}

static bool write_own(const char *name, uint64_t value)
{
    return xenstore_write_number(own_path(name).text, value) == 0;
}

/* ---- the driver in the guest ---- */

static void disconnect(void)
{
    if (tpm_ring_is_open()) {
        tpm_ring_close();
        back.tell_gone = true;
    }
}

static int read_small(const char *name, uint32_t *value)
{
    uint64_t number = 0;
    int result = xenstore_read_number(frontend_path(name).text, &number);

    *value = (uint32_t)number;
    return result == 0 && number > UINT32_MAX ? -EINVAL : result;
}

/* A driver may have left and come again since we last looked. */
static void connect(void)
{
    uint32_t ref, port;

    if (read_small("ring-ref", &ref) != 0 ||
        read_small("event-channel", &port) != 0) {
        complain("has no ring for its TPM", back.domid);
        return;
    }
    if (tpm_ring_is_of(ref, port)) {
        return;
    }
    disconnect();
    if (tpm_ring_open(back.domid, ref, port) != 0) {
        complain("has a ring for its TPM that cannot be connected to",
                 back.domid);
    } else if (!write_own("ready", 1) ||
               !write_own("state", XenbusStateConnected)) {
        complain("cannot be told that its TPM is ready", back.domid);
    }
}

static void look_at_frontend(void)
{
    struct xenstore_text path = frontend_path("state");

    switch (state_at(&path)) {
    case XenbusStateInitialising:
    case XenbusStateInitWait:
        return;
    case XenbusStateInitialised:
    case XenbusStateConnected:
        connect();
        return;
    default:
        /* Its driver may come again. */
        if (tpm_ring_is_open()) {
            disconnect();
            (void)!write_own("state", XenbusStateInitWait);
        }
    }
}

/* ---- the device ---- */

static void look_at_device(void)
{
    struct xenstore_text path = own_path("state");

    switch (state_at(&path)) {
    case XenbusStateInitialising:
        if (back.stage != STAGE_OFFERED) {
            disconnect();
            back.stage = STAGE_OFFERED;
            back.tell_guest = true;
        }
        return;
    case XenbusStateClosing:
        disconnect();
        back.stage = STAGE_CLOSED;
        back.remove_ns = clock_deadline_ns(CLOSED_MS);
        (void)!write_own("state", XenbusStateClosed);
        return;
    case XenbusStateUnknown:
        disconnect();
        back.stage = STAGE_ALONE;
        return;
    default:
        if (back.stage == STAGE_SERVED) {
            look_at_frontend();
        }
    }
}

static void remove_device(void)
{
    back.stage = STAGE_ALONE;
    if (xenstore_rm(xenstore_text_of(DEVICES "/%u/0", back.domid).text) != 0) {
        complain("keeps the entries of its TPM", back.domid);
    }
}

static void meet(uint16_t domid)
{
    if (!back.has_guest) {
        back.has_guest = true;
        back.domid = domid;
        if (xenstore_watch(frontend_path("state").text, WATCH_FRONTEND) != 0) {
            complain("cannot be watched", domid);
        }
    } else if (domid != back.domid && domid != back.last_refused) {
        back.last_refused = domid;
        complain("wants this TPM too, and is ignored", domid);
    }
}

static void look(void)
{
    uint8_t data[512];
    struct buffer buffer = buffer_over(data, sizeof(data));
    struct bytes names, name;
    uint64_t domid;

    if (xenstore_directory(DEVICES, &buffer) == 0) {
        names = buffer_bytes(&buffer);
        while (xs_next_name(&names, &name)) {
            if (text_parse_decimal(name, &domid) &&
                domid < DOMID_FIRST_RESERVED) {
                meet((uint16_t)domid);
            }
        }
    }
    if (back.has_guest) {
        look_at_device();
    }
}

static void start(void)
{
    back.stage = STAGE_ALONE;
    if (xenstore_start() == 0 && xenstore_watch(DEVICES, WATCH_DEVICES) != 0) {
        console_line("xenstore cannot be watched: there will be no guest");
    }
}

/* ---- for the program ---- */

static bool tell(struct vtpm_event *event, bool *what,
                 enum vtpm_event_kind kind)
{
    bool is_news = *what;

    *what = false;
    if (is_news) {
        *event = (struct vtpm_event){.kind = kind, .domid = back.domid};
    }
    return is_news;
}

/* Waits for xenstore's answers, and for nobody else. */
static bool poll(struct vtpm_event *event)
{
    bool has_changed;

    if (back.stage == STAGE_NEW) {
        start();
    }
    has_changed = xenstore_take_change(WATCH_DEVICES);
    has_changed |= xenstore_take_change(WATCH_FRONTEND);
    if (has_changed) {
        look();
    }
    if (back.stage == STAGE_CLOSED && clock_ns() >= back.remove_ns) {
        remove_device();
    }
    return tell(event, &back.tell_gone, VTPM_EVENT_GONE) ||
           tell(event, &back.tell_guest, VTPM_EVENT_GUEST) ||
           tpm_ring_poll(event);
}

static uint64_t deadline_ns(void)
{
    return back.stage == STAGE_CLOSED ? back.remove_ns : CLOCK_FOREVER;
}

long tpmback_do_serve(const struct call *call)
{
    if (!back.has_guest || call->a != back.domid) {
        return -ENOENT;
    }
    if (back.stage == STAGE_SERVED) {
        return 0;
    }
    if (back.stage != STAGE_OFFERED) {
        return -ENOTCONN;
    }
    if (!write_own("feature-protocol-v2", 1) ||
        !write_own("state", XenbusStateInitWait)) {
        return -EPIPE;
    }
    back.stage = STAGE_SERVED;
    return 0;
}

long tpmback_do_command(const struct call *call)
{
    struct bytes command = tpm_ring_command();

    if (command.size == 0) {
        return -EAGAIN;
    }
    if (call->b < command.size) {
        return -ENOSPC;
    }
    if (user_write(call->a, command.data, command.size) != 0) {
        return -EFAULT;
    }
    return (long)command.size;
}

long tpmback_do_response(const struct call *call)
{
    struct bytes response;

    if (call->b > VTPM_COMMAND_MAX) {
        return -EINVAL;
    }
    if (user_bytes(call->a, call->b, &response) != 0) {
        return -EFAULT;
    }
    return tpm_ring_respond(response);
}

/* Everything waits until the program first asks what happens: a launcher, which
 * never does, leaves nothing behind for the kernel that it launches. */
static void init(void)
{
}

const struct driver tpmback_driver = {
    .init = init,
    .poll = poll,
    .deadline_ns = deadline_ns,
};
