/* SPDX-License-Identifier: MIT */
/* The hypervisor's log, as "xl dmesg" reads it: what is new in it. */
#ifndef TESTS_GUEST_LIB_LOG_H
#define TESTS_GUEST_LIB_LOG_H

#include "guest.h"

/* Takes what was said since the last call; the rest looks at that. */
void log_new(void);
/* In how many places text stands, and whether it does at all. */
unsigned int log_count(const char *text);
bool log_has(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The sum of the numbers that stand behind text. */
unsigned int log_sum(const char *text);

#endif
