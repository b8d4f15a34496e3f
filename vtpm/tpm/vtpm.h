/* SPDX-License-Identifier: MIT */
/*
 * One guest's TPM, from the first sign of the guest on: its state is opened or
 * made, its keys registered with the hypervisor, and only then may the guest
 * connect. Whatever is wrong on the way is said on the console and is the end
 * of it: no guest is served by a TPM that may not be its own.
 */
#ifndef VOUCH_VTPM_TPM_VTPM_H
#define VOUCH_VTPM_TPM_VTPM_H

#include "vtpm/tpm/certificate.h"
#include "vtpm/tpm/evidence.h"
#include "vtpm/tpm/port.h"
#include "vtpm/tpm/setup.h"
#include "vtpm/tpm/store.h"

enum vtpm_life {
    VTPM_IDLE,    /* no guest is known */
    VTPM_LOADING, /* dom0 was asked for what is stored */
    VTPM_STORING, /* this start's first state, before anybody is served */
    VTPM_SERVING,
    VTPM_REFUSED, /* for good */
};

struct vtpm {
    enum vtpm_life life;
    uint16_t domid;
    struct wire wire;
    struct platform platform;
    struct store store;
    struct evidence evidence;
    struct certificate certificate;
    bool is_measured; /* the guest's launch is in the PCRs */
    /* Loading */
    uint64_t least;    /* version: what is older is a replay */
    uint64_t retry_ms; /* 0: not waiting to try again */
    uint64_t questions[VTPM_STATE_SLOTS];
    struct state_slot slots[VTPM_STATE_SLOTS];
    uint8_t *memory[VTPM_STATE_SLOTS]; /* that the slots are in */
    unsigned loaded;                   /* slots looked at */
    bool is_unavailable;               /* dom0 could not say what is stored */
    bool is_waiting;                   /* for another vTPM to go, and said so */
    /* An answer that waits until the state is stored */
    uint64_t held_until_ms; /* 0: none */
    struct buffer answer;
    struct buffer command;
    uint8_t answer_data[VTPM_COMMAND_MAX], command_data[VTPM_COMMAND_MAX];
};

void vtpm_init(struct vtpm *vtpm);
void vtpm_event(struct vtpm *vtpm, const struct vtpm_event *event);
/* What can go on by itself: the stream, stores, timers. */
void vtpm_step(struct vtpm *vtpm);
/* When to call it again if nothing happens; -1: never. */
int vtpm_timeout_ms(const struct vtpm *vtpm);

#endif
