/* SPDX-License-Identifier: MIT */
/*
 * A machine for interrupts: an IOAPIC of 24 pins, two PCI functions, a page of
 * MSI-X table, a hardware domain.
 */
#pragma once

#include "hv/domain/domain.h"
#include "hv/mem/page.h"

#define PINS        24u
#define IOAPIC_BASE 0xfec00000ull
#define UART_GSI    4u
#define MASKED      0x10000u
#define LEVEL       0x8000u
#define LOW         0x2000u
#define TABLE_BASE  0xe0000000ull
#define DENIED_BASE 0xfed40000ull
#define RAM_FRAMES  16u

extern struct domain hardware;
extern struct vcpu hardware_vcpu;
extern struct cpu boot_cpu;
extern struct page frames[RAM_FRAMES];
extern uint32_t ioapic_page[8]; /* index, and its data through functions */
extern uint32_t ioapic_registers[0x10 + 2 * PINS];
extern uint32_t table[8][4]; /* MSI-X table of the device */
extern uint8_t pci[2][256];  /* two functions: 00:01.0 and 00:02.0 */
extern uint32_t eois, pending_port, mapped_count;
extern bool masked_before_eoi; /* of watched_pin, at the last EOI */
extern uint32_t watched_pin;

/* The low half of the pin's entry; the high half follows. */
uint32_t *route_of(uint32_t gsi);
bool is_masked(uint32_t gsi);
