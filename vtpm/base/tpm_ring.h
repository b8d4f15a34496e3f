/* SPDX-License-Identifier: MIT */
/*
 * The connection to a guest's TPM driver: its page, its event channel, and the
 * one command that it can have under way.
 */
#ifndef VOUCH_VTPM_BASE_TPM_RING_H
#define VOUCH_VTPM_BASE_TPM_RING_H

#include "lib/bytes.h"
#include "vtpm/base/calls.h"
#include "vtpm/base/kernel.h"

/* Maps the page that domid granted and binds its port; a command that is in
 * the page already is taken. 0, or a negated errno and nothing has changed. */
NODISCARD int tpm_ring_open(uint16_t domid, uint32_t ref, uint32_t port);
bool tpm_ring_is_open(void);
/* Is it open with these? Of two that follow one another the grants differ: the
 * first is in use as long as it is open. */
bool tpm_ring_is_of(uint32_t ref, uint32_t port);
/* A command that is under way is forgotten. Allowed at any time. */
void tpm_ring_close(void);

/* A command that came, or that it was given up: told once each. */
bool tpm_ring_poll(struct vtpm_event *event);

/* The command that is under way; none if there is none. */
struct bytes tpm_ring_command(void);
/* Answers it: -ECANCELED if there is none. */
NODISCARD int tpm_ring_respond(struct bytes response);

#endif
