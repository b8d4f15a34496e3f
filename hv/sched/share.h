/* SPDX-License-Identifier: MIT */
/*
 * What each domain gets of CPUs that are short.  Time on a CPU is charged to a
 * vCPU as virtual time: more the less weight its domain has and the more of the
 * domain's vCPUs are active; one that sleeps meanwhile is charged what they
 * have on average.  So a weight is the domain's however many vCPUs it has and
 * whether they take turns.  Whoever has had least runs next.  A cap is a budget
 * that fills at a fixed rate; a domain that has used it up is parked until some
 * is there again.  Called with sched.lock held unless it says otherwise.
 */
#pragma once

#include "hv/domain/domain.h"

/*
 * The unit of virtual time: as coarse as it can be with all weights, so that
 * not even a weight of 1 comes to the end of it in years.
 */
#define SHARE_SCALE 8
/* Real time of a vCPU of default weight, alone in its domain. */
#define SHARE_DEFAULT(ns) ((ns)*SHARE_SCALE / SCHED_WEIGHT_DEFAULT)
/* Real time of the vCPU on a CPU as virtual time. */
int64_t share_virtual(const struct vcpu *vcpu, uint64_t elapsed_ns);
/* What it has had if it were charged now. */
int64_t share_time_now(const struct vcpu *vcpu, uint64_t now_ns);

/* Charges a vCPU that runs, up to now. */
void share_charge(struct vcpu *vcpu, uint64_t now_ns);
/* It runs or waits for a CPU from now on, or no longer. */
void share_set_active(struct vcpu *vcpu, bool is_active, uint64_t now_ns);
/*
 * Before it is queued: it is active, and how far it is ahead of others, or
 * behind, is bounded.  One that woke may borrow time of a sibling, so that what
 * the domain has had stays the same.
 */
void share_admit(struct vcpu *vcpu, uint64_t now_ns);

/* How long it may run on a CPU of its own before the cap stops it. */
uint64_t share_left_ns(const struct vcpu *vcpu);
/*
 * Parks the domain, just charged, if it has used up its budget: its vCPUs leave
 * the queue and other CPUs.
 */
void share_park_if_spent(struct domain *domain, uint64_t now_ns);

/* Takes the lock.  A domain that was parked goes on under the new cap. */
void share_set(struct domain *domain, uint16_t weight, uint16_t cap);
void share_init(struct domain *domain);
/* No lock held; none of its vCPUs runs any more. */
void share_destroy(struct domain *domain);
