/* SPDX-License-Identifier: MIT */
/*
 * The scheduler: who runs next, waking, pausing.  A vCPU's state says what it
 * wants (run or wait); pauses and "down" say whether it may.  It is queued
 * exactly when it wants to run, may, and is on no CPU.
 */
#include "hv/sched/sched.h"

#include "hv/base/atomic.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/smp.h"
#include "hv/cpu/time.h"
#include "hv/evtchn/evtchn.h"
#include "hv/sched/internal.h"
#include "hv/sched/timer.h"

/* How far behind one must be to preempt. */
#define PREEMPT ((int64_t)SHARE_DEFAULT(500000u))

struct sched sched;

void sched_request(void)
{
    struct cpu *cpu = this_cpu();

    cpu->need_resched = 1;
    cpu->has_work = 1;
}

void sched_kick(uint32_t cpu_id)
{
    if (cpu_id == this_cpu()->id) {
        sched_request();
    } else {
        cpu_kick(cpu_id, CPU_POLL_RESCHED);
    }
}

static void slice_expired(void *object)
{
    struct sched_cpu *cpu = object;

    WRITE_ONCE(cpu->slice_end_ns, 0);
    sched_request();
}

void sched_init(void)
{
    for (uint32_t id = 0; id < MAX_CPUS; id++) {
        timer_init(&sched.cpus[id].slice, slice_expired, &sched.cpus[id]);
    }
}

void vcpu_sched_init(struct vcpu *vcpu)
{
    vcpu->state = VCPU_OFFLINE;
    vcpu->is_down = 1;
    vcpu->affinity = ~0ull;
    vcpu->soft_affinity = ~0ull;
    vcpu->runstate.state = RUNSTATE_offline;
    vcpu->runstate.state_entry_time = system_time_ns();
    vcpu_timers_init(vcpu);
}

void sched_domain_init(struct domain *domain)
{
    share_init(domain);
}

void sched_domain_destroy(struct domain *domain)
{
    for (uint32_t id = 0; id < domain->vcpu_count; id++) {
        vcpu_timers_destroy(domain->vcpus[id]);
    }
    watchdogs_destroy(domain);
    share_destroy(domain);
}

void sched_domain_reset(struct domain *domain)
{
    for (uint32_t id = 0; id < domain->vcpu_count; id++) {
        vcpu_timers_destroy(domain->vcpus[id]);
        vcpu_timers_init(domain->vcpus[id]);
    }
    watchdogs_destroy(domain);
    spin_lock(&sched.lock);
    for (uint32_t id = 0; id < domain->vcpu_count; id++) {
        struct vcpu *vcpu = domain->vcpus[id];

        if (vcpu != current_vcpu()) {
            vcpu->state = VCPU_OFFLINE;
            vcpu->is_down = 1;
        }
        vcpu->poll_count = 0;
    }
    spin_unlock(&sched.lock);
    atomic_set(&domain->polling, 0);
}

struct vcpu_runstate_info runstate_snapshot(const struct vcpu *vcpu)
{
    struct vcpu_runstate_info info;

    spin_lock(&sched.lock);
    info = vcpu->runstate;
    spin_unlock(&sched.lock);
    return info;
}

/* --- The timer of a CPU (lock held) --- */

/* A CPU's timer that a waiting vCPU may rely on: not one for a cap far off. */
static bool is_slice_near(const struct sched_cpu *cpu, uint64_t now_ns)
{
    uint64_t end_ns = READ_ONCE(cpu->slice_end_ns);

    return end_ns != 0 && end_ns <= now_ns + SLICE_NS;
}

/*
 * When the CPU is to be interrupted: in time for those who wait, if anyone
 * does, and when its vCPU has had what its cap allows; 0: not at all.
 */
static uint64_t slice_end_ns(const struct sched_cpu *cpu, uint32_t cpu_id,
                             uint64_t now_ns)
{
    uint64_t end_ns = 0, left_ns = 0;

    if (cpu->running == NULL) {
        return 0;
    }
    if (run_queue_find(&sched.queue, 1ull << cpu_id) != NULL) {
        end_ns =
            is_slice_near(cpu, now_ns) ? cpu->slice_end_ns : now_ns + SLICE_NS;
    }
    left_ns = share_left_ns(cpu->running);
    if (left_ns != UINT64_MAX && (end_ns == 0 || now_ns + left_ns < end_ns)) {
        end_ns = now_ns + left_ns;
    }
    return end_ns;
}

static void set_slice(struct sched_cpu *cpu, uint32_t cpu_id, uint64_t now_ns)
{
    uint64_t end_ns = slice_end_ns(cpu, cpu_id, now_ns);

    if (end_ns == cpu->slice_end_ns) {
        return;
    }
    cpu->slice_end_ns = end_ns;
    if (end_ns != 0) {
        timer_set(&cpu->slice, end_ns);
    } else {
        timer_stop(&cpu->slice);
    }
}

