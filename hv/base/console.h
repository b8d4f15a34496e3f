/* SPDX-License-Identifier: MIT */
/*
 * The console: the serial line COM1, and a ring of the last output for dom0.
 * console_lock guards all of it.  Without a UART the ring alone is written.
 */
#pragma once

#include "hv/base/compiler.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONSOLE_PORT      0x3f8 /* first of 8 I/O ports that dom0 may not use */
#define CONSOLE_IRQ       4     /* ISA interrupt of COM1 */
#define CONSOLE_RING_SIZE 16384u

/* Programs the UART: 115200 8n1, FIFOs on, interrupts off. */
void console_init(void);
bool console_has_uart(void);

/* Writes to the line and the ring; '\n' goes out as "\r\n". */
void console_write(const char *text, size_t size);

/*
 * Of the ring, from stream position *position on (moved up if that was
 * overwritten), at most size bytes; *position becomes what follows them.
 */
size_t console_ring_read(char *to, size_t size, uint64_t *position);
/* Positions below this were cleared by dom0 and are not read again. */
uint64_t console_ring_start(void);
void console_ring_clear(void);

/* Switches the UART's receive interrupt on (IRQ 4 is routed by then). */
void console_enable_input(void);
/* Takes what the UART received; true if there is input now to be read. */
bool console_poll_input(void);
/* Input for dom0: at most size bytes, 0 if there is none. */
size_t console_read(char *to, size_t size);

/* For a panic: forgets who holds the lock. */
void console_break_lock(void);
