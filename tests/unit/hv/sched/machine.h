/* SPDX-License-Identifier: MIT */
/*
 * A machine to schedule on: each CPU is a coroutine that runs schedule() and
 * gives control back while it is idle or "runs a guest".  Time goes on from
 * one timer, or one end of a guest's burst, to the next.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "hv/sched/internal.h"

#define MS 1000000ull

/* What a vCPU does: works for run_ns, sleeps for sleep_ns; 0: works on. */
struct behaviour {
    uint64_t run_ns, sleep_ns;
};

extern struct domain *machine_domains[8];
extern uint32_t machine_interrupts; /* timer interrupts so far */
/* If set, what another CPU does while a vCPU (or NULL) leaves its own. */
extern void (*machine_while_switching)(struct vcpu *prev);

/* cpus idle CPUs and no domains, at time 0. */
void machine_start(uint32_t cpus);
void machine_end(void);

/* A domain whose vCPUs are down, with real event channels. */
struct domain *machine_domain(uint32_t id, uint32_t vcpu_count);
void machine_behave(struct vcpu *vcpu, struct behaviour behaviour);

/* Lets everything happen until now + ns. */
void machine_run(uint64_t ns);
/* Delivers interrupts and lets CPUs act until nothing changes. */
void machine_settle(void);

/* Makes the CPU the current one, as if its guest had made a hypercall. */
void machine_enter(uint32_t cpu_id);
struct vcpu *machine_running(uint32_t cpu_id);
/* Time on a CPU so far, and the longest it waited for one after a wake. */
uint64_t machine_ran_ns(const struct vcpu *vcpu);
uint64_t machine_latency_ns(const struct vcpu *vcpu);
