/* SPDX-License-Identifier: MIT */
/*
 * CPUs: start-up by INIT and SIPI, all at once, and requests between them.  A
 * request is a bit set in the other's poll_requests and an interrupt; it is
 * served by the interrupt or by whatever spins there (cpu_poll).
 */
#include "hv/cpu/smp.h"

#include "hv/base/asm.h"
#include "hv/base/log.h"
#include "hv/base/spinlock.h"
#include "hv/cpu/apic.h"
#include "hv/cpu/descriptors.h"
#include "hv/cpu/features.h"
#include "hv/cpu/paging.h"
#include "hv/cpu/time.h"
#include "hv/cpu/tlb.h"
#include "hv/cpu/vectors.h"
#include "lib/string.h"

#define START_TIMEOUT_US 1000000
#define INIT_DELAY_US    100 /* CPUs of this century need none */
#define STOP_TIMEOUT_US  100000
#define TSC_ROUNDS       3

struct cpu *cpus[MAX_CPUS];
uint32_t cpu_count;

/* Read by trampoline.S: who takes which stack. */
uint32_t smp_apic_ids[MAX_CPUS];
uint32_t smp_apic_id_count;

static uint8_t is_up[MAX_CPUS];
static uint8_t is_stopped[MAX_CPUS];
static uint32_t tsc_partner; /* which CPU is to compare TSCs with CPU 0 */
static bool released;

/* How far a CPU's TSC was seen behind another's. */
static struct {
    uint64_t last;
    uint64_t worst;
    uint32_t turn; /* even: CPU 0's */
} warp;

extern const uint8_t trampoline_start[], trampoline_end[];
extern uint64_t trampoline_root;
void smp_ap_main(uint32_t id) noreturn;

static void init_cpu(uint32_t id, uint32_t its_apic_id)
{
    struct cpu *cpu = this_cpu();

    cpu->id = id;
    cpu->apic_id = its_apic_id;
    cpus[id] = cpu;
    tlb_load_root(idle_root);
    descriptors_load(id);
}

void smp_init_boot_cpu(void)
{
    cpu_count = 1;
    init_cpu(0, 0);
}

/* ---- start-up ---- */

/* One ping-pong of time stamps: each reads a TSC not below the one before. */
static void check_tsc(uint32_t side)
{
    for (uint32_t round = 0; round < TSC_ROUNDS; round++) {
        uint32_t mine = 2 * round + side;
        uint64_t now;

        while (atomic_read(&warp.turn) != mine) {
            cpu_relax();
        }
        now = rdtsc_ordered();
        if (now < warp.last) {
            warp.worst = MAX(warp.worst, warp.last - now);
        }
        warp.last = now;
        atomic_set(&warp.turn, mine + 1);
    }
}

/* On a CPU that came out of the trampoline, on its own stack. */
void smp_ap_main(uint32_t id)
{
    features_apply();
    init_cpu(id, smp_apic_ids[id]);
    apic_enable();
    atomic_set(&is_up[id], 1);
    while (!atomic_read(&released) || id >= cpu_count) {
        if (atomic_read(&tsc_partner) == id) {
            check_tsc(1);
            atomic_set(&tsc_partner, 0);
        }
        cpu_poll();
        cpu_relax();
    }
    cpu_start();
}

static void *trampoline_at(maddr_t page, const void *symbol)
{
    return (uint8_t *)maddr_to_hva(page) +
           ((const uint8_t *)symbol - trampoline_start);
}

static void compare_tsc(uint32_t id)
{
    warp.last = 0;
    atomic_set(&warp.turn, 0);
    atomic_set(&tsc_partner, id);
    check_tsc(0);
    while (atomic_read(&tsc_partner) != 0) {
        cpu_relax();
    }
}

static bool wait_up(uint32_t id)
{
    uint64_t end = system_time_ns() + START_TIMEOUT_US * 1000ull;

    while (!atomic_read(&is_up[id])) {
        if (system_time_ns() > end) {
            return false;
        }
        cpu_relax();
    }
    return true;
}

