/* SPDX-License-Identifier: MIT */
/* The machine of threads; see race_machine.h. */
#include "race_machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <pthread.h>
#include <sched.h>
#include <time.h>
#include <cmocka.h>

#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/base/log.h"
#include "hv/cpu/apic.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/time.h"
#include "hv/domain/clock.h"
#include "hv/evtchn/evtchn.h"
#include "hv/evtchn/internal.h"
#include "hv/mem/guest_copy.h"
#include "hv/mem/heap.h"
#include "hv/sched/timer.h"

struct race_cpu {
    struct cpu cpu;
    pthread_t thread;
    pthread_mutex_t mutex; /* guards nothing but the sleep */
    pthread_cond_t kicked;
    uint64_t deadline_ns;
};

struct cpu *cpus[MAX_CPUS];
uint32_t cpu_count;
_Thread_local struct cpu *fake_cpu;
uint64_t fake_time_ns;
struct domain *domain0;
struct domain *race_domains[4];

static struct race_cpu machine[RACE_CPUS];
static bool (*act_of_guest)(struct vcpu *vcpu, uint32_t *seed);
static uint32_t is_over; /* atomic: idle CPUs leave */
static _Thread_local jmp_buf leave;

static struct race_cpu *here(void)
{
    return &machine[fake_cpu->id];
}

static void look_at_clock(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    atomic_set(&fake_time_ns,
               (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
}

/* --- What the hypervisor calls --- */

void cpu_poll(void)
{
    sched_yield(); /* fewer cores than threads */
}

void lapic_timer_set(uint64_t deadline_ns)
{
    here()->deadline_ns = deadline_ns;
}

void cpu_kick(uint32_t cpu_id, uint32_t request)
{
    struct race_cpu *cpu = &machine[cpu_id];

    (void)atomic_or(&cpu->cpu.poll_requests, request);
    pthread_mutex_lock(&cpu->mutex);
    pthread_cond_signal(&cpu->kicked);
    pthread_mutex_unlock(&cpu->mutex);
}

/* Now and then another thread gets between two steps. */
static void stumble(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    if ((*seed >> 16) % 8 == 0) {
        sched_yield();
    }
}

/* The interrupts that wait. */
static void interrupts(void)
{
    struct race_cpu *cpu = here();
    uint32_t requests = atomic_xchg(&cpu->cpu.poll_requests, 0);

    look_at_clock();
    if ((requests & CPU_POLL_RESCHED) != 0) {
        sched_request();
    }
    if (cpu->deadline_ns != 0 && cpu->deadline_ns <= fake_time_ns) {
        cpu->deadline_ns = 0;
        timer_interrupt();
    }
}

/* Sleeps at most a moment, so that the clock goes on and the end is seen. */
void idle_wait(void)
{
    struct race_cpu *cpu = here();
    struct timespec until;

    if (fake_cpu->need_resched) {
        abort(); /* it would sleep with work to do */
    }
    if (atomic_read(&is_over)) {
        longjmp(leave, 1);
    }
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += 2000000;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    pthread_mutex_lock(&cpu->mutex);
    if (atomic_read(&cpu->cpu.poll_requests) == 0) {
        pthread_cond_timedwait(&cpu->kicked, &cpu->mutex, &until);
    }
    pthread_mutex_unlock(&cpu->mutex);
    interrupts();
}

/* Registers that two CPUs would have at once. */
void vcpu_switch(struct vcpu *prev, struct vcpu *next)
{
    static _Thread_local uint32_t seed;

    stumble(&seed);
    if (prev != NULL && atomic_xchg(&prev->saved_regs.rip, 0) != 1) {
        abort();
    }
    if (next != NULL && atomic_xchg(&next->saved_regs.rip, 1) != 0) {
        abort();
    }
    fake_cpu->current = next;
}

void domain_put(struct domain *domain)
{
    (void)atomic_sub(&domain->refs, 1);
}

/* --- The machine --- */

static void *cpu_main(void *argument)
{
    struct race_cpu *cpu = argument;
    uint32_t seed = cpu->cpu.id + 1;

    fake_cpu = &cpu->cpu;
    look_at_clock();
    if (setjmp(leave) != 0) {
        return NULL;
    }
    schedule();
    while (act_of_guest(fake_cpu->current, &seed)) {
        stumble(&seed);
        interrupts();
        while (fake_cpu->need_resched) {
            schedule();
        }
    }
    return NULL;
}

static struct vcpu *vcpu_make(struct domain *domain, uint32_t id)
{
    struct vcpu *vcpu = calloc(1, sizeof(*vcpu));

    vcpu->domain = domain;
    vcpu->id = (uint16_t)id;
    vcpu->kernel_mode = 1;
    vcpu->is_initialised = 1;
    vcpu->info = &domain->shared->vcpu_info[id];
    vcpu_sched_init(vcpu);
    return vcpu;
}

void race_start(uint32_t domains, uint32_t vcpus)
{
    cpu_count = RACE_CPUS;
    for (uint32_t id = 0; id < RACE_CPUS; id++) {
        machine[id].cpu.id = id;
        cpus[id] = &machine[id].cpu;
        pthread_mutex_init(&machine[id].mutex, NULL);
        pthread_cond_init(&machine[id].kicked, NULL);
    }
    fake_cpu = &machine[0].cpu;
    look_at_clock();
    sched_init();
    for (uint32_t d = 0; d < domains; d++) {
        struct domain *domain = calloc(1, sizeof(*domain));

        domain->id = (domid_t)d;
        domain->refs = 1;
        domain->shared = calloc(1, sizeof(*domain->shared));
        domain->vcpu_count = vcpus;
        domain->port_limit = 64;
        race_domains[d] = domain;
        sched_domain_init(domain);
        assert_int_equal(evtchn_domain_init(domain), 0);
        for (uint32_t v = 0; v < vcpus; v++) {
            domain->vcpus[v] = vcpu_make(domain, v);
        }
    }
}

void race_run(bool (*act)(struct vcpu *vcpu, uint32_t *seed))
{
    act_of_guest = act;
    for (uint32_t d = 0; race_domains[d] != NULL; d++) {
        for (uint32_t v = 0; v < race_domains[d]->vcpu_count; v++) {
            vcpu_up(race_domains[d]->vcpus[v]);
        }
    }
    for (uint32_t id = 0; id < RACE_CPUS; id++) {
        pthread_create(&machine[id].thread, NULL, cpu_main, &machine[id]);
    }
}

void race_sleep_ms(uint32_t ms)
{
    struct timespec time = {ms / 1000, (long)(ms % 1000) * 1000000};

    nanosleep(&time, NULL);
}

void race_end(void)
{
    atomic_set(&is_over, 1);
    for (uint32_t id = 0; id < RACE_CPUS; id++) {
        pthread_join(machine[id].thread, NULL);
    }
    assert_false(spin_is_locked(&sched.lock));
    for (uint32_t d = 0; race_domains[d] != NULL; d++) {
        struct domain *domain = race_domains[d];

        sched_domain_destroy(domain);
        while (evtchn_domain_destroy(domain) != 0) {
        }
        evtchn_domain_free(domain);
        assert_int_equal(domain->refs, 1);
    }
    for (uint32_t d = 0; race_domains[d] != NULL; d++) {
        for (uint32_t v = 0; v < race_domains[d]->vcpu_count; v++) {
            free(race_domains[d]->vcpus[v]);
        }
        free(race_domains[d]->shared);
        free(race_domains[d]);
        race_domains[d] = NULL;
    }
}
