/* SPDX-License-Identifier: MIT */
/*
 * See console.h. The ring is shared with a reader in dom0, who may write
 * anything into it: only its consumer's index is read, and only used to see
 * whether there is room.
 */
#include "vtpm/base/console.h"

#include "vtpm/base/clock.h"
#include "vtpm/base/event.h"
#include "vtpm/base/format.h"
#include "vtpm/base/hypercall.h"
#include "vtpm/base/window.h"

#include <xen/io/console.h>

#define LINE_MAX    200
#define PATIENCE_MS 1000

static struct xencons_interface *ring; /* NULL: the hypervisor's console */
static bool is_stuck; /* it was full for too long, and still is */

void console_init(void)
{
    if ((start_info->flags & SIF_INITDOMAIN) == 0) {
        ring = window_map(start_info->console.domU.mfn);
    }
}

static uint32_t ring_room(void)
{
    uint32_t used = ring->out_prod - READ_ONCE(ring->out_cons);

    return used < sizeof(ring->out) ? sizeof(ring->out) - used : 0;
}

/* Until there is room, or the reader seems to be gone. */
static bool ring_wait(void)
{
    uint64_t deadline_ns = clock_deadline_ns(PATIENCE_MS);

    while (ring_room() == 0 && !is_stuck) {
        event_send(start_info->console.domU.evtchn);
        if (!event_wait_port(start_info->console.domU.evtchn, deadline_ns)) {
            is_stuck = ring_room() == 0;
            break;
        }
    }
    is_stuck = is_stuck && ring_room() == 0;
    return !is_stuck;
}

static void ring_write(struct bytes text)
{
    uint32_t position = ring->out_prod;

    for (size_t i = 0; i < text.size; i++) {
        if (ring_room() == 0) {
            if (!ring_wait()) {
                break;
            }
        }
        ring->out[MASK_XENCONS_IDX(position, ring->out)] = (char)text.data[i];
        position++;
        memory_barrier();
        WRITE_ONCE(ring->out_prod, position);
    }
    event_send(start_info->console.domU.evtchn);
}

void console_write(struct bytes text)
{
    if (text.size == 0) {
        return;
    }
    if (ring != NULL) {
        ring_write(text);
    } else {
        console_io(CONSOLEIO_write, text.size, text.data);
    }
}

void console_line(const char *format, ...)
{
    char line[LINE_MAX + 1];
    struct buffer out = buffer_over(line, LINE_MAX);
    __builtin_va_list arguments;

    __builtin_va_start(arguments, format);
    format_text(&out, "vtpm: ");
    format_list(&out, format, arguments);
    __builtin_va_end(arguments);
    line[out.used++] = '\n';
    console_write(buffer_bytes(&out));
}
