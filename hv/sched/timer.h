/* SPDX-License-Identifier: MIT */
/*
 * Timers: each CPU has a list ordered by deadline and its LAPIC programmed for
 * the first.  A timer goes to the list of the CPU that set it and fires there,
 * wherever its vCPU is.  timer_lock guards all lists; it is not held while
 * expired() runs.
 */
#pragma once

#include "hv/domain/vcpu.h"

void timer_init(struct timer *timer, void (*expired)(void *object),
                void *object);
/* (Re)arms it for the system time expires_ns; a past one fires at once. */
void timer_set(struct timer *timer, uint64_t expires_ns);
/* Disarms it.  expired() may still be running on another CPU. */
void timer_stop(struct timer *timer);
/*
 * Disarms it and waits until expired() does not run on another CPU.  No lock
 * that expired() takes may be held; expired() must not set it again.
 */
void timer_destroy(struct timer *timer);

/* From the LAPIC timer's vector, after its EOI: runs what expired. */
void timer_interrupt(void);