void smp_start(const uint32_t *apic_ids, uint32_t count, maddr_t trampoline)
{
    memcpy(maddr_to_hva(trampoline), trampoline_start,
           (size_t)(trampoline_end - trampoline_start));
    *(uint64_t *)trampoline_at(trampoline, &trampoline_root) = idle_root.a;
    memcpy(smp_apic_ids, apic_ids, count * sizeof(*apic_ids));
    smp_apic_id_count = count;
    cpus[0]->apic_id = apic_ids[0];

    for (uint32_t id = 1; id < count; id++) {
        apic_send_init(apic_ids[id]);
    }
    udelay(INIT_DELAY_US);
    for (unsigned int sipi = 0; sipi < 2; sipi++) {
        for (uint32_t id = 1; id < count; id++) {
            if (!atomic_read(&is_up[id])) {
                apic_send_startup(apic_ids[id], trampoline);
            }
        }
        udelay(INIT_DELAY_US);
    }
    for (uint32_t id = 1; id < count; id++) {
        if (!wait_up(id)) {
            log_line("CPU with APIC ID %u does not start: using %u of %u",
                     apic_ids[id], id, count);
            count = id;
        }
    }
    cpu_count = count;
    for (uint32_t id = 1; id < count; id++) {
        compare_tsc(id);
    }
    if (warp.worst != 0) {
        log_line("TSCs of the CPUs differ by %lu", warp.worst);
        tsc_is_stable = false;
    }
}

void smp_release(void)
{
    atomic_set(&released, true);
}

/* ---- requests ---- */

void cpu_kick(uint32_t cpu_id, uint32_t request)
{
    struct cpu *cpu = cpus[cpu_id];

    if ((atomic_or(&cpu->poll_requests, request) & request) != request) {
        apic_send(cpu->apic_id, VECTOR_KICK);
    }
}

static noreturn void stop_here(struct cpu *cpu)
{
    atomic_set(&is_stopped[cpu->id], 1);
    for (;;) {
        interrupts_off();
        halt();
    }
}

static void serve(struct cpu *cpu)
{
    uint32_t requests = atomic_xchg(&cpu->poll_requests, 0);

    if ((requests & CPU_POLL_STOP) != 0) {
        stop_here(cpu);
    }
    if ((requests & CPU_POLL_FLUSH) != 0) {
        tlb_flush_local();
    }
    if ((requests & CPU_POLL_RESCHED) != 0) {
        cpu->need_resched = 1;
    }
    if ((requests & (CPU_POLL_RESCHED | CPU_POLL_EVENT)) != 0) {
        cpu->has_work = 1;
    }
}

void cpu_poll(void)
{
    struct cpu *cpu = this_cpu();

    if (unlikely(atomic_read(&cpu->poll_requests) != 0)) {
        serve(cpu);
    }
}

void cpu_ask_proofs(uint32_t seen[MAX_CPUS])
{
    uint32_t self = this_cpu()->id;

    for (uint32_t id = 0; id < cpu_count; id++) {
        seen[id] = atomic_read(&cpus[id]->proofs);
    }
    seen[self]--; /* here it is we that are in the hypervisor */
    for (uint32_t id = 0; id < cpu_count; id++) {
        if (id != self) {
            apic_send(cpus[id]->apic_id, VECTOR_PROOF);
        }
    }
}

bool cpu_has_proofs(const uint32_t seen[MAX_CPUS])
{
    for (uint32_t id = 0; id < cpu_count; id++) {
        if (atomic_read(&cpus[id]->proofs) == seen[id]) {
            return false;
        }
    }
    return true;
}

void cpu_prove_left(void)
{
    atomic_add(&this_cpu()->proofs, 1);
}

void smp_stop_others(void)
{
    uint64_t end = system_time_ns() + STOP_TIMEOUT_US * 1000ull;
    uint32_t self = cpu_count == 0 ? 0 : this_cpu()->id;

    for (uint32_t id = 0; id < cpu_count; id++) {
        if (id != self) {
            cpu_kick(id, CPU_POLL_STOP);
        }
    }
    for (uint32_t id = 0; id < cpu_count; id++) {
        while (id != self && !atomic_read(&is_stopped[id]) &&
               system_time_ns() < end) {
            cpu_relax();
        }
    }
}
