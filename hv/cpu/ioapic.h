/* SPDX-License-Identifier: MIT */
/*
 * IOAPICs: redirection entries by GSI.  irq_lock guards the registers, which
 * are read and written through an index.
 */
#pragma once

#include "hv/base/compiler.h"
#include "hv/base/types.h"

#define IOAPIC_MAX  8u
#define IOAPIC_GSIS 240u /* pins of all IOAPICs that we use */

struct ioapic_pin {
    uint8_t vector;
    uint8_t is_level, is_low;
    uint32_t apic_id; /* destination, physical */
};

/*
 * At boot, one for each IOAPIC of the MADT: registers is its page, mapped
 * uncached.  Masks all its pins.  -ENOSPC: too many; -EINVAL: no such device
 * or pins that overlap another's.
 */
int ioapic_add(maddr_t base, volatile void *registers,
               uint32_t gsi_base) NODISCARD;
bool ioapic_has_gsi(uint32_t gsi);

/* Writes the entry, masked. */
void ioapic_route(uint32_t gsi, const struct ioapic_pin *pin);
void ioapic_mask(uint32_t gsi);
void ioapic_unmask(uint32_t gsi);

/* A register of the IOAPIC at base.  -ENODEV. */
int ioapic_read_register(maddr_t base, uint32_t index,
                         uint32_t *value) NODISCARD;
