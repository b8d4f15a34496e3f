/* SPDX-License-Identifier: MIT */
/*
 * What the program needs of the world around it. port_stub.c makes the calls of
 * the stub kernel (vtpm/base/calls.h), whose results are passed on as they are;
 * on a host the tests have two others. Times are milliseconds.
 */
#ifndef VOUCH_VTPM_TPM_PORT_H
#define VOUCH_VTPM_TPM_PORT_H

#include "hv/abi/vouch.h"
#include "lib/bytes.h"
#include "vtpm/base/calls.h"

/* 0 and an event, or -ETIMEDOUT; timeout_ms -1 is for ever. */
NODISCARD int port_wait(struct vtpm_event *event, int timeout_ms);

/* vouch_op: one of those without an address in their structure. */
NODISCARD int port_op(unsigned operation, void *structure, size_t size_bytes);

NODISCARD int port_serve(uint16_t domid);

/* The guest's command, replacing what is in out. */
NODISCARD int port_command(struct buffer *out);
NODISCARD int port_respond(struct bytes answer);

/* Bytes read or written, -EAGAIN, or that there is no stream. */
NODISCARD long port_dom0_read(void *data, size_t room);
NODISCARD long port_dom0_write(struct bytes bytes);

/* Since some time; does not go back. */
uint64_t port_now_ms(void);

/* Blocks until there is entropy, or fails. */
NODISCARD bool port_random(void *data, size_t size);

/* One line for whoever reads the domain's console. */
void port_say(const char *text);

#endif
