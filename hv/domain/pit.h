/* SPDX-License-Identifier: MIT */
/*
 * Channel 2 of an 8254 timer and its gate, as ports 0x42, 0x43 and 0x61 show
 * them: what kernels calibrate against, and no more.  A model of its own for each domain,
 * driven by system time; the real one belongs to the hypervisor.  Only the
 * domain itself can be confused by its vCPUs racing here, so there is no lock.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define PIT_HZ 1193182u

struct pit {
    uint64_t started_ns; /* when the count began, or the gate opened again */
    uint64_t ticks;      /* counted before that */
    uint32_t reload;     /* 1..0x10000; 0: no count was written yet */
    uint16_t latched;    /* the count a latch command froze */
    uint8_t latch_left;  /* bytes of it still to be read */
    uint8_t access;      /* 1: low byte, 2: high byte, 3: low then high */
    uint8_t low;         /* the first byte of two written */
    bool write_high;     /* the next byte written is the high one */
    bool read_high;
    uint8_t control; /* port 0x61: bit 0 gate, bit 1 speaker */
    bool refresh;    /* toggles as the DRAM refresh bit did */
};

/* port is 0x42, 0x43 or 0x61. */
uint8_t pit_read(struct pit *pit, uint16_t port, uint64_t now_ns);
void pit_write(struct pit *pit, uint16_t port, uint8_t value, uint64_t now_ns);
