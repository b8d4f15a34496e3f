/* SPDX-License-Identifier: MIT */
/* Lines come out whole and at once. */
#include "dom0/vouchd/say.h"

#include <stdarg.h>
#include <stdio.h>

void say(const char *format, ...)
{
    va_list arguments;
    fputs("vouchd: ", stdout);
    va_start(arguments, format);
    vprintf(format, arguments);
    va_end(arguments);
    putchar('\n');
    fflush(stdout);
}
