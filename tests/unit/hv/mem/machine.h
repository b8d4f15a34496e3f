/* SPDX-License-Identifier: MIT */
/*
 * A machine of a few hundred frames for hv/mem: RAM at a fixed place of the
 * test's own address space, two domains, one CPU, a TLB that only counts.
 */
#pragma once

#include "hv/domain/domain.h"
#include "hv/mem/page.h"

#define FRAMES          256u
#define FRAMES_PER_SIDE 40u /* what each domain has at first */

extern struct domain sides[2];
extern struct vcpu runners[2];
extern uint64_t flushes; /* how often the TLB was flushed */
extern uint64_t flushed_cpus; /* of the last time */
extern void (*machine_on_flush)(void); /* called just before; or NULL */
extern void (*machine_flushed)(void);  /* called just after; or NULL */

/* A new machine: everything free but what the domains have. */
void machine_reset(void);
/* That domain's vCPU is current from now on. */
void machine_run(unsigned int side);
/* A frame of the domain's, chosen by number; any frame for odd choices. */
uint64_t machine_frame(unsigned int side, uint64_t choice);

/*
 * Recounts every reference from the tables, pins and roots, and compares with
 * what the frame table says; NULL, or what is wrong first.
 */
const char *oracle_check(void);
