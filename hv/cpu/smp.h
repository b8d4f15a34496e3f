/* SPDX-License-Identifier: MIT */
/* Bringing the other CPUs up, and asking them for things (cpu.h). */
#pragma once

#include "hv/cpu/cpu.h"

/* The boot CPU's struct, on its own stack: before anything uses this_cpu(). */
void smp_init_boot_cpu(void);

/*
 * Starts the CPUs with these local APICs (the boot CPU's among them) through
 * the trampoline page, which is mapped 1:1 and executable.  Their stacks are
 * mapped; CPU n is the one of apic_ids[n], apic_ids[0] the boot CPU.  From the
 * first that does not answer on they are left out, with a line.  Compares
 * their TSCs.
 */
void smp_start(const uint32_t *apic_ids, uint32_t count, maddr_t trampoline);

/* A CPU that is up starts to run guests (hv/sched/sched.c). */
void cpu_start(void) noreturn;
/* Lets those that were started go on to cpu_start(). */
void smp_release(void);

/* For a panic or power off: halts all CPUs but this one, waiting a moment. */
void smp_stop_others(void);
