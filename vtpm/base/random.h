/* SPDX-License-Identifier: MIT */
/*
 * Random numbers. All entropy that counts comes from the CPU: from RDSEED, or
 * from so much of RDRAND that it must have been seeded anew meanwhile. A CPU
 * with neither gives no random numbers at all. What else is mixed in (time,
 * start_info) is what dom0 may know, and counts for nothing.
 */
#ifndef VOUCH_VTPM_BASE_RANDOM_H
#define VOUCH_VTPM_BASE_RANDOM_H

#include "lib/bytes.h"

void random_init(void);

/* More to mix in, which counts for nothing: a key from the hypervisor. */
void random_add(struct bytes bytes);

/* Fills the buffer, or -EAGAIN: there is no entropy. */
NODISCARD int random_fill(struct buffer *out);

/* For what has to be there but not to be secret: without entropy, the time. */
void random_fill_weakly(struct buffer *out);

#endif
