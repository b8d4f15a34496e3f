/* SPDX-License-Identifier: MIT */
/*
 * What another CPU may still have cached: it flushes only when the hypervisor
 * tells it to, and walks every table and uses every entry at once.
 */
#pragma once

/* A new machine: nothing is cached.  From here on flushes are noticed. */
void cached_reset(void);
/*
 * After each operation: NULL, or the first frame that the CPU would still use
 * as what it is no more.  Then it looks at all tables again.
 */
const char *cached_check(void);
