/* SPDX-License-Identifier: MIT */
/*
 * What a toolstack sees and sets of a domain's scheduling: weight and cap,
 * where its vCPUs may run, and what they do.
 */
#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/cpu/cpu.h"
#include "hv/mem/guest_copy.h"
#include "hv/sched/internal.h"

/* Tools know weights and caps by this name. */
static bool is_our_kind(const struct xen_domctl_scheduler_op *op)
{
    return op->sched_id == XEN_SCHEDULER_CREDIT2;
}

long do_domctl_scheduler_get(const struct permit *permit, struct call *call,
                             struct xen_domctl *arg)
{
    struct xen_domctl_scheduler_op *op = &arg->u.scheduler_op;

    if (!is_our_kind(op)) {
        return -EINVAL;
    }
    op->u.credit2.weight = READ_ONCE(call->target->weight);
    op->u.credit2.cap = READ_ONCE(call->target->cap);
    return 0;
}

long do_domctl_scheduler_put(const struct permit *permit, struct call *call,
                             struct xen_domctl *arg)
{
    const struct xen_domctl_scheduler_op *op = &arg->u.scheduler_op;
    uint16_t weight = op->u.credit2.weight;

    if (!is_our_kind(op) || op->cmd != XEN_DOMCTL_SCHEDOP_putinfo) {
        return -EINVAL;
    }
    share_set(call->target, weight != 0 ? weight : call->target->weight,
              op->u.credit2.cap);
    return 0;
}

static uint64_t cpus_up(void)
{
    return (1ull << cpu_count) - 1;
}

/* Bits beyond the map's are 0. */
static bool cpus_read(const struct xenctl_bitmap *map, uint64_t *mask)
{
    uint32_t bits = MIN(map->nr_bits, 64u);

    *mask = 0;
    if (!guest_read(mask, GVA(map->bitmap.p), (bits + 7) / 8)) {
        return false;
    }
    if (bits < 64) {
        *mask &= (1ull << bits) - 1;
    }
    return true;
}

static bool cpus_write(const struct xenctl_bitmap *map, uint64_t mask)
{
    uint32_t bits = MIN(map->nr_bits, 64u);

    if (bits < 64) {
        mask &= (1ull << bits) - 1;
    }
    return guest_write(GVA(map->bitmap.p), &mask, (bits + 7) / 8);
}

static int affinity_set(struct vcpu *vcpu,
                        const struct xen_domctl_vcpuaffinity *op)
{
    uint64_t hard = 0, soft = 0;
    bool has_hard = (op->flags & XEN_VCPUAFFINITY_HARD) != 0;
    bool has_soft = (op->flags & XEN_VCPUAFFINITY_SOFT) != 0;

    if ((has_hard && !cpus_read(&op->cpumap_hard, &hard)) ||
        (has_soft && !cpus_read(&op->cpumap_soft, &soft))) {
        return -EFAULT;
    }
    if (has_hard && vcpu_set_affinity(vcpu, hard) != 0) {
        return -EINVAL;
    }
    if (has_soft) {
        WRITE_ONCE(vcpu->soft_affinity, soft); /* from the next wake-up on */
    }
    return 0;
}

/* Writes each of the two masks that the flags ask for. */
static int affinity_write(const struct xen_domctl_vcpuaffinity *op,
                          uint64_t hard, uint64_t soft)
{
    if (((op->flags & XEN_VCPUAFFINITY_HARD) != 0 &&
         !cpus_write(&op->cpumap_hard, hard)) ||
        ((op->flags & XEN_VCPUAFFINITY_SOFT) != 0 &&
         !cpus_write(&op->cpumap_soft, soft))) {
        return -EFAULT;
    }
    return 0;
}

long do_domctl_setvcpuaffinity(const struct permit *permit, struct call *call,
                               struct xen_domctl *arg)
{
    const struct xen_domctl_vcpuaffinity *op = &arg->u.vcpuaffinity;
    struct vcpu *vcpu = domain_vcpu(call->target, op->vcpu);
    uint64_t in_effect = 0;
    int status = 0;

    if (vcpu == NULL) {
        return -ESRCH;
    }
    status = affinity_set(vcpu, op);
    if (status != 0) {
        return status;
    }
    in_effect = vcpu->affinity & cpus_up();
    return affinity_write(op, in_effect, in_effect & vcpu->soft_affinity);
}

long do_domctl_getvcpuaffinity(const struct permit *permit, struct call *call,
                               struct xen_domctl *arg)
{
    const struct xen_domctl_vcpuaffinity *op = &arg->u.vcpuaffinity;
    const struct vcpu *vcpu = domain_vcpu(call->target, op->vcpu);

    if (vcpu == NULL) {
        return -ESRCH;
    }
    return affinity_write(op, vcpu->affinity & cpus_up(),
                          vcpu->soft_affinity & cpus_up());
}

long do_domctl_getvcpuinfo(const struct permit *permit, struct call *call,
                           struct xen_domctl *arg)
{
    struct xen_domctl_getvcpuinfo *info = &arg->u.getvcpuinfo;
    struct vcpu *vcpu = domain_vcpu(call->target, info->vcpu);
    struct vcpu_runstate_info runstate;

    if (vcpu == NULL) {
        return -ESRCH;
    }
    runstate_get(vcpu, &runstate);
    info->online = !vcpu->is_down;
    info->blocked = READ_ONCE(vcpu->state) == VCPU_BLOCKED;
    info->running = runstate.state == RUNSTATE_running;
    info->cpu_time = runstate.time[RUNSTATE_running];
    info->cpu = vcpu->cpu;
    return 0;
}

/* What the tools can ask of the scheduler as a whole: nothing can be tuned. */
long do_sysctl_scheduler_op(const struct permit *permit, struct call *call,
                            struct xen_sysctl *arg)
{
    struct xen_sysctl_scheduler_op *op = &arg->u.scheduler_op;

    if (op->sched_id != XEN_SCHEDULER_CREDIT2) {
        return -EINVAL;
    }
    if (op->cmd != XEN_SYSCTL_SCHEDOP_getinfo) {
        return -EOPNOTSUPP;
    }
    op->u.sched_credit2.ratelimit_us = 0;
    return 0;
}
