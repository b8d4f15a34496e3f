/* SPDX-License-Identifier: MIT */
/*
 * pirqs: the hardware domain's names for device interrupts.  A GSI is the pirq
 * of its own number, messages get free numbers from the top.  The table is
 * guarded by the hardware domain's event_lock, which each function takes.
 */
#pragma once

#include "hv/base/compiler.h"
#include "hv/cpu/msi.h"

#define PIRQ_COUNT 256u

/*
 * Makes a GSI a pirq; nothing if it is one.  A reserved one becomes a pirq
 * that cannot be bound.  -EINVAL: there is no such pin; -ENOSPC.
 */
int pirq_map_gsi(uint32_t gsi) NODISCARD;
/*
 * Programs the message and gives it a pirq.  Errors of msi_prepare; -EPERM: a
 * table outside device memory; -EEXIST: mapped already; -ENOSPC; -ENOMEM.
 */
int pirq_map_msi(struct msi *msi, uint32_t *pirq) NODISCARD;
/* -EINVAL: not mapped; -EBUSY: still bound. */
int pirq_unmap(uint32_t pirq) NODISCARD;

/* The guest is done with an interrupt.  -EINVAL: not mapped. */
int pirq_end(uint32_t pirq) NODISCARD;
/* XENIRQSTAT_*; -EINVAL: not mapped. */
int pirq_status(uint32_t pirq, uint32_t *flags) NODISCARD;
