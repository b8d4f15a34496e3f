// SPDX-License-Identifier: GPL-2.0-only
/*
 * See channel.h. The back end may write anything into the page at any time:
 * each field is read once, answers are checked in the caller's private buffer,
 * and a page that is the back end's, since it did not answer, is not written
 * to.
 */
#include "channel.h"

#include <linux/interrupt.h>
#include <linux/jiffies.h>
#include <linux/string.h>

#include "answer.h"

/* Generating an RSA key may take long; Linux waits so for what it does not
 * know. */
#define COMMAND_TIME (120 * HZ)
#define CANCEL_TIME  (5 * HZ)

static_assert(sizeof(struct vtpm_shared_page) + TPM_MESSAGE_MAX == PAGE_SIZE);
static_assert(TPM_MESSAGE_MAX + 8 == XEN_PAGE_SIZE);

static u8 *message_of(struct channel *channel)
{
    return (u8 *)(channel->page + 1);
}

static bool is_answered(struct channel *channel)
{
    u8 state = READ_ONCE(channel->page->state);

    return state == VTPM_STATE_IDLE || state == VTPM_STATE_FINISH ||
           READ_ONCE(channel->is_dead);
}

/* Events that nobody waits for are called spurious, so that a back end that
 * sends many is slowed down. */
static irqreturn_t on_event(int irq, void *data)
{
    struct channel *channel = data;
    bool is_news = is_answered(channel) && xchg(&channel->is_awaited, 0);

    if (is_news) {
        wake_up(&channel->answered);
    }
    xen_irq_lateeoi(irq, is_news ? 0 : XEN_EOI_FLAG_SPURIOUS);
    return IRQ_HANDLED;
}

static int open_events(struct channel *channel, struct xenbus_device *device)
{
    int result = xenbus_alloc_evtchn(device, &channel->port);

    if (result != 0) {
        return result;
    }
    channel->irq = bind_evtchn_to_irqhandler_lateeoi(channel->port, on_event, 0,
                                                     KBUILD_MODNAME, channel);
    if (channel->irq < 0) {
        xenbus_free_evtchn(device, channel->port);
        return channel->irq;
    }
    return 0;
}

int channel_open(struct channel *channel, struct xenbus_device *device)
{
    void *page;
    int result =
        xenbus_setup_ring(device, GFP_KERNEL, &page, 1, &channel->grant);

    if (result != 0) {
        return result;
    }
    channel->page = page;
    init_waitqueue_head(&channel->answered);
    result = open_events(channel, device);
    if (result != 0) {
        xenbus_teardown_ring(&page, 1, &channel->grant);
    }
    return result;
}

void channel_close(struct channel *channel)
{
    void *page = channel->page;

    unbind_from_irqhandler(channel->irq, channel);
    xenbus_teardown_ring(&page, 1, &channel->grant);
}

void channel_end(struct channel *channel)
{
    WRITE_ONCE(channel->is_dead, true);
    wake_up(&channel->answered);
}

static void tell(struct channel *channel, enum vtpm_shared_page_state state)
{
    xchg(&channel->is_awaited, 1);
    virt_wmb(); /* the rest of the page first */
    WRITE_ONCE(channel->page->state, state);
    notify_remote_via_irq(channel->irq);
}

static void submit(struct channel *channel, const u8 *command, size_t size)
{
    memcpy(message_of(channel), command, size);
    WRITE_ONCE(channel->page->length, (u32)size);
    WRITE_ONCE(channel->page->locality, 0);
    WRITE_ONCE(channel->page->nr_extra_pages, 0);
    channel->is_busy = true;
    tell(channel, VTPM_STATE_SUBMIT);
}

/* Nobody waits for the answer any more; it may come nevertheless, and if
 * nothing does the page stays the back end's. */
static void cancel(struct channel *channel)
{
    tell(channel, VTPM_STATE_CANCEL);
    if (wait_event_timeout(channel->answered, is_answered(channel),
                           CANCEL_TIME) > 0) {
        channel->is_busy = false;
    }
}

static int wait(struct channel *channel)
{
    long left = wait_event_killable_timeout(channel->answered,
                                            is_answered(channel), COMMAND_TIME);

    if (left <= 0) {
        cancel(channel);
        return left == 0 ? -ETIME : -EINTR;
    }
    channel->is_busy = false;
    return READ_ONCE(channel->is_dead) ? -ENODEV : 0;
}

int channel_send(struct channel *channel, const u8 *command, size_t size)
{
    if (size < TPM_MESSAGE_HEADER_SIZE) {
        return -EINVAL;
    }
    if (size > TPM_MESSAGE_MAX) {
        return -E2BIG;
    }
    if (READ_ONCE(channel->is_dead)) {
        return -ENODEV;
    }
    if (channel->is_busy && !is_answered(channel)) {
        return -EBUSY;
    }
    submit(channel, command, size);
    return wait(channel);
}

int channel_receive(struct channel *channel, u8 *answer, size_t room)
{
    u32 size;

    if (READ_ONCE(channel->page->state) != VTPM_STATE_FINISH) {
        return -ECANCELED;
    }
    virt_rmb(); /* the state before the rest */
    size = READ_ONCE(channel->page->length);
    if (!answer_fits(size, room)) {
        return -EIO;
    }
    memcpy(answer, message_of(channel), size);
    return answer_is_whole(answer, size) ? (int)size : -EIO;
}
