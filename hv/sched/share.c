/* SPDX-License-Identifier: MIT */
/* Weights and caps: virtual time, budgets, parking. */
#include "hv/sched/share.h"

#include "hv/cpu/cpu.h"
#include "hv/cpu/time.h"
#include "hv/sched/internal.h"
#include "hv/sched/timer.h"

/* Who slept may have saved up this much: it gets a CPU at once. */
#define BONUS ((int64_t)SHARE_DEFAULT(2000000u))
/*
 * Virtual time says nothing about vCPUs that never competed.  So nobody is
 * ahead of those he competes with by more than he gets in this real time, and
 * nobody who runs is further behind those who wait.
 */
#define AHEAD_NS  200000000
#define BEHIND_NS 100000000
/* A domain goes on when it has what its cap gives in this time. */
#define PERIOD_NS 10000000ull
#define NS_PER_S  1000000000ull

/* --- Virtual time --- */

int64_t share_virtual(const struct vcpu *vcpu, uint64_t elapsed_ns)
{
    const struct domain *domain = vcpu->domain;

    return (int64_t)(elapsed_ns * SHARE_SCALE * MAX(domain->active_vcpus, 1u) /
                     domain->weight);
}

/* Another CPU may have charged it by a clock that is a little ahead. */
static uint64_t uncharged_ns(const struct vcpu *vcpu, uint64_t now_ns)
{
    return now_ns > vcpu->scheduled_ns ? now_ns - vcpu->scheduled_ns : 0;
}

int64_t share_time_now(const struct vcpu *vcpu, uint64_t now_ns)
{
    return vcpu->virtual_time + share_virtual(vcpu, uncharged_ns(vcpu, now_ns));
}

static int64_t budget_of_period_ns(const struct domain *domain)
{
    return (int64_t)(PERIOD_NS * domain->cap / 100);
}

/* Twice that is kept, so that who has to wait for a CPU loses nothing. */
static void budget_fill(struct domain *domain, uint64_t now_ns)
{
    if (now_ns > domain->cap_updated_ns) {
        uint64_t passed_ns = MIN(now_ns - domain->cap_updated_ns, NS_PER_S);
        int64_t more_ns = (int64_t)(passed_ns * domain->cap / 100);

        domain->cap_budget_ns = MIN(domain->cap_budget_ns + more_ns,
                                    2 * budget_of_period_ns(domain));
        domain->cap_updated_ns = now_ns;
    }
}

/* Many short times cost as much as a long one: what is no unit is kept. */
static void advance(int64_t *time, uint32_t *rest, uint64_t scaled_ns,
                    uint16_t weight)
{
    scaled_ns += *rest;
    *time += (int64_t)(scaled_ns / weight);
    *rest = (uint32_t)(scaled_ns % weight);
}

static void advance_both(struct vcpu *vcpu, uint64_t elapsed_ns)
{
    struct domain *domain = vcpu->domain;
    uint64_t scaled_ns = elapsed_ns * SHARE_SCALE;

    advance(&vcpu->virtual_time, &vcpu->time_rest,
            scaled_ns * MAX(domain->active_vcpus, 1u), domain->weight);
    advance(&domain->virtual_time, &domain->time_rest, scaled_ns,
            domain->weight);
    if (elapsed_ns != 0) {
        vcpu->has_lent = 0;
    }
}

static void charge_one(struct vcpu *vcpu, uint64_t now_ns)
{
    uint64_t elapsed_ns = uncharged_ns(vcpu, now_ns);
    const struct vcpu *waiting = run_queue_find(&sched.queue, vcpu->affinity);

    advance_both(vcpu, elapsed_ns);
    vcpu->scheduled_ns += elapsed_ns;
    if (waiting != NULL) {
        vcpu->virtual_time =
            MAX(vcpu->virtual_time,
                waiting->virtual_time - share_virtual(waiting, BEHIND_NS));
    }
    vcpu->domain->cap_budget_ns -= (int64_t)elapsed_ns;
}

