/* SPDX-License-Identifier: MIT */
/*
 * Time as the ABI gives it: system time in nanoseconds from vcpu_time_info.
 */
#ifndef TESTS_GUEST_LIB_CLOCK_H
#define TESTS_GUEST_LIB_CLOCK_H

#include "guest.h"

uint64_t clock_ns(void);
uint64_t clock_of(const volatile struct vcpu_time_info *time);
long timer_set(uint64_t deadline_ns);
long timer_stop(void);

#endif
