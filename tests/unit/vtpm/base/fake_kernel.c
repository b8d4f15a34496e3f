/* SPDX-License-Identifier: MIT */
/* See fake_kernel.h. */
#include "tests/unit/vtpm/base/fake_kernel.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "vtpm/base/clock.h"
#include "vtpm/base/console.h"
#include "vtpm/base/errno.h"
#include "vtpm/base/event.h"
#include "vtpm/base/grant.h"
#include "vtpm/base/hypercall.h"
#include "vtpm/base/page.h"
#include "vtpm/base/user.h"
#include "vtpm/base/window.h"

struct fake_kernel fake;
static struct start_info info;
const struct start_info *start_info = &info;

void fake_reset(void)
{
    memset(&fake, 0, sizeof(fake));
    memset(&info, 0, sizeof(info));
    info.store_evtchn = 1;
    info.store_mfn = 99;
}

void fake_event(uint32_t port)
{
    if (fake.ports[port].is_open) {
        fake.ports[port].handler(fake.ports[port].context);
    }
}

uint64_t clock_ns(void)
{
    return fake.now_ns;
}

uint64_t clock_deadline_ns(int64_t timeout_ms)
{
    return timeout_ms < 0 ? CLOCK_FOREVER
                          : fake.now_ns + (uint64_t)timeout_ms * MILLISECOND_NS;
}

void console_line(const char *format, ...)
{
    size_t used = strlen(fake.lines);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fake.lines + used, sizeof(fake.lines) - used, format, arguments);
    va_end(arguments);
    strncat(fake.lines, "\n", sizeof(fake.lines) - strlen(fake.lines) - 1);
}

/* ---- events ---- */

int event_adopt(uint32_t port, event_handler *handler, void *context)
{
    if (port == 0 || port >= FAKE_PORTS) {
        return -EINVAL;
    }
    fake.ports[port].is_open = true;
    fake.ports[port].handler = handler;
    fake.ports[port].context = context;
    return 0;
}

/* The lowest that is free, as the hypervisor does. */
static int open_port(uint16_t domid, event_handler *handler, void *context,
                     uint32_t *port)
{
    for (uint32_t i = 2; i < FAKE_PORTS; i++) {
        if (!fake.ports[i].is_open) {
            *port = fake.last_port = i;
            fake.ports[i].domid = domid;
            fake.ports[i].sent = 0;
            return event_adopt(i, handler, context);
        }
    }
    return -ENOSPC;
}

int event_alloc_unbound(uint16_t domid, event_handler *handler, void *context,
                        uint32_t *port)
{
    return open_port(domid, handler, context, port);
}

int event_bind(uint16_t domid, uint32_t remote_port, event_handler *handler,
               void *context, uint32_t *port)
{
    if (domid != fake.guest || remote_port != fake.guest_port) {
        return -EINVAL;
    }
    return open_port(domid, handler, context, port);
}

void event_send(uint32_t port)
{
    fake.ports[port].sent++;
}

void event_close(uint32_t port)
{
    fake.ports[port].is_open = false;
}

bool event_wait_port(uint32_t port, uint64_t deadline_ns)
{
    (void)port;
    if (fake.peer != NULL && fake.peer()) {
        return true;
    }
    fake.now_ns = deadline_ns;
    return false;
}

/* ---- memory ---- */

void *page_alloc(void)
{
    return aligned_alloc(FAKE_PAGE, FAKE_PAGE);
}

void *window_map(uint64_t mfn)
{
    (void)mfn;
    return fake.store_page;
}

int grant_give(uint16_t domid, const void *page, uint32_t *ref)
{
    (void)domid;
    for (uint32_t i = 8; i < FAKE_GRANTS; i++) {
        if (fake.given[i].page == NULL) {
            fake.given[i].page = page;
            fake.given[i].is_mapped = false;
            *ref = i;
            return 0;
        }
    }
    return -ENOSPC;
}

bool grant_end(uint32_t ref)
{
    if (fake.given[ref].is_mapped) {
        return false;
    }
    fake.given[ref].page = NULL;
    return true;
}

int grant_map(uint16_t domid, uint32_t ref, struct grant_mapping *out)
{
    if (domid != fake.guest || ref != fake.guest_ref) {
        return -EINVAL;
    }
    fake.maps++;
    *out = (struct grant_mapping){.page = fake.guest_page, .handle = 5};
    return 0;
}

void grant_unmap(struct grant_mapping *mapping)
{
    fake.unmaps += mapping->page != NULL;
    mapping->page = NULL;
}

/* ---- the program: its addresses are ours, but 0 ---- */

int user_write(uint64_t address, const void *from, uint64_t size)
{
    if (address == 0) {
        return -EFAULT;
    }
    memcpy((void *)address, from, size);
    return 0;
}

int user_bytes(uint64_t address, uint64_t size, struct bytes *out)
{
    *out = bytes_of((const void *)address, size);
    return address == 0 ? -EFAULT : 0;
}

int user_buffer(uint64_t address, uint64_t size, struct buffer *out)
{
    *out = buffer_over((void *)address, size);
    return address == 0 ? -EFAULT : 0;
}
