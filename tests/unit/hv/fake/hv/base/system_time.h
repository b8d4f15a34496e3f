/* SPDX-License-Identifier: MIT */
/* The fake machine: time goes on when the test says so. */
#pragma once

#define system_time_ns hardware_system_time_ns
#include_next "hv/base/system_time.h"
#undef system_time_ns

extern uint64_t fake_time_ns;

static inline uint64_t system_time_ns(void)
{
    return fake_time_ns;
}
