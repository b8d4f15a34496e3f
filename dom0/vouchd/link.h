/* SPDX-License-Identifier: MIT */
/*
 * A byte stream to a vTPM domain, which nothing here waits for. The build
 * chooses what it is: a ring in shared memory (link_vchan.c), or, for tests on
 * a machine without a hypervisor, a socket.
 */
#ifndef VOUCH_DOM0_VOUCHD_LINK_H
#define VOUCH_DOM0_VOUCHD_LINK_H

#include "lib/bytes.h"

struct link;

/* NULL if the domain offers none. */
struct link *link_open(uint16_t domid);
void link_close(struct link *link);

/* Readable when something may have changed; then link_wake() first. */
int link_descriptor(const struct link *link);
void link_wake(struct link *link);

/* How many bytes were read or written at once, 0 for none yet, -1 when the
 * other end is gone. */
NODISCARD int link_read(struct link *link, void *data, size_t size);
NODISCARD int link_write(struct link *link, struct bytes bytes);

#endif