static void charge_all(struct domain *domain, uint64_t now_ns)
{
    for (uint32_t id = 0; id < domain->vcpu_count; id++) {
        if (sched_is_running(domain->vcpus[id])) {
            charge_one(domain->vcpus[id], now_ns);
        }
    }
    budget_fill(domain, now_ns);
}

void share_charge(struct vcpu *vcpu, uint64_t now_ns)
{
    if (vcpu->domain->cap == 0) {
        charge_one(vcpu, now_ns);
    } else {
        charge_all(vcpu->domain, now_ns);
    }
}

void share_set_active(struct vcpu *vcpu, bool is_active, uint64_t now_ns)
{
    struct domain *domain = vcpu->domain;

    if (vcpu->is_active != is_active) {
        /* What ran till now is charged by the number till now. */
        charge_all(domain, now_ns);
        vcpu->is_active = is_active;
        domain->active_vcpus += is_active ? 1 : -1;
        if (is_active) {
            vcpu->virtual_time += domain->virtual_time - vcpu->domain_time;
        } else {
            vcpu->domain_time = domain->virtual_time;
        }
    }
}

/* The least that anybody has had whom this vCPU may compete with. */
static int64_t least_of_others(const struct vcpu *vcpu, uint64_t now_ns)
{
    const struct vcpu *waiting = run_queue_find(&sched.queue, vcpu->affinity);
    int64_t least = waiting != NULL ? waiting->virtual_time : INT64_MAX;

    for (uint32_t id = 0; id < cpu_count; id++) {
        const struct vcpu *running = sched.cpus[id].running;

        if (running != NULL && running != vcpu &&
            (running->affinity & vcpu->affinity) != 0) {
            least = MIN(least, share_time_now(running, now_ns));
        }
    }
    return least != INT64_MAX ? least : sched.queue.floor;
}

/* A slice of a vCPU that is alone in the domain. */
static int64_t slice_of(const struct domain *domain)
{
    return (int64_t)(SLICE_NS * SHARE_SCALE / domain->weight);
}

/*
 * The latest that one may be who just woke, whatever its domain had meanwhile:
 * by as many slices as that has vCPUs behind those who wait, or who run.
 */
static int64_t latest_for(const struct vcpu *vcpu, uint64_t now_ns)
{
    const struct vcpu *waiting = run_queue_find(&sched.queue, vcpu->affinity);
    int64_t most = waiting != NULL ? waiting->virtual_time : sched.queue.floor;

    for (uint32_t id = 0; waiting == NULL && id < cpu_count; id++) {
        const struct vcpu *running = sched.cpus[id].running;

        if (running != NULL && running != vcpu &&
            (vcpu->affinity >> id & 1) != 0) {
            most = MAX(most, share_time_now(running, now_ns));
        }
    }
    return most + slice_of(vcpu->domain) * vcpu->domain->vcpu_count;
}

/*
 * Of the siblings that compete with it, the first that did run since it lent
 * the last time; or NULL.
 */
static struct vcpu *find_lender(const struct vcpu *vcpu)
{
    const struct domain *domain = vcpu->domain;
    struct vcpu *first = NULL;

    for (uint32_t id = 0; id < domain->vcpu_count; id++) {
        struct vcpu *sibling = domain->vcpus[id];

        if (sibling != vcpu && sibling->is_active && !sibling->has_lent &&
            (sibling->affinity & vcpu->affinity) != 0 &&
            (first == NULL || sibling->virtual_time < first->virtual_time)) {
            first = sibling;
        }
    }
    return first;
}

/*
 * Who sleeps much gets a CPU at once, even if its siblings use up what its
 * domain is due: one of them becomes later by what it becomes earlier.
 */
static void borrow(struct vcpu *vcpu, int64_t earliest, int64_t latest)
{
    struct vcpu *lender = find_lender(vcpu);
    int64_t time = vcpu->virtual_time - earliest;

    if (lender == NULL) {
        return;
    }
    time = MIN(time, latest - lender->virtual_time);
    if (time > 0) {
        vcpu->virtual_time -= time;
        lender->virtual_time += time;
        lender->has_lent = 1;
        if (lender->is_queued) {
            run_queue_remove(&sched.queue, lender);
            run_queue_insert(&sched.queue, lender);
        }
    }
}

