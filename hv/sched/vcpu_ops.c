/* SPDX-License-Identifier: MIT */
/*
 * vcpu_op (public/vcpu.h): up, down, runstate and the areas that the guest
 * wants written.  Timers are in vcpu_timer.c, initialise and vcpu_info with
 * the domain.
 */
#include "hv/abi/handlers.h"
#include "hv/base/atomic.h"
#include "hv/base/errno.h"
#include "hv/base/layout.h"
#include "hv/cpu/cpu.h"
#include "hv/domain/clock.h"
#include "hv/sched/internal.h"

long do_vcpu_op_up(const struct permit *permit, struct call *call, void *none)
{
    if (!call->vcpu->is_initialised) {
        return -EINVAL;
    }
    if (call->vcpu->is_down) {
        vcpu_up(call->vcpu);
    }
    return 0;
}

static bool is_any_up(const struct domain *domain)
{
    for (uint32_t id = 0; id < domain->vcpu_count; id++) {
        if (domain->vcpus[id] != NULL && !domain->vcpus[id]->is_down) {
            return true;
        }
    }
    return false;
}

long do_vcpu_op_down(const struct permit *permit, struct call *call, void *none)
{
    vcpu_down(call->vcpu);
    if (!is_any_up(call->caller->domain)) {
        domain_shutdown(call->caller->domain, SHUTDOWN_poweroff);
    }
    return 0;
}

long do_vcpu_op_is_up(const struct permit *permit, struct call *call,
                      void *none)
{
    return !call->vcpu->is_down;
}

long do_vcpu_op_get_runstate_info(const struct permit *permit,
                                  struct call *call,
                                  struct vcpu_runstate_info *arg)
{
    runstate_get(call->vcpu, arg);
    return 0;
}

long do_vcpu_op_register_runstate_memory_area(
    const struct permit *permit, struct call *call,
    struct vcpu_register_runstate_memory_area *arg)
{
    struct vcpu *vcpu = call->vcpu;

    if (!is_guest_range(arg->addr.p, sizeof(struct vcpu_runstate_info))) {
        return -EFAULT;
    }
    vcpu->runstate_area = arg->addr.p;
    runstate_write(vcpu);
    return 0;
}

long do_vcpu_op_register_vcpu_time_memory_area(
    const struct permit *permit, struct call *call,
    struct vcpu_register_time_memory_area *arg)
{
    struct vcpu *vcpu = call->vcpu;

    if (!is_guest_range(arg->addr.p, sizeof(struct vcpu_time_info))) {
        return -EFAULT;
    }
    vcpu->time_area = arg->addr.p;
    clock_write_area(vcpu);
    return 0;
}

long do_vcpu_op_send_nmi(const struct permit *permit, struct call *call,
                         void *none)
{
    /* Locked, as vcpu_notify wants it. */
    (void)atomic_xchg(&call->vcpu->nmi_pending, 1);
    vcpu_notify(call->vcpu);
    if (call->vcpu == call->caller) { /* nobody interrupts this CPU */
        this_cpu()->has_work = 1;
    }
    return 0;
}
