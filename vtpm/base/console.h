/* SPDX-License-Identifier: MIT */
/*
 * The domain's console: the ring that the toolstack gave it, or the
 * hypervisor's own console for the first domain. A reader that has stopped
 * costs what is written, and one short wait, never more.
 */
#ifndef VOUCH_VTPM_BASE_CONSOLE_H
#define VOUCH_VTPM_BASE_CONSOLE_H

#include "lib/bytes.h"
#include "vtpm/base/kernel.h"

void console_init(void);
void console_write(struct bytes text);

/* %s %c %d %u %x %lu %lx: a line of at most 200 characters, with "vtpm: "
 * in front and its newline added. */
void console_line(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif
