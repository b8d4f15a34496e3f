/* SPDX-License-Identifier: MIT */
/* The simulated machine; see machine.h. */
#include "machine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>
#include <cmocka.h>

#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/base/log.h"
#include "hv/cpu/apic.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/power.h"
#include "hv/cpu/time.h"
#include "hv/domain/clock.h"
#include "hv/evtchn/evtchn.h"
#include "hv/evtchn/internal.h"
#include "hv/mem/guest_copy.h"
#include "hv/mem/heap.h"
#include "hv/sched/timer.h"

#define STACK_SIZE (256 * 1024)
#define VCPUS      32

struct machine_cpu {
    struct cpu cpu;
    ucontext_t context;
    void *stack;
    uint64_t deadline_ns;
    bool is_idle, is_interrupted;
};

/* What the machine knows of a vCPU beside what the scheduler does. */
struct guest {
    struct vcpu *vcpu;
    struct behaviour behaviour;
    uint64_t left_ns; /* of this burst */
    uint64_t ran_ns, woken_ns, latency_ns;
    int cpu_id; /* -1: its registers are on none */
};

struct cpu *cpus[MAX_CPUS];
uint32_t cpu_count;
_Thread_local struct cpu *fake_cpu;
uint64_t fake_time_ns;
struct domain *domain0;
struct domain *machine_domains[8];
uint32_t machine_interrupts;
void (*machine_while_switching)(struct vcpu *prev);

static struct machine_cpu machine[MAX_CPUS];
static struct guest guests[VCPUS];
static uint32_t guest_count;
static ucontext_t outside;

/* --- What the scheduler calls --- */

void cpu_poll(void)
{
    fail_msg("a lock is held for ever");
}

void lapic_timer_set(uint64_t deadline_ns)
{
    machine[fake_cpu->id].deadline_ns = deadline_ns;
}

void cpu_kick(uint32_t cpu_id, uint32_t request)
{
    assert_true(cpu_id < cpu_count);
    machine[cpu_id].cpu.poll_requests |= request;
}

static void leave(struct machine_cpu *cpu)
{
    swapcontext(&cpu->context, &outside);
}

void idle_wait(void)
{
    struct machine_cpu *cpu = &machine[fake_cpu->id];

    assert_false(spin_is_locked(&sched.lock));
    assert_null(cpu->cpu.current);
    assert_int_equal(cpu->cpu.need_resched, 0);
    cpu->is_idle = true;
    leave(cpu);
    cpu->is_idle = false;
}

static struct guest *guest_of(const struct vcpu *vcpu)
{
    for (uint32_t i = 0; i < guest_count; i++) {
        if (guests[i].vcpu == vcpu) {
            return &guests[i];
        }
    }
    fail_msg("no such vCPU");
    return NULL;
}

void vcpu_switch(struct vcpu *prev, struct vcpu *next)
{
    assert_false(spin_is_locked(&sched.lock));
    assert_ptr_equal(fake_cpu->current, prev);
    if (prev != NULL) {
        assert_int_equal(guest_of(prev)->cpu_id, fake_cpu->id);
        guest_of(prev)->cpu_id = -1;
    }
    if (next != NULL) {
        struct guest *guest = guest_of(next);

        assert_int_equal(guest->cpu_id, -1);
        assert_true(sched_may_run(next));
        guest->cpu_id = (int)fake_cpu->id;
        if (guest->woken_ns != 0) {
            guest->latency_ns =
                MAX(guest->latency_ns, fake_time_ns - guest->woken_ns);
            guest->woken_ns = 0;
        }
        next->info->evtchn_upcall_pending = 0; /* it looks at its events */
    }
    fake_cpu->current = next;
    if (machine_while_switching != NULL) {
        machine_while_switching(prev);
    }
}

void domain_put(struct domain *domain)
{
    domain->refs--;
}

/* --- The machine --- */

static void cpu_main(int id)
{
    (void)id;
    for (;;) {
        schedule();
        do {
            leave(&machine[fake_cpu->id]); /* the guest runs */
        } while (!fake_cpu->need_resched);
    }
}

static void resume(uint32_t id)
{
    fake_cpu = &machine[id].cpu;
    machine[id].is_interrupted = false;
    swapcontext(&outside, &machine[id].context);
}

void machine_start(uint32_t count)
{
    memset(&sched, 0, sizeof(sched));
    memset(machine, 0, sizeof(machine));
    memset(guests, 0, sizeof(guests));
    guest_count = 0;
    fake_time_ns = 1;
    machine_interrupts = 0;
    cpu_count = count;
    sched_init();
    for (uint32_t id = 0; id < count; id++) {
        struct machine_cpu *cpu = &machine[id];

        cpu->cpu.id = id;
        cpus[id] = &cpu->cpu;
        cpu->stack = malloc(STACK_SIZE);
        getcontext(&cpu->context);
        cpu->context.uc_stack.ss_sp = cpu->stack;
        cpu->context.uc_stack.ss_size = STACK_SIZE;
        makecontext(&cpu->context, (void (*)(void))cpu_main, 1, (int)id);
        resume(id);
    }
}

void machine_end(void)
{
    machine_enter(0);
    for (uint32_t i = 0; i < guest_count; i++) {
        vcpu_pause(guests[i].vcpu);
    }
    machine_settle();
    for (uint32_t i = 0; i < guest_count; i++) {
        assert_true(vcpu_is_stopped(guests[i].vcpu));
    }
    for (uint32_t id = 0; id < ARRAY_SIZE(machine_domains); id++) {
        if (machine_domains[id] != NULL) {
            sched_domain_destroy(machine_domains[id]);
            while (evtchn_domain_destroy(machine_domains[id]) != 0) {
            }
            evtchn_domain_free(machine_domains[id]);
            free(machine_domains[id]->shared);
            free(machine_domains[id]);
            machine_domains[id] = NULL;
        }
    }
    for (uint32_t i = 0; i < guest_count; i++) {
        free(guests[i].vcpu);
    }
    for (uint32_t id = 0; id < cpu_count; id++) {
        free(machine[id].stack);
    }
}

