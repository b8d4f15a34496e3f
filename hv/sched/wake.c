/* SPDX-License-Identifier: MIT */
/*
 * Blocking, yielding and waking.  A wake cannot be lost: the blocker makes its
 * state visible before it looks for events, the waker makes the event visible
 * before it looks at the state, both with locked instructions.
 */
#include "hv/base/atomic.h"
#include "hv/cpu/cpu.h"
#include "hv/sched/internal.h"

static bool is_event_pending(const struct vcpu *vcpu)
{
    return READ_ONCE(vcpu->info->evtchn_upcall_pending) != 0 &&
           READ_ONCE(vcpu->info->evtchn_upcall_mask) == 0;
}

bool vcpu_block_unless(bool (*is_over)(const struct vcpu *vcpu))
{
    struct vcpu *vcpu = current_vcpu();
    bool blocks = true;

    spin_lock(&sched.lock);
    /* Seen by all before we look: whoever sets an event later wakes us. */
    (void)atomic_xchg(&vcpu->state, VCPU_BLOCKED);
    if (is_event_pending(vcpu) || (is_over != NULL && is_over(vcpu))) {
        vcpu->state = VCPU_RUNNING;
        blocks = false;
    } else {
        sched_request();
    }
    spin_unlock(&sched.lock);
    return blocks;
}

void vcpu_block(void)
{
    struct vcpu *vcpu = current_vcpu();

    WRITE_ONCE(vcpu->info->evtchn_upcall_mask, 0);
    if (!is_event_pending(vcpu)) {
        (void)vcpu_block_unless(NULL);
    } else if (READ_ONCE(vcpu->state) == VCPU_BLOCKED) {
        vcpu_wake(vcpu); /* by a poll before this in a multicall */
    }
}

void vcpu_yield(void)
{
    struct vcpu *vcpu = current_vcpu();
    const struct vcpu *next = NULL;

    if (READ_ONCE(sched.queue.first) == NULL) {
        return;
    }
    spin_lock(&sched.lock);
    next = run_queue_find(&sched.queue, 1ull << vcpu->cpu);
    if (next != NULL) {
        vcpu->virtual_time = MAX(vcpu->virtual_time, next->virtual_time + 1);
        sched_request();
    }
    spin_unlock(&sched.lock);
}

void vcpu_wake(struct vcpu *vcpu)
{
    spin_lock(&sched.lock);
    if (vcpu->state == VCPU_BLOCKED) {
        sched_make_runnable(vcpu);
    }
    spin_unlock(&sched.lock);
}

void vcpu_notify(struct vcpu *vcpu)
{
    switch (READ_ONCE(vcpu->state)) {
    case VCPU_BLOCKED:
        vcpu_wake(vcpu);
        break;
    case VCPU_RUNNING:
        if (vcpu != current_vcpu()) {
            cpu_kick(READ_ONCE(vcpu->cpu), CPU_POLL_EVENT);
        }
        break;
    case VCPU_OFFLINE:
    case VCPU_RUNNABLE:
        break; /* looks at its events when it starts to run */
    }
}
