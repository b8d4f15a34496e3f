/* SPDX-License-Identifier: MIT */
/*
 * Text with %s %c %d %u %x %lu %lx in it, as printf has them, into a buffer;
 * what does not fit is left out.
 */
#ifndef VOUCH_VTPM_BASE_FORMAT_H
#define VOUCH_VTPM_BASE_FORMAT_H

#include "lib/bytes.h"

void format_text(struct buffer *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void format_list(struct buffer *out, const char *format,
                 __builtin_va_list arguments);

#endif
