/* SPDX-License-Identifier: MIT */
/*
 * The timers a vCPU has: one single-shot and one periodic, both VIRQ_TIMER,
 * and the timeout of a poll.  They fire wherever the vCPU is and wake it.
 */
#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/cpu/time.h"
#include "hv/evtchn/evtchn.h"
#include "hv/sched/internal.h"
#include "hv/sched/timer.h"

#define PERIOD_MIN_NS 1000000ull
#define PERIOD_MAX_NS (1ull << 60)

static void singleshot_expired(void *object)
{
    send_virq(object, VIRQ_TIMER);
}

static void periodic_expired(void *object)
{
    struct vcpu *vcpu = object;
    uint64_t period_ns = READ_ONCE(vcpu->periodic_ns);

    if (period_ns == 0) {
        return; /* stopped while this was under way */
    }
    send_virq(vcpu, VIRQ_TIMER);
    timer_set(&vcpu->periodic, system_time_ns() + period_ns);
}

static void poll_expired(void *object)
{
    vcpu_wake(object);
}

void vcpu_timers_init(struct vcpu *vcpu)
{
    timer_init(&vcpu->singleshot, singleshot_expired, vcpu);
    timer_init(&vcpu->periodic, periodic_expired, vcpu);
    timer_init(&vcpu->poll_timer, poll_expired, vcpu);
}

void vcpu_timers_destroy(struct vcpu *vcpu)
{
    WRITE_ONCE(vcpu->periodic_ns, 0);
    timer_destroy(&vcpu->singleshot);
    /* Twice: expired() may have read the period before it was zeroed. */
    timer_destroy(&vcpu->periodic);
    timer_destroy(&vcpu->periodic);
    timer_destroy(&vcpu->poll_timer);
}

/* A deadline that has passed is an event now: no interrupt in between. */
static void set_singleshot(struct vcpu *vcpu, uint64_t deadline_ns)
{
    if (deadline_ns <= system_time_ns()) {
        timer_stop(&vcpu->singleshot);
        send_virq(vcpu, VIRQ_TIMER);
    } else {
        timer_set(&vcpu->singleshot, deadline_ns);
    }
}

long do_set_timer_op(const struct permit *permit, struct call *call, void *none)
{
    if (call->args[0] == 0) {
        timer_stop(&call->caller->singleshot);
    } else {
        set_singleshot(call->caller, call->args[0]);
    }
    return 0;
}

long do_vcpu_op_set_singleshot_timer(const struct permit *permit,
                                     struct call *call,
                                     struct vcpu_set_singleshot_timer *arg)
{
    if (call->vcpu != call->caller) {
        return -EINVAL;
    }
    if ((arg->flags & VCPU_SSHOTTMR_future) != 0 &&
        arg->timeout_abs_ns < system_time_ns()) {
        return -ETIME;
    }
    set_singleshot(call->vcpu, arg->timeout_abs_ns);
    return 0;
}

long do_vcpu_op_stop_singleshot_timer(const struct permit *permit,
                                      struct call *call, void *none)
{
    if (call->vcpu != call->caller) {
        return -EINVAL;
    }
    timer_stop(&call->vcpu->singleshot);
    return 0;
}

long do_vcpu_op_set_periodic_timer(const struct permit *permit,
                                   struct call *call,
                                   struct vcpu_set_periodic_timer *arg)
{
    if (arg->period_ns < PERIOD_MIN_NS || arg->period_ns > PERIOD_MAX_NS) {
        return -EINVAL;
    }
    WRITE_ONCE(call->vcpu->periodic_ns, arg->period_ns);
    timer_set(&call->vcpu->periodic, system_time_ns() + arg->period_ns);
    return 0;
}

long do_vcpu_op_stop_periodic_timer(const struct permit *permit,
                                    struct call *call, void *none)
{
    WRITE_ONCE(call->vcpu->periodic_ns, 0);
    timer_stop(&call->vcpu->periodic);
    return 0;
}
