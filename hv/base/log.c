/* SPDX-License-Identifier: MIT */
/* The hypervisor's own console lines: one write each, so they never mix. */
#include "hv/base/log.h"

#include "hv/base/console.h"
#include "hv/base/system_time.h"

#define LINE_SIZE 512

static bool is_hidden; /* set at boot and by a panic; a race shows a line */

void log_hide(void)
{
    is_hidden = true;
}

void log_show(void)
{
    is_hidden = false;
}

static void line_put(bool is_shown, const char *format, va_list args)
{
    char line[LINE_SIZE];
    uint64_t now_us = system_time_ns() / 1000;
    size_t length;

    length = format_text(line, sizeof(line) - 1, "(vouch) [%5lu.%06lu] ",
                         now_us / 1000000, now_us % 1000000);
    length +=
        format_text_v(line + length, sizeof(line) - 1 - length, format, args);
    line[length++] = '\n';
    if (is_shown) {
        console_write_serial(line, length);
    }
    console_write_ring(line, length);
}

void log_line(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    line_put(!is_hidden, format, args);
    va_end(args);
}

void log_quietly(const char *format, ...)
{
    va_list args;

    va_start(args, format);
    line_put(false, format, args);
    va_end(args);
}
