/* SPDX-License-Identifier: MIT */
/*
 * Device interrupts: IOAPIC pins (GSIs) and message-signalled ones, each with
 * a vector of its own, the same on all CPUs, and given to the hardware domain
 * as a pirq or to the hypervisor's own handler.  A level interrupt stays
 * masked from its arrival to the guest's EOI; one that nobody is bound to is
 * masked.  irq_lock guards vectors, pins, message tables and pirqs.
 */
#pragma once

#include "hv/base/compiler.h"
#include "hv/base/types.h"

#define IRQ_VECTOR_FIRST 0x20u
#define IRQ_VECTOR_END   0xf0u /* from here on: the LAPIC's and IPIs */
#define IRQ_PIRQS        256u  /* GSIs are pirqs of their own number */

struct domain;

/*
 * At boot, after the IOAPICs were given to ioapic_add(): masks every pin and
 * the 8259s.
 */
void irq_init(void);

/* An interrupt came on vector (IRQ_VECTOR_FIRST..END-1); sends the EOI. */
void irq_dispatch(uint32_t vector);

/*
 * Keeps a GSI (ISA interrupt: edge, active high) for the hypervisor; handler
 * runs with interrupts off.  -EBUSY if taken, -ENODEV without such a pin,
 * -ENOSPC without a vector.
 */
int irq_request_hv(uint32_t gsi, void (*handler)(void)) NODISCARD;
/* Keeps a GSI from the guest without using it (the timer's). */
void irq_reserve(uint32_t gsi);

/*
 * Events of a pirq go to port of the hardware domain from now on, and the
 * interrupt is let in.  -EINVAL: not mapped; -EEXIST: bound already.  The
 * domain's event_lock is held.
 */
int pirq_bind(struct domain *domain, uint32_t pirq, uint32_t port) NODISCARD;
/* The reverse: masks it.  event_lock held. */
void pirq_unbind(struct domain *domain, uint32_t pirq);
