/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The page and the event channel that are shared with the back end (Xen's
 * public/io/tpmif.h, version 2), and one command at a time through them. The
 * caller has one command under way at most: the TPM core's mutex sees to that.
 */
#ifndef VOUCH_TPMFRONT_CHANNEL_H
#define VOUCH_TPMFRONT_CHANNEL_H

#include <linux/types.h>
#include <linux/wait.h>
#include <xen/events.h>
#include <xen/grant_table.h>
#include <xen/interface/io/tpmif.h>
#include <xen/xenbus.h>

struct channel {
    struct vtpm_shared_page *page;
    grant_ref_t grant;
    evtchn_port_t port;
    int irq;
    wait_queue_head_t answered;
    int is_awaited; /* an event would be news; between handler and sender */
    bool is_busy;   /* the back end has the page; the TPM core's mutex */
    bool is_dead;   /* it has left; set once, by channel_end() */
};

/* Shares a page and an event channel with the device's back end. */
int channel_open(struct channel *channel, struct xenbus_device *device);

/* Nobody may use it any more. A page that the back end still maps is freed once
 * it no longer does. */
void channel_close(struct channel *channel);

/* The back end is gone: who waits for it wakes, and nobody will again. */
void channel_end(struct channel *channel);

/* Sleeps until the command is answered, for two minutes at most or until the
 * caller is killed; then cancels it. */
int channel_send(struct channel *channel, const u8 *command, size_t size);

/* After channel_send(): the answer's size, or an error. */
int channel_receive(struct channel *channel, u8 *answer, size_t room);

#endif
