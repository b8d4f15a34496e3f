/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's own console lines and its way to stop.
 * log_line() prints "(vouch) [seconds.micros] text\n" on the serial console
 * and in the ring that dom0 reads.  Formats: %d %u %x %lx %llx %lu %ld %s %p
 * %zu and %%, with width and zero padding.
 */
#pragma once

#include "hv/base/compiler.h"
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>

void log_line(const char *format, ...) printf_like(1, 2);
/* The same without the serial line, which is slow: to the ring alone. */
void log_quietly(const char *format, ...) printf_like(1, 2);
/* From now on such lines go to the ring alone, until log_show(). */
void log_hide(void);
void log_show(void);
/* Formats into buffer (always NUL terminated); returns the length written. */
size_t format_text(char *buffer, size_t size, const char *format, ...)
    printf_like(3, 4);
size_t format_text_v(char *buffer, size_t size, const char *format,
                     va_list args);

/*
 * For a condition of our own that does not hold: prints the text, registers,
 * a symbolised trace and the last hypercalls; stops every CPU; then reboots
 * or halts as the command line says.  Never for what a guest, the firmware,
 * the TPM or a file can cause.
 */
void panic(const char *format, ...) noreturn printf_like(1, 2);

/*
 * For bad input at boot that leaves nothing to boot: one clear line that says
 * what and where, then halt or reboot as the command line says; no trace.
 */
void refuse_boot(const char *format, ...) noreturn printf_like(1, 2);

#define CHECK(x)                                                               \
    do {                                                                       \
        if (unlikely(!(x))) {                                                  \
            panic("CHECK failed: %s at %s:%d", #x, __FILE__, __LINE__);        \
        }                                                                      \
    } while (0)
