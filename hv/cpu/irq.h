/* SPDX-License-Identifier: MIT */
/*
 * Device interrupts: IOAPIC pins (GSIs) and messages, each with a vector of
 * its own, the same on all CPUs.  A level interrupt stays masked from its
 * arrival to irq_end(); one that is not enabled is masked.  irq_lock guards
 * vectors, pins and messages; handlers run without it.
 */
#pragma once

#include "hv/base/compiler.h"
#include "hv/base/types.h"
#include "hv/cpu/msi.h"

enum irq_trigger { IRQ_EDGE, IRQ_LEVEL };
enum irq_polarity { IRQ_HIGH, IRQ_LOW };

/* At boot, after the IOAPICs were given to ioapic_add(): masks the 8259s. */
void irq_init(void);

/*
 * An interrupt came on a device vector: sends the EOI, runs the handler.  With
 * no lock held.
 */
void irq_dispatch(uint32_t vector);

/*
 * Takes a GSI (an ISA interrupt: edge, active high) for the hypervisor and
 * lets it in.  -EBUSY if taken, -ENODEV without such a pin, -ENOSPC without a
 * vector.
 */
int irq_request_hv(uint32_t gsi, void (*handler)(void)) NODISCARD;
/* A register of the IOAPIC at base, for the hardware domain.  -ENODEV. */
int irq_read_ioapic(maddr_t base, uint32_t index, uint32_t *value) NODISCARD;
/* Taken by the hypervisor, or nobody's. */
bool irq_is_reserved(uint32_t gsi);

/*
 * How the pin of a GSI is wired; ISA pins are edge, high until told, others
 * level, low.  -ENODEV; -EEXIST: told before, or reserved.
 */
int irq_configure_gsi(uint32_t gsi, enum irq_trigger trigger,
                      enum irq_polarity polarity) NODISCARD;

/*
 * A vector for a GSI or a message, masked, that will call handler(argument).
 * -EBUSY: the GSI is taken; -EEXIST: the message is; -ENODEV; -ENOSPC.
 */
int irq_attach_gsi(uint32_t gsi, void (*handler)(uint32_t argument),
                   uint32_t argument, uint8_t *vector) NODISCARD;
int irq_attach_msi(const struct msi *msi, void (*handler)(uint32_t argument),
                   uint32_t argument, uint8_t *vector) NODISCARD;
/* Masks it and gives the vector back. */
void irq_detach(uint8_t vector);

void irq_enable(uint8_t vector);
void irq_disable(uint8_t vector);
/* The handler's work for a level interrupt is done: it may come again. */
void irq_end(uint8_t vector);
