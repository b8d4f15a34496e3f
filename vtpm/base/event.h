/* SPDX-License-Identifier: MIT */
/*
 * Event channels. The domain never takes an upcall: pending ports stay marked
 * in shared memory until the kernel looks. Handlers run in event_run() and
 * event_wait() only, one after the other, never inside each other.
 */
#ifndef VOUCH_VTPM_BASE_EVENT_H
#define VOUCH_VTPM_BASE_EVENT_H

#include "vtpm/base/kernel.h"

typedef void event_handler(void *context);

#define EVENT_PORTS_MAX 32 /* that have handlers, at one time */

/* A port that domid may bind to; one bound to a port of domid's. 0, or a
 * negated errno. The handler is called at least once after each event. */
NODISCARD int event_alloc_unbound(uint16_t domid, event_handler *handler,
                                  void *context, uint32_t *port);
NODISCARD int event_bind(uint16_t domid, uint32_t remote_port,
                         event_handler *handler, void *context, uint32_t *port);
/* The same for a port that the toolstack made: console, xenstore. */
NODISCARD int event_adopt(uint32_t port, event_handler *handler, void *context);

void event_send(uint32_t port);
/* Closes the port; its handler is not called again. */
void event_close(uint32_t port);

/* Calls the handlers of all ports that are pending. Did any run? */
bool event_run(void);
/* The same, but first waits until there is one, or clock_ns() is past the
 * deadline (CLOCK_FOREVER). */
bool event_wait(uint64_t deadline_ns);
/* Waits for this port alone, whose handler is not called and may be missing:
 * for the console and for xenstore's answers. */
bool event_wait_port(uint32_t port, uint64_t deadline_ns);

void event_init(void);

#endif
