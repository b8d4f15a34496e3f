/* SPDX-License-Identifier: MIT */
/* The run queue: a list in order of virtual time. */
#include "hv/sched/run_queue.h"

#include "hv/base/compiler.h"

void run_queue_insert(struct run_queue *queue, struct vcpu *vcpu)
{
    struct vcpu **link = &queue->first;

    while (*link != NULL && (*link)->virtual_time <= vcpu->virtual_time) {
        link = &(*link)->run_next;
    }
    vcpu->run_next = *link;
    *link = vcpu;
    vcpu->is_queued = 1;
}

void run_queue_remove(struct run_queue *queue, struct vcpu *vcpu)
{
    struct vcpu **link = &queue->first;

    if (!vcpu->is_queued) {
        return;
    }
    while (*link != vcpu) {
        link = &(*link)->run_next;
    }
    *link = vcpu->run_next;
    vcpu->is_queued = 0;
}

struct vcpu *run_queue_find(const struct run_queue *queue, uint64_t cpu_mask)
{
    struct vcpu *vcpu = queue->first;

    while (vcpu != NULL && (vcpu->affinity & cpu_mask) == 0) {
        vcpu = vcpu->run_next;
    }
    return vcpu;
}