/*
 * It woke, having had own_time as it fell asleep, and is now by what its domain
 * had meanwhile later.  That varies by a slice while a sibling is active.
 */
static void admit_woken(struct vcpu *vcpu, int64_t own_time, int64_t least,
                        uint64_t now_ns)
{
    int64_t latest = latest_for(vcpu, now_ns);
    int64_t earliest = least - BONUS;

    if (vcpu->domain->active_vcpus > 1) {
        earliest -= slice_of(vcpu->domain);
    }
    vcpu->virtual_time = MAX(vcpu->virtual_time, earliest);
    vcpu->virtual_time = MIN(vcpu->virtual_time, latest);
    borrow(vcpu, MAX(own_time, least - BONUS), latest);
}

void share_admit(struct vcpu *vcpu, uint64_t now_ns)
{
    bool is_woken = !vcpu->is_active;
    int64_t own_time = vcpu->virtual_time, least = 0;

    share_set_active(vcpu, true, now_ns);
    least = least_of_others(vcpu, now_ns);
    if (is_woken) {
        admit_woken(vcpu, own_time, least, now_ns);
    } else {
        vcpu->virtual_time = MAX(vcpu->virtual_time, least - BONUS);
    }
    vcpu->virtual_time =
        MIN(vcpu->virtual_time, least + share_virtual(vcpu, AHEAD_NS));
}

/* --- Caps --- */

uint64_t share_left_ns(const struct vcpu *vcpu)
{
    const struct domain *domain = vcpu->domain;

    if (domain->cap == 0) {
        return UINT64_MAX;
    }
    /* At least a hundredth of a period: a timer costs time too. */
    return (uint64_t)MAX(domain->cap_budget_ns / MAX(domain->active_vcpus, 1),
                         (int64_t)PERIOD_NS / 100);
}

void share_park_if_spent(struct domain *domain, uint64_t now_ns)
{
    uint64_t missing_ns = 0;

    if (domain->cap == 0 || domain->cap_budget_ns > 0 || domain->is_parked) {
        return;
    }
    domain->is_parked = 1;
    for (uint32_t id = 0; id < domain->vcpu_count; id++) {
        sched_withdraw(domain->vcpus[id], now_ns);
    }
    missing_ns =
        (uint64_t)(budget_of_period_ns(domain) - domain->cap_budget_ns);
    timer_set(&domain->cap_timer, now_ns + missing_ns * 100 / domain->cap);
}

static void unpark(struct domain *domain, uint64_t now_ns)
{
    budget_fill(domain, now_ns);
    domain->is_parked = 0;
    for (uint32_t id = 0; id < domain->vcpu_count; id++) {
        sched_offer(domain->vcpus[id], now_ns);
    }
}

static void cap_expired(void *object)
{
    struct domain *domain = object;

    spin_lock(&sched.lock);
    if (domain->is_parked) {
        unpark(domain, system_time_ns());
    }
    spin_unlock(&sched.lock);
}

void share_set(struct domain *domain, uint16_t weight, uint16_t cap)
{
    uint64_t now_ns = system_time_ns();

    spin_lock(&sched.lock);
    domain->weight = weight;
    domain->cap = cap;
    domain->cap_budget_ns = budget_of_period_ns(domain);
    domain->cap_updated_ns = now_ns;
    if (domain->is_parked) {
        unpark(domain, now_ns);
    }
    /* Those that run find out how long they still may. */
    for (uint32_t id = 0; id < domain->vcpu_count; id++) {
        if (domain->vcpus[id]->is_loaded) {
            sched_kick(domain->vcpus[id]->cpu);
        }
    }
    spin_unlock(&sched.lock);
}

void share_init(struct domain *domain)
{
    domain->weight = SCHED_WEIGHT_DEFAULT;
    timer_init(&domain->cap_timer, cap_expired, domain);
}

void share_destroy(struct domain *domain)
{
    timer_destroy(&domain->cap_timer);
}
