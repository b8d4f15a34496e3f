/* SPDX-License-Identifier: MIT */
/*
 * Between the files of this folder: the scheduler's state and its steps.
 * Functions here are called with sched.lock held unless they say otherwise.
 */
#pragma once

#include "hv/base/layout.h"
#include "hv/sched/run_queue.h"
#include "hv/sched/runstate.h"
#include "hv/sched/sched.h"
#include "hv/sched/share.h"

#define SLICE_NS 10000000ull /* the longest others wait for a CPU hog */

struct sched_cpu {
    struct vcpu *running; /* whom the CPU was given to; NULL: idle */
    struct timer slice;
    uint64_t slice_end_ns; /* when it fires; 0: it is not armed */
};

/* Guarded by its lock, which is taken after event_lock, before timer_lock. */
struct sched {
    spinlock_t lock;
    struct run_queue queue;
    uint64_t idle_cpus; /* bit per CPU that waits and nobody kicked yet */
    struct sched_cpu cpus[MAX_CPUS];
};
extern struct sched sched;

/* Whether pauses and "down" let it run, if it wants to. */
static inline bool sched_may_run(const struct vcpu *vcpu)
{
    return (vcpu->pause_count | vcpu->domain->pause_count) == 0 &&
           !vcpu->is_down;
}

/* One more reason why the domain's vCPUs do not run, and one less. */
void sched_hold(struct domain *domain);
void sched_let_go(struct domain *domain);

/* Whether a CPU was given to it. */
static inline bool sched_is_running(const struct vcpu *vcpu)
{
    return sched.cpus[vcpu->cpu].running == vcpu;
}

/* Makes a CPU, which may be this one, call schedule(). */
void sched_kick(uint32_t cpu_id);
/*
 * It wants to run.  Queues it if it may and its last CPU has let go of it;
 * otherwise whoever changes that queues it.
 */
void sched_make_runnable(struct vcpu *vcpu);
/* Its place in the queue, or where it may run, changed. */
void sched_requeue(struct vcpu *vcpu);
/* It is not to run for now: takes it from the queue, or off its CPU. */
void sched_withdraw(struct vcpu *vcpu, uint64_t now_ns);
/* Queues it if it wants to run, may, and is on no CPU. */
void sched_offer(struct vcpu *vcpu, uint64_t now_ns);

/*
 * The current vCPU stops running unless an event can be delivered or is_over
 * (which may be NULL) says that what it waits for has come.  No lock held.
 * Whether it will stop.
 */
bool vcpu_block_unless(bool (*is_over)(const struct vcpu *vcpu));

/* It does not poll any more. */
void poll_end(struct vcpu *vcpu);

/* sti; hlt; cli.  Interrupts that come are served.  No lock held. */
void idle_wait(void);

/* A vCPU's own timers; no lock held. */
void vcpu_timers_init(struct vcpu *vcpu);
void vcpu_timers_destroy(struct vcpu *vcpu);
/* A domain's watchdogs; none of its vCPUs runs any more.  No lock held. */
void watchdogs_destroy(struct domain *domain);
