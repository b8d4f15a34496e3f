/* SPDX-License-Identifier: MIT */
/*
 * Reading system time: nanoseconds since the hypervisor was entered, from the
 * TSC by a scale that hv/cpu/time.c calibrates.
 */
#pragma once

#include "hv/base/asm.h"

/* Set by time_start() and time_init(), then constant. */
extern uint64_t tsc_at_zero;       /* TSC at system time 0 */
extern uint32_t tsc_to_system_mul; /* as in pvclock; 0 before time_init() */
extern int8_t tsc_shift;           /* as in pvclock */

/* System time when the TSC read tsc. */
static inline uint64_t tsc_to_ns(uint64_t tsc)
{
    uint64_t delta = tsc - tsc_at_zero;

    if (tsc_shift >= 0) {
        delta <<= tsc_shift;
    } else {
        delta >>= -tsc_shift;
    }
    return (uint64_t)(((unsigned __int128)delta * tsc_to_system_mul) >> 32);
}

/* 0 before time_init(). */
static inline uint64_t system_time_ns(void)
{
    return tsc_to_ns(rdtsc());
}
