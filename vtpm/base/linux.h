/* SPDX-License-Identifier: MIT */
/* Numbers of Linux's ABI that a program passes (uapi headers), and the calls
 * of memory.c. */
#ifndef VOUCH_VTPM_BASE_LINUX_H
#define VOUCH_VTPM_BASE_LINUX_H

#include "vtpm/base/driver.h"

#define LINUX_PROT_READ             1
#define LINUX_PROT_WRITE            2
#define LINUX_PROT_EXEC             4
#define LINUX_MAP_PRIVATE           0x02
#define LINUX_MAP_FIXED             0x10
#define LINUX_MAP_ANONYMOUS         0x20

#define LINUX_ARCH_SET_FS           0x1002

#define LINUX_FUTEX_WAIT            0
#define LINUX_FUTEX_WAKE            1
#define LINUX_FUTEX_WAIT_BITSET     9
#define LINUX_FUTEX_WAKE_BITSET     10
#define LINUX_FUTEX_PRIVATE         128
#define LINUX_FUTEX_REALTIME        256

#define LINUX_CLOCK_REALTIME        0
#define LINUX_CLOCK_REALTIME_COARSE 5
#define LINUX_CLOCK_BOOTTIME        7

long do_mmap(const struct call *call);
long do_mprotect(const struct call *call);
long do_munmap(const struct call *call);
long do_brk(const struct call *call);

#endif
