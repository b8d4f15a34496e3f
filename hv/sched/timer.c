/* SPDX-License-Identifier: MIT */
/*
 * Timers.  A timer is on the list of its cpu exactly while expires_ns is not
 * 0.  Lists are short: at most three timers of each vCPU, and three of each
 * domain (its cap's and its watchdogs'), of those that set them here, and the
 * CPU's own slice.
 */
#include "hv/sched/timer.h"

#include "hv/base/spinlock.h"
#include "hv/cpu/apic.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/time.h"

struct timer_list {
    struct timer *first;         /* the earliest */
    const struct timer *running; /* whose expired() is being called */
    uint64_t programmed_ns;      /* what the LAPIC waits for; 0: nothing */
};

static spinlock_t timer_lock;
static struct timer_list timer_lists[MAX_CPUS];

void timer_init(struct timer *timer, void (*expired)(void *object),
                void *object)
{
    *timer = (struct timer){.expired = expired, .object = object};
}

/* This CPU's list; timer_lock held. */
static void program(struct timer_list *list)
{
    uint64_t next_ns = list->first != NULL ? list->first->expires_ns : 0;

    if (next_ns != list->programmed_ns) {
        list->programmed_ns = next_ns;
        lapic_timer_set(next_ns);
    }
}

static void list_insert(struct timer_list *list, struct timer *timer)
{
    struct timer **link = &list->first;

    while (*link != NULL && (*link)->expires_ns <= timer->expires_ns) {
        link = &(*link)->next;
    }
    timer->next = *link;
    *link = timer;
}

/*
 * A deadline of another CPU's list that is taken away stays programmed there:
 * that costs one interrupt for nothing.
 */
static void list_remove(struct timer *timer)
{
    struct timer **link = &timer_lists[timer->cpu].first;

    if (timer->expires_ns == 0) {
        return;
    }
    while (*link != timer) {
        link = &(*link)->next;
    }
    *link = timer->next;
    timer->expires_ns = 0;
}

void timer_set(struct timer *timer, uint64_t expires_ns)
{
    uint32_t cpu_id = this_cpu()->id;
    struct timer_list *list = &timer_lists[cpu_id];

    spin_lock(&timer_lock);
    list_remove(timer);
    timer->expires_ns = MAX(expires_ns, 1);
    timer->cpu = cpu_id;
    list_insert(list, timer);
    program(list);
    spin_unlock(&timer_lock);
}

void timer_stop(struct timer *timer)
{
    spin_lock(&timer_lock);
    list_remove(timer);
    program(&timer_lists[this_cpu()->id]);
    spin_unlock(&timer_lock);
}

static bool is_running(const struct timer *timer)
{
    bool found = false;

    spin_lock(&timer_lock);
    for (uint32_t id = 0; id < MAX_CPUS; id++) {
        found |= timer_lists[id].running == timer;
    }
    spin_unlock(&timer_lock);
    return found;
}

void timer_destroy(struct timer *timer)
{
    timer_stop(timer);
    while (is_running(timer)) {
        cpu_poll();
        cpu_relax();
    }
}

/*
 * Takes the first timer that expired off this CPU's list, or says that there
 * is none and programs the next.
 */
static struct timer *take_expired(struct timer_list *list)
{
    struct timer *timer = NULL;

    spin_lock(&timer_lock);
    timer = list->first;
    if (timer != NULL && timer->expires_ns <= system_time_ns()) {
        list_remove(timer);
    } else {
        timer = NULL;
        program(list);
    }
    list->running = timer;
    spin_unlock(&timer_lock);
    return timer;
}

void timer_interrupt(void)
{
    struct timer_list *list = &timer_lists[this_cpu()->id];
    struct timer *timer = NULL;

    list->programmed_ns = 0; /* it fires once */
    while ((timer = take_expired(list)) != NULL) {
        timer->expired(timer->object);
    }
}
