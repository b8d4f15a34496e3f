/* SPDX-License-Identifier: MIT */
/*
 * A machine of real threads, one per CPU; time is the host's.  An idle CPU
 * sleeps until it is kicked or its timer's deadline.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "hv/sched/internal.h"

#define RACE_CPUS 3u

extern struct domain *race_domains[4];

/* Domains with vCPUs that are up as soon as race_run() starts the CPUs. */
void race_start(uint32_t domains, uint32_t vcpus);

/*
 * Starts the CPUs: each calls act() for the vCPU it runs, as often as it can,
 * with a random seed of its own, until that returns false.
 */
void race_run(bool (*act)(struct vcpu *vcpu, uint32_t *seed));
void race_end(void);
void race_sleep_ms(uint32_t ms);
