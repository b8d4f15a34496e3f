/* SPDX-License-Identifier: MIT */
/*
 * Where drivers plug in: vtpm/base/drivers.c lists them, and the calls of
 * vtpm/base/calls.h that are theirs. Nothing else in the kernel knows one.
 */
#ifndef VOUCH_VTPM_BASE_DRIVER_H
#define VOUCH_VTPM_BASE_DRIVER_H

#include "vtpm/base/calls.h"
#include "vtpm/base/kernel.h"

struct driver {
    /* Once, before the program starts; everything in the kernel works. */
    void (*init)(void);
    /* Is there something to tell the program? Then it is in *event. Called
     * by VTPM_CALL_WAIT after the handlers of events have run; each driver in
     * turn, so that none starves the others. Must not wait. */
    bool (*poll)(struct vtpm_event *event);
    /* When poll() wants to be called even if no event comes; NULL: never. */
    uint64_t (*deadline_ns)(void);
};

/* A call's arguments, as the program gave them: nothing in them is checked.
 * user.h has what follows a pointer. */
struct call {
    uint64_t a, b, c, d, e, f;
};

struct call_row {
    uint64_t number;
    long (*handler)(const struct call *call); /* 0 or more, or negated errno */
};

/* Each list ends with NULL: a driver, a handler. */
extern const struct driver *const drivers[];
extern const struct call_row driver_calls[];

#endif