struct domain *machine_domain(uint32_t id, uint32_t vcpu_count)
{
    struct domain *domain = calloc(1, sizeof(*domain));

    machine_enter(0);
    domain->id = (domid_t)id;
    domain->refs = 1;
    domain->shared = calloc(1, sizeof(*domain->shared));
    domain->vcpu_count = vcpu_count;
    sched_domain_init(domain);
    assert_int_equal(evtchn_domain_init(domain), 0);
    for (uint32_t v = 0; v < vcpu_count; v++) {
        struct vcpu *vcpu = calloc(1, sizeof(*vcpu));

        vcpu->domain = domain;
        vcpu->id = (uint16_t)v;
        vcpu->kernel_mode = 1;
        vcpu->is_initialised = 1;
        vcpu->info = &domain->shared->vcpu_info[v];
        domain->vcpus[v] = vcpu;
        vcpu_sched_init(vcpu);
        guests[guest_count++] = (struct guest){.vcpu = vcpu, .cpu_id = -1};
    }
    machine_domains[id] = domain;
    if (id == 0) {
        domain0 = domain;
    }
    return domain;
}

void machine_behave(struct vcpu *vcpu, struct behaviour behaviour)
{
    guest_of(vcpu)->behaviour = behaviour;
    guest_of(vcpu)->left_ns = behaviour.run_ns;
}

void machine_enter(uint32_t cpu_id)
{
    fake_cpu = &machine[cpu_id].cpu;
}

struct vcpu *machine_running(uint32_t cpu_id)
{
    return machine[cpu_id].cpu.current;
}

uint64_t machine_ran_ns(const struct vcpu *vcpu)
{
    return guest_of(vcpu)->ran_ns;
}

uint64_t machine_latency_ns(const struct vcpu *vcpu)
{
    return guest_of(vcpu)->latency_ns;
}

/* Interrupts that wait on the CPU.  Whether there were any. */
static bool interrupt(uint32_t id)
{
    struct machine_cpu *cpu = &machine[id];
    bool was = false;

    machine_enter(id);
    if (cpu->deadline_ns != 0 && cpu->deadline_ns <= fake_time_ns) {
        cpu->deadline_ns = 0;
        machine_interrupts++;
        timer_interrupt();
        was = true;
    }
    if (cpu->cpu.poll_requests != 0) {
        if ((cpu->cpu.poll_requests & CPU_POLL_RESCHED) != 0) {
            sched_request();
        }
        cpu->cpu.poll_requests = 0;
        was = true;
    }
    if (was && cpu->cpu.current != NULL) {
        cpu->cpu.current->info->evtchn_upcall_pending = 0;
    }
    return was;
}

/* The guest's burst is over: it sets its timer and sleeps. */
static void end_burst(struct guest *guest)
{
    uint64_t args[6] = {fake_time_ns + guest->behaviour.sleep_ns};
    struct call call = {.caller = guest->vcpu, .args = args};

    machine_enter((uint32_t)guest->cpu_id);
    guest->left_ns = guest->behaviour.run_ns;
    guest->woken_ns = args[0];
    assert_int_equal(do_set_timer_op(NULL, &call, NULL), 0);
    vcpu_block();
}

static bool is_bursting(const struct guest *guest)
{
    return guest->cpu_id >= 0 && guest->behaviour.run_ns != 0;
}

void machine_settle(void)
{
    bool again = true;

    for (uint32_t rounds = 0; again; rounds++) {
        assert_true(rounds < 1000);
        again = false;
        for (uint32_t id = 0; id < cpu_count; id++) {
            bool was = interrupt(id);

            if ((was && machine[id].is_idle) || machine[id].cpu.need_resched) {
                resume(id);
                again = true;
            }
            again |= was;
        }
        for (uint32_t i = 0; i < guest_count; i++) {
            if (is_bursting(&guests[i]) && guests[i].left_ns == 0) {
                end_burst(&guests[i]);
                again = true;
            }
        }
    }
}

static uint64_t next_time(uint64_t end_ns)
{
    uint64_t next_ns = end_ns;

    for (uint32_t id = 0; id < cpu_count; id++) {
        if (machine[id].deadline_ns != 0) {
            next_ns = MIN(next_ns, machine[id].deadline_ns);
        }
    }
    for (uint32_t i = 0; i < guest_count; i++) {
        if (is_bursting(&guests[i])) {
            next_ns = MIN(next_ns, fake_time_ns + guests[i].left_ns);
        }
    }
    return next_ns;
}

static void advance(uint64_t to_ns)
{
    uint64_t passed_ns = to_ns - fake_time_ns;

    for (uint32_t i = 0; i < guest_count; i++) {
        if (guests[i].cpu_id >= 0) {
            guests[i].ran_ns += passed_ns;
        }
        if (is_bursting(&guests[i])) {
            guests[i].left_ns -= passed_ns;
        }
    }
    fake_time_ns = to_ns;
}

void machine_run(uint64_t ns)
{
    uint64_t end_ns = fake_time_ns + ns;

    machine_settle();
    while (fake_time_ns < end_ns) {
        advance(next_time(end_ns));
        machine_settle();
    }
}
