/* SPDX-License-Identifier: MIT */
/* The fake machine: I/O ports are functions of the test. */
#pragma once

#define outb hardware_outb
#define outw hardware_outw
#define outl hardware_outl
#define inb  hardware_inb
#define inw  hardware_inw
#define inl  hardware_inl
#include_next "hv/base/asm.h"
#undef outb
#undef outw
#undef outl
#undef inb
#undef inw
#undef inl

void outb(uint16_t port, uint8_t value);
void outw(uint16_t port, uint16_t value);
void outl(uint16_t port, uint32_t value);
uint8_t inb(uint16_t port);
uint16_t inw(uint16_t port);
uint32_t inl(uint16_t port);
