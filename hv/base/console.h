/* SPDX-License-Identifier: MIT */
/*
 * The console: one serial line, and a ring of the hypervisor's
 * last lines for dom0.  console_lock guards all of it.
 */
#pragma once

#include "hv/base/compiler.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONSOLE_RING_SIZE 65536u

/*
 * Uses COMn (1 to 4; 0: the ring alone) from now on, 8n1, FIFOs on, interrupts
 * off; baud 0 leaves the rate that firmware set.
 */
void console_init(unsigned int com, uint32_t baud);
/* First of the UART's 8 I/O ports, which dom0 may not use; 0: there is none. */
uint16_t console_port(void);
/* Its ISA interrupt. */
uint32_t console_irq(void);

/* Guests' output goes to the line alone; '\n' goes out as "\r\n". */
void console_write_serial(const char *text, size_t size);
void console_write_ring(const char *text, size_t size);

/*
 * Of the ring, from stream position *position on (moved up if that was
 * overwritten or cleared), at most size bytes; *position becomes what follows.
 */
size_t console_ring_read(char *to, size_t size, uint64_t *position);
uint64_t console_ring_end(void); /* the position after the last byte */
/* What is in it now is not read again. */
void console_ring_clear(void);

/* Switches the UART's receive interrupt on; it is routed by then. */
void console_enable_input(void);
/* Takes what the UART received; true if there is input now to be read. */
bool console_poll_input(void);
/* Input for dom0: at most size bytes, 0 if there is none. */
size_t console_read(char *to, size_t size);

/* For a panic: forgets who holds the lock. */
void console_break_lock(void);
