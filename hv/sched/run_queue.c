/* SPDX-License-Identifier: MIT */
/* The run queue: a list in order of virtual time. */
#include "hv/sched/run_queue.h"

#include "hv/sched/sched.h"

void run_queue_insert(struct run_queue *queue, struct vcpu *vcpu)
{
    struct vcpu **link = &queue->first;

    while (*link != NULL && (*link)->credit_ns <= vcpu->credit_ns) {
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

struct vcpu *run_queue_find(const struct run_queue *queue, uint32_t cpu_id)
{
    struct vcpu *vcpu = queue->first;

    while (vcpu != NULL && (vcpu->affinity >> cpu_id & 1) == 0) {
        vcpu = vcpu->run_next;
    }
    return vcpu;
}

void run_queue_admit(const struct run_queue *queue, struct vcpu *vcpu)
{
    vcpu->credit_ns =
        MAX(vcpu->credit_ns, queue->floor_ns - RUN_QUEUE_BONUS_NS);
}

int64_t run_queue_charge_ns(const struct vcpu *vcpu, uint64_t elapsed_ns)
{
    uint32_t weight = vcpu->domain->weight;

    if (weight == 0) {
        weight = SCHED_WEIGHT_DEFAULT;
    }
    return (int64_t)(elapsed_ns * SCHED_WEIGHT_DEFAULT / weight);
}
