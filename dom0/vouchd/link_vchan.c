/* SPDX-License-Identifier: MIT */
/* The link as a libxenvchan client of the ring that the domain offers. */
#include "dom0/vouchd/link.h"

#include <libxenvchan.h>
#include <stdio.h>

#include "lib/vtpm_wire.h"

struct link *link_open(uint16_t domid)
{
    char path[64];
    snprintf(path, sizeof(path), "/local/domain/%u/" VTPM_WIRE_PATH, domid);
    struct libxenvchan *ring = libxenvchan_client_init(NULL, domid, path);
    if (ring != NULL) {
        ring->blocking = 0; /* the library leaves it as it finds it */
    }
    return (struct link *)ring;
}

static struct libxenvchan *ring_of(const struct link *link)
{
    return (struct libxenvchan *)link;
}

void link_close(struct link *link)
{
    libxenvchan_close(ring_of(link));
}

int link_descriptor(const struct link *link)
{
    return libxenvchan_fd_for_select(ring_of(link));
}

/* Takes the event, and lets the next one come. */
void link_wake(struct link *link)
{
    (void)libxenvchan_wait(ring_of(link));
}

int link_read(struct link *link, void *data, size_t size)
{
    return libxenvchan_read(ring_of(link), data, size);
}

int link_write(struct link *link, struct bytes bytes)
{
    return libxenvchan_write(ring_of(link), bytes.data, bytes.size);
}
