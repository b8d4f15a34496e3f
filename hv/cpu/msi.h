/* SPDX-License-Identifier: MIT */
/*
 * Message-signalled interrupts of PCI functions: finds the capability, writes
 * address and data, masks and unmasks.  The guest never chooses what a device
 * writes where.  irq_lock is held by the caller.
 */
#pragma once

#include "hv/base/compiler.h"
#include "hv/base/types.h"

/* One message of one function. */
struct msi {
    uint16_t segment;
    uint16_t bdf;   /* bus << 8 | device << 3 | function */
    uint16_t entry; /* of the MSI-X table; MSI: 0 */
    uint8_t is_msix;
    uint8_t capability;             /* its offset in configuration space */
    volatile uint32_t *table_entry; /* MSI-X: mapped, four words */
};

/*
 * Finds the capability and, for MSI-X, the table entry.  -ENODEV: no such
 * function or capability; -EINVAL: no such entry, or the table is not in
 * device memory; -ENOMEM: it cannot be mapped.
 */
int msi_prepare(struct msi *msi) NODISCARD;
/* Writes address and data, masked; MSI-X: makes the function use its table. */
void msi_program(const struct msi *msi, uint8_t vector, uint32_t apic_id);
void msi_mask(const struct msi *msi);
void msi_unmask(const struct msi *msi);
