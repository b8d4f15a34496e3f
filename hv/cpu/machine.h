/* SPDX-License-Identifier: MIT */
/*
 * What instruction emulation asks of the machine, one function each, so that
 * the unit tests can put a machine of their own in its place.
 */
#pragma once

#include <stdint.h>

/* size is 1, 2 or 4 bytes. */
uint32_t machine_port_read(uint16_t port, unsigned int size);
void machine_port_write(uint16_t port, unsigned int size, uint32_t value);

/* Only MSRs that every CPU has that we run on. */
uint64_t machine_msr_read(uint32_t msr);
void machine_msr_write(uint32_t msr, uint64_t value);

void machine_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4]);
uint64_t machine_tsc(void);

uint64_t machine_cr0_read(void);
void machine_cr0_write(uint64_t value);
void machine_cr4_write(uint64_t value);
void machine_xcr0_write(uint64_t value);
/* number is 0-3, 6 or 7. */
uint64_t machine_dr_read(unsigned int number);
void machine_dr_write(unsigned int number, uint64_t value);
void machine_cache_flush(void);

/* The descriptor a selector of the running vCPU's GDT, in its slot, names. */
uint64_t machine_gdt_entry(uint32_t gdt_slot, uint16_t selector);
