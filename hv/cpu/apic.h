/* SPDX-License-Identifier: MIT */
/*
 * The local APIC: its timer, end of interrupt, and messages between CPUs.  In
 * x2APIC mode where firmware left it so, through its page otherwise.  A CPU
 * touches only its own.
 */
#pragma once

#include "hv/base/types.h"

/* On the boot CPU, once: finds the mode and maps the registers. */
void apic_init(maddr_t registers);
/* On every CPU: enables it; timer and everything else masked. */
void apic_enable(void);
uint32_t apic_id(void); /* this CPU's */

void lapic_eoi(void);

/*
 * VECTOR_TIMER on this CPU at system time deadline_ns, at once if that is
 * past, or somewhat earlier if it is too far for the timer; 0: never.
 */
void lapic_timer_set(uint64_t deadline_ns);

void apic_send(uint32_t to_apic_id, uint32_t vector);
void apic_send_init(uint32_t to_apic_id);
void apic_send_startup(uint32_t to_apic_id, maddr_t page);

/* For time.c: the timer counts down from its maximum, interrupt masked. */
void apic_timer_start_calibration(void);
uint32_t apic_timer_count(void);
void apic_timer_set_rate(uint64_t hz);
