/* SPDX-License-Identifier: MIT */
/*
 * The vCPUs that could run but have no CPU, ordered by the virtual time they
 * have had.  At most one entry per vCPU; sched.lock guards it.
 */
#pragma once

#include "hv/domain/vcpu.h"

struct run_queue {
    struct vcpu *first;
    int64_t floor; /* virtual time of whoever was dispatched last */
};

void run_queue_insert(struct run_queue *queue, struct vcpu *vcpu);
void run_queue_remove(struct run_queue *queue, struct vcpu *vcpu);
/* The first that may run on one of these CPUs, or NULL; it stays queued. */
struct vcpu *run_queue_find(const struct run_queue *queue, uint64_t cpu_mask);