/* --- Where a vCPU that just became runnable should run (lock held) --- */

/*
 * An idle CPU for it: one that it prefers, of these the one it knows, then this
 * one, then any; or -1.
 */
static int find_idle(const struct vcpu *vcpu)
{
    uint64_t idle = sched.idle_cpus & vcpu->affinity;
    uint32_t here = this_cpu()->id;

    if (idle == 0) {
        return -1;
    }
    if ((idle & vcpu->soft_affinity) != 0) {
        idle &= vcpu->soft_affinity;
    }
    if (idle >> vcpu->cpu & 1) {
        return (int)vcpu->cpu;
    }
    if (idle >> here & 1) {
        return (int)here;
    }
    return __builtin_ctzll(idle);
}

/* The CPU whose vCPU has had most, of those this one may use; or -1. */
static int find_victim(const struct vcpu *vcpu, uint64_t now_ns)
{
    int found = -1;
    int64_t most = 0;

    for (uint32_t id = 0; id < cpu_count; id++) {
        const struct vcpu *running = sched.cpus[id].running;
        int64_t time = 0;

        if (running == NULL || (vcpu->affinity >> id & 1) == 0) {
            continue;
        }
        time = share_time_now(running, now_ns);
        if (found < 0 || time > most) {
            most = time;
            found = (int)id;
        }
    }
    return found;
}

/*
 * Tells a CPU that the queued vCPU waits: an idle one, or the one whose vCPU
 * has had enough more, or one that does not know yet that somebody waits.
 */
static void tell_cpu(const struct vcpu *vcpu, uint64_t now_ns)
{
    struct sched_cpu *victim = NULL;
    int cpu_id = find_idle(vcpu);

    if (cpu_id >= 0) {
        sched.idle_cpus &= ~(1ull << cpu_id);
        sched_kick((uint32_t)cpu_id);
        return;
    }
    cpu_id = find_victim(vcpu, now_ns);
    if (cpu_id < 0) {
        return;
    }
    victim = &sched.cpus[cpu_id];
    if (vcpu->virtual_time + PREEMPT <
        share_time_now(victim->running, now_ns)) {
        sched_kick((uint32_t)cpu_id);
    } else if (!is_slice_near(victim, now_ns)) {
        if ((uint32_t)cpu_id == this_cpu()->id) {
            set_slice(victim, (uint32_t)cpu_id, now_ns);
        } else {
            sched_kick((uint32_t)cpu_id); /* it sets its own timer */
        }
    }
}

static void enqueue(struct vcpu *vcpu, uint64_t now_ns)
{
    share_admit(vcpu, now_ns);
    run_queue_insert(&sched.queue, vcpu);
    tell_cpu(vcpu, now_ns);
}

void sched_requeue(struct vcpu *vcpu)
{
    if (vcpu->is_queued) {
        run_queue_remove(&sched.queue, vcpu);
        enqueue(vcpu, system_time_ns());
    }
}

void sched_offer(struct vcpu *vcpu, uint64_t now_ns)
{
    if (vcpu->state == VCPU_RUNNABLE && !vcpu->is_loaded && !vcpu->is_queued &&
        sched_may_run(vcpu)) {
        runstate_change(vcpu, RUNSTATE_runnable, now_ns);
        if (!vcpu->domain->is_parked) {
            enqueue(vcpu, now_ns);
        }
    }
}

void sched_withdraw(struct vcpu *vcpu, uint64_t now_ns)
{
    if (vcpu->is_loaded) {
        sched_kick(vcpu->cpu);
        return;
    }
    run_queue_remove(&sched.queue, vcpu);
    share_set_active(vcpu, false, now_ns);
}

void sched_make_runnable(struct vcpu *vcpu)
{
    if (vcpu->state == VCPU_BLOCKED &&
        (READ_ONCE(vcpu->domain->polling) >> vcpu->id & 1)) {
        poll_end(vcpu); /* with or without ports */
    }
    vcpu->state = VCPU_RUNNABLE;
    sched_offer(vcpu, system_time_ns());
}

/* --- Choosing (lock held) --- */

/* Of one that does not run. */
static int runstate_off_cpu(const struct vcpu *vcpu)
{
    if (!sched_may_run(vcpu)) {
        return RUNSTATE_offline;
    }
    return vcpu->state == VCPU_BLOCKED ? RUNSTATE_blocked : RUNSTATE_runnable;
}

static void stop_running(struct vcpu *vcpu, uint64_t now_ns)
{
    int state;

    if (vcpu->state == VCPU_RUNNING) {
        vcpu->state = VCPU_RUNNABLE;
    }
    state = runstate_off_cpu(vcpu);
    runstate_change(vcpu, state, now_ns);
    if (state != RUNSTATE_runnable || vcpu->domain->is_parked) {
        share_set_active(vcpu, false, now_ns);
    }
}

