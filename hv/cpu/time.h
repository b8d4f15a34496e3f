/* SPDX-License-Identifier: MIT */
/*
 * System time: nanoseconds since the hypervisor was entered, from the TSC,
 * which is calibrated at boot against the HPET, the ACPI PM timer or the PIT.
 * The scale is what pvclock hands to guests, so that all read one clock.
 */
#pragma once

#include "hv/base/system_time.h"
#include "hv/base/types.h"

/* Set by time_start() and time_init(), then constant. */
extern uint64_t tsc_khz;
extern bool tsc_is_stable;        /* all CPUs' TSCs agree */
extern uint64_t boot_wallclock_s; /* UTC at system time 0, from the RTC */

/* Counters to calibrate against; 0 for what the machine does not have. */
struct time_sources {
    maddr_t hpet;
    uint16_t pm_timer_port;
};

/* The TSC at a system time; saturates. */
uint64_t ns_to_tsc(uint64_t time_ns);

/* pvclock's mul and shift for a frequency: 2^31 <= mul < 2^32. */
void time_find_scale(uint64_t tsc_hz, uint32_t *mul, int8_t *shift);

/* UTC seconds since 1970 of a date of the Gregorian calendar. */
uint64_t time_from_date(unsigned int year, unsigned int month, unsigned int day,
                        unsigned int second_of_day);

/* As early as possible: system time 0. */
void time_start(void);
/* Calibrates the TSC (and tells apic.c its timer's rate); reads the RTC. */
void time_init(const struct time_sources *sources);

void udelay(uint64_t us);
