/* SPDX-License-Identifier: MIT */
/*
 * What keeps a vCPU from running whatever it wants: pauses, which nest, and
 * being down; and where it may run.
 */
#include "hv/abi/handlers.h"
#include "hv/base/atomic.h"
#include "hv/base/errno.h"
#include "hv/base/log.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/time.h"
#include "hv/sched/internal.h"

#define TOOLSTACK_PAUSES_MAX 255

/* It may not run any more.  Lock held. */
static void make_stop(struct vcpu *vcpu)
{
    uint64_t now_ns = system_time_ns();

    sched_withdraw(vcpu, now_ns);
    if (!vcpu->is_loaded) {
        runstate_change(vcpu, RUNSTATE_offline, now_ns);
    }
}

/* It may run again: queue it, or show what it waits for.  Lock held. */
static void make_go(struct vcpu *vcpu)
{
    if (vcpu->state == VCPU_RUNNABLE) {
        sched_make_runnable(vcpu);
    } else if (vcpu->state == VCPU_BLOCKED && !vcpu->is_loaded) {
        runstate_change(vcpu, RUNSTATE_blocked, system_time_ns());
    }
}

void vcpu_pause(struct vcpu *vcpu)
{
    spin_lock(&sched.lock);
    vcpu->pause_count++;
    make_stop(vcpu);
    spin_unlock(&sched.lock);
}

void vcpu_unpause(struct vcpu *vcpu)
{
    spin_lock(&sched.lock);
    CHECK(vcpu->pause_count > 0);
    vcpu->pause_count--;
    if (sched_may_run(vcpu)) {
        make_go(vcpu);
    }
    spin_unlock(&sched.lock);
}

void vcpu_up(struct vcpu *vcpu)
{
    spin_lock(&sched.lock);
    vcpu->is_down = 0;
    if (vcpu->state != VCPU_RUNNING) {
        sched_make_runnable(vcpu);
    }
    spin_unlock(&sched.lock);
}

void vcpu_down(struct vcpu *vcpu)
{
    spin_lock(&sched.lock);
    vcpu->is_down = 1;
    make_stop(vcpu);
    spin_unlock(&sched.lock);
}

bool vcpu_is_stopped(const struct vcpu *vcpu)
{
    return !sched_may_run(vcpu) && atomic_read(&vcpu->is_loaded) == 0;
}

void sched_hold(struct domain *domain)
{
    domain->pause_count++;
    for (uint32_t id = 0; id < domain->vcpu_count; id++) {
        make_stop(domain->vcpus[id]);
    }
}

void sched_let_go(struct domain *domain)
{
    CHECK(domain->pause_count > 0);
    domain->pause_count--;
    for (uint32_t id = 0; id < domain->vcpu_count; id++) {
        if (sched_may_run(domain->vcpus[id])) {
            make_go(domain->vcpus[id]);
        }
    }
}

void domain_pause(struct domain *domain)
{
    spin_lock(&sched.lock);
    sched_hold(domain);
    spin_unlock(&sched.lock);
}

void domain_unpause(struct domain *domain)
{
    spin_lock(&sched.lock);
    sched_let_go(domain);
    spin_unlock(&sched.lock);
}

bool domain_is_stopped(const struct domain *domain)
{
    for (uint32_t id = 0; id < domain->vcpu_count; id++) {
        if (!vcpu_is_stopped(domain->vcpus[id])) {
            return false;
        }
    }
    return true;
}

int vcpu_set_affinity(struct vcpu *vcpu, uint64_t cpu_mask)
{
    if ((cpu_mask & ((1ull << cpu_count) - 1)) == 0) {
        return -EINVAL;
    }
    spin_lock(&sched.lock);
    vcpu->affinity = cpu_mask;
    if (vcpu->is_loaded) {
        sched_kick(vcpu->cpu);
    } else {
        sched_requeue(vcpu);
    }
    spin_unlock(&sched.lock);
    return 0;
}

/* --- A toolstack's pauses: counted apart, so that it undoes only its own --- */

long do_domctl_pausedomain(const struct permit *permit, struct call *call,
                           struct xen_domctl *arg)
{
    struct domain *domain = call->target;
    long rc = -EOVERFLOW;

    if (domain == call->caller->domain) {
        return -EINVAL;
    }
    spin_lock(&sched.lock);
    if (domain->toolstack_pauses < TOOLSTACK_PAUSES_MAX) {
        domain->toolstack_pauses++;
        sched_hold(domain);
        rc = 0;
    }
    spin_unlock(&sched.lock);
    return rc;
}

long do_domctl_unpausedomain(const struct permit *permit, struct call *call,
                             struct xen_domctl *arg)
{
    struct domain *domain = call->target;
    long rc = -EINVAL;

    spin_lock(&sched.lock);
    if (domain->toolstack_pauses > 0) {
        domain->toolstack_pauses--;
        sched_let_go(domain);
        rc = 0;
    }
    spin_unlock(&sched.lock);
    return rc;
}
