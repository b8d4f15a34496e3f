/* SPDX-License-Identifier: MIT */
/* The scheduler's view of a vCPU's runstate (public/vcpu.h, RUNSTATE_*). */
#pragma once

#include "hv/domain/vcpu.h"

/*
 * From now on the vCPU is in state; the time since the last change goes to
 * the state it was in.  The scheduler's lock held.
 */
void runstate_change(struct vcpu *vcpu, int state, uint64_t now_ns);

/* A snapshot of vcpu->runstate, under the scheduler's lock. */
struct vcpu_runstate_info runstate_snapshot(const struct vcpu *vcpu);

/*
 * Writes it to vcpu->runstate_area, whoever is current: the guest's kernel
 * memory is loaded.  An area that is not mapped stays as it is.
 */
void runstate_write(const struct vcpu *vcpu);
