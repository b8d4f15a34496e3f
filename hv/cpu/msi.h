/* SPDX-License-Identifier: MIT */
/*
 * Message-signalled interrupts of PCI functions: finds the capability, writes
 * address and data, masks and unmasks.  Turning the capability on and off is
 * the driver's, through configuration space.
 */
#pragma once

#include "hv/base/compiler.h"
#include "hv/base/types.h"

/* One message of one function. */
struct msi {
    uint16_t bdf;   /* bus << 8 | device << 3 | function, segment 0 */
    uint16_t entry; /* of the MSI-X table; MSI: 0 */
    uint8_t is_msix;
    uint8_t capability; /* its offset in configuration space */
    uint16_t control;   /* its control word, for the layout of the rest */
    maddr_t table;      /* MSI-X: where the entry is */
    volatile uint32_t *table_entry; /* and mapped, by whoever uses it */
};

#define MSI_ENTRY_SIZE 16u

/*
 * Finds the capability and, for MSI-X, the address of the table entry as the
 * function has it: the caller checks that it is device memory and maps it.
 * -ENODEV: no such function or capability; -ENOENT: no such entry; -ENXIO: its
 * memory is not decoded.
 */
int msi_prepare(struct msi *msi) NODISCARD;

/* Writes address and data, masked.  irq_lock held for this and below. */
void msi_program(const struct msi *msi, uint8_t vector, uint32_t apic_id);
void msi_mask(const struct msi *msi);
void msi_unmask(const struct msi *msi);
