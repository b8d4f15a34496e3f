/* SPDX-License-Identifier: MIT */
/* Time in nanoseconds as the hypervisor gives it in shared memory. */
#ifndef VOUCH_VTPM_BASE_CLOCK_H
#define VOUCH_VTPM_BASE_CLOCK_H

#include "vtpm/base/kernel.h"

#define MILLISECOND_NS 1000000ul
#define SECOND_NS      1000000000ul
#define CLOCK_FOREVER  UINT64_MAX /* a deadline that never comes */

/* Since the hypervisor started; never goes back. */
uint64_t clock_ns(void);
/* The CPU's own count, which is there before the hypervisor's memory is mapped,
 * and how long it is since then. */
uint64_t clock_count(void);
uint64_t clock_since_ns(uint64_t count);
/* Since 1970, as dom0 set it. */
uint64_t clock_wall_ns(void);
/* The deadline that many milliseconds away; negative: CLOCK_FOREVER. */
uint64_t clock_deadline_ns(int64_t timeout_ms);

#endif
