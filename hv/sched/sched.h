/* SPDX-License-Identifier: MIT */
/*
 * Which vCPU runs where.  One run queue for all CPUs, ordered by the virtual
 * time each vCPU has had (share.h): the one that had least runs next.
 * sched.lock guards the queue and every vCPU's scheduling state; it is never
 * held across vcpu_switch.  A vCPU whose registers are on a CPU (is_loaded) is
 * never in the queue.
 */
#pragma once

#include "hv/domain/domain.h"

#define SCHED_WEIGHT_DEFAULT 256u

/* At boot, before any vCPU is made. */
void sched_init(void);
/* The scheduling part of a new domain: default weight, no cap. */
void sched_domain_init(struct domain *domain);
/* The scheduling part of a new vCPU: down, any CPU. */
void vcpu_sched_init(struct vcpu *vcpu);
/*
 * Of a domain of which only the current vCPU, if any, still runs: no timer is
 * armed, nobody polls, all its other vCPUs are as those that were never up.
 */
void sched_domain_reset(struct domain *domain);
/* Stops all timers of a domain that is paused and whose vCPUs are stopped. */
void sched_domain_destroy(struct domain *domain);

/*
 * From the exit path, no lock held, when this CPU's need_resched is set:
 * chooses the vCPU to run and makes its registers the CPU's frame, waiting
 * idle until there is one.
 */
void schedule(void);
/* Makes this CPU call schedule() before it enters a guest again. */
void sched_request(void);

/* Makes a blocked vCPU runnable; nothing otherwise. */
void vcpu_wake(struct vcpu *vcpu);
/*
 * After something became pending for the vCPU (with an atomic operation):
 * wakes it if it is blocked, interrupts its CPU if it runs elsewhere.
 */
void vcpu_notify(struct vcpu *vcpu);
/*
 * The current vCPU waits for an event: unmasks events and, unless one is
 * pending, stops running at the next exit.
 */
void vcpu_block(void);
/* The current vCPU lets the next in the queue run before it. */
void vcpu_yield(void);
/* Up: may run from now on.  Down: never again until up; it may be current. */
void vcpu_up(struct vcpu *vcpu);
void vcpu_down(struct vcpu *vcpu);

/*
 * Pauses nest.  A paused vCPU is not chosen again, but may still be on its CPU
 * for a moment: who needs it off waits for is_stopped by hypercall_continue(),
 * never by spinning.
 */
void vcpu_pause(struct vcpu *vcpu);
void vcpu_unpause(struct vcpu *vcpu);
bool vcpu_is_stopped(const struct vcpu *vcpu);
void domain_pause(struct domain *domain);
void domain_unpause(struct domain *domain);
bool domain_is_stopped(const struct domain *domain);

/* CPUs it may run on; takes effect at once.  -EINVAL if none of them is up. */
int vcpu_set_affinity(struct vcpu *vcpu, uint64_t cpu_mask) NODISCARD;

/*
 * The domain stops for good, for a reason SHUTDOWN_*.  The hardware domain
 * takes the machine with it: power off, restart; otherwise every vCPU is
 * paused and the toolstack's domain is told (VIRQ_DOM_EXC).
 */
void domain_shutdown(struct domain *domain, uint8_t reason);
/* Undoes it after a suspend that was cancelled. */
void domain_resume(struct domain *domain);

/* Runstate as of now; any vCPU. */
void runstate_get(struct vcpu *vcpu, struct vcpu_runstate_info *info);