static void start_running(struct vcpu *vcpu, uint32_t cpu_id, uint64_t now_ns)
{
    run_queue_remove(&sched.queue, vcpu);
    /* In this order, and before the tables are loaded: see vcpus_cpus. */
    WRITE_ONCE(vcpu->cpu, cpu_id);
    WRITE_ONCE(vcpu->is_loaded, 1);
    vcpu->scheduled_ns = now_ns;
    runstate_change(vcpu, RUNSTATE_running, now_ns);
    sched.queue.floor = MAX(sched.queue.floor, vcpu->virtual_time);
    /* Before its pending events are looked at: see vcpu_notify. */
    atomic_set(&vcpu->state, VCPU_RUNNING);
}

/*
 * A CPU that was told of one vCPU may have taken another: whoever is left and
 * could run on a CPU that is still idle is told to that one.
 */
static void pass_on(uint64_t now_ns)
{
    const struct vcpu *vcpu = sched.queue.first;

    if (sched.idle_cpus == 0) {
        return;
    }
    while (vcpu != NULL && (vcpu->affinity & sched.idle_cpus) == 0) {
        vcpu = vcpu->run_next;
    }
    if (vcpu != NULL) {
        tell_cpu(vcpu, now_ns);
    }
}

static bool wants_and_may(const struct vcpu *vcpu, uint32_t cpu_id)
{
    return (vcpu->state == VCPU_RUNNING || vcpu->state == VCPU_RUNNABLE) &&
           sched_may_run(vcpu) && !vcpu->domain->is_parked &&
           (vcpu->affinity >> cpu_id & 1);
}

/* Whom this CPU runs next, prev being whom it ran; NULL: nobody. */
static struct vcpu *choose(uint32_t cpu_id, struct vcpu *prev)
{
    struct vcpu *next = run_queue_find(&sched.queue, 1ull << cpu_id);

    if (prev != NULL && wants_and_may(prev, cpu_id) &&
        (next == NULL || prev->virtual_time <= next->virtual_time)) {
        return prev;
    }
    return next;
}

static struct vcpu *pick_next(uint32_t cpu_id, struct vcpu *prev)
{
    struct sched_cpu *cpu = &sched.cpus[cpu_id];
    struct vcpu *next = NULL;
    uint64_t now_ns = 0;

    spin_lock(&sched.lock);
    now_ns = system_time_ns();
    if (prev != NULL) {
        share_charge(prev, now_ns);
        share_park_if_spent(prev->domain, now_ns);
    }
    next = choose(cpu_id, prev);
    if (next != prev) {
        if (prev != NULL) {
            stop_running(prev, now_ns);
        }
        if (next != NULL) {
            start_running(next, cpu_id, now_ns);
        }
        cpu->running = next;
    } else if (next != NULL) {
        /* No switch serialises before its pending events are looked at. */
        (void)atomic_xchg(&next->state, VCPU_RUNNING);
    }
    if (next == NULL) {
        sched.idle_cpus |= 1ull << cpu_id;
    } else {
        sched.idle_cpus &= ~(1ull << cpu_id);
    }
    set_slice(cpu, cpu_id, now_ns);
    pass_on(now_ns);
    spin_unlock(&sched.lock);
    return next;
}

/* Its registers are saved: from now on another CPU may take it. */
static void release(struct vcpu *vcpu, uint32_t cpu_id)
{
    uint64_t now_ns = 0;

    spin_lock(&sched.lock);
    now_ns = system_time_ns();
    WRITE_ONCE(vcpu->is_loaded, 0);
    sched_offer(vcpu, now_ns);
    if (!vcpu->is_queued) { /* a pause, or its end, came after stop_running() */
        runstate_change(vcpu, runstate_off_cpu(vcpu), now_ns);
        share_set_active(vcpu, false, now_ns);
    }
    set_slice(&sched.cpus[cpu_id], cpu_id, now_ns);
    spin_unlock(&sched.lock);
}

static void switch_to(struct vcpu *prev, struct vcpu *next)
{
    if (prev != NULL) {
        runstate_publish(prev);
    }
    vcpu_switch(prev, next);
    if (prev != NULL) {
        release(prev, this_cpu()->id);
    }
}

void schedule(void)
{
    struct cpu *cpu = this_cpu();
    struct vcpu *prev = cpu->current;
    struct vcpu *next = NULL;

    virq_console_ring();
    cpu->need_resched = 0;
    next = pick_next(cpu->id, prev);
    if (next == prev && next != NULL) {
        return;
    }
    if (next != prev) {
        switch_to(prev, next);
    }
    while (next == NULL) {
        if (!cpu->need_resched) {
            idle_wait();
        }
        cpu->need_resched = 0;
        next = pick_next(cpu->id, NULL);
        if (next != NULL) {
            switch_to(NULL, next);
        }
    }
    runstate_publish(next);
}

void cpu_start(void)
{
    schedule();
    resume_guest();
}
