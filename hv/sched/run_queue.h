/* SPDX-License-Identifier: MIT */
/*
 * The vCPUs that could run but have no CPU, ordered by the virtual time they
 * have had (credit_ns).  At most one entry per vCPU; sched.lock guards it.
 */
#pragma once

#include "hv/domain/vcpu.h"

struct run_queue {
    struct vcpu *first;
    int64_t floor_ns; /* virtual time of whoever was dispatched last */
};

void run_queue_insert(struct run_queue *queue, struct vcpu *vcpu);
void run_queue_remove(struct run_queue *queue, struct vcpu *vcpu);
/* The first that may run on this CPU, or NULL; it stays queued. */
struct vcpu *run_queue_find(const struct run_queue *queue, uint32_t cpu_id);

/*
 * A vCPU that slept comes back: it may not have saved up more than
 * RUN_QUEUE_BONUS_NS, or it would keep all others off the CPU.
 */
#define RUN_QUEUE_BONUS_NS 2000000
void run_queue_admit(const struct run_queue *queue, struct vcpu *vcpu);

/* Real time on a CPU as virtual time, by the weight of the vCPU's domain. */
int64_t run_queue_charge_ns(const struct vcpu *vcpu, uint64_t elapsed_ns);
