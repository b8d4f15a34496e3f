/* SPDX-License-Identifier: MIT */
/*
 * What keeps a stale translation from outliving the reference it stood for.
 * tlb_clock counts full flushes; a frame is stamped with it when its type
 * count falls to zero, and a CPU whose tlb_time is not later may still hold a
 * translation.  No global pages, no PCID: a CR3 write drops everything.
 */
#pragma once

#include "hv/base/asm.h"
#include "hv/base/atomic.h"
#include "hv/base/types.h"
#include "hv/cpu/cpu.h"

struct domain;
extern uint64_t tlb_clock;

/* Loads root into CR3 (always a full flush of this CPU). */
void tlb_load_root(maddr_t root);
/*
 * The same between the two roots of the running vCPU, where nobody waits for
 * the flush: it is not counted as one.
 */
static inline void tlb_switch_root(maddr_t root)
{
    this_cpu()->loaded_cr3 = root.a;
    write_cr3(root.a);
}
void tlb_flush_local(void);
void tlb_invalidate_local(uint64_t va); /* va checked by the caller */
/* Flushes those CPUs in mask (bit per CPU) and waits; this CPU may be in it. */
void tlb_flush_cpus(uint64_t cpu_mask);
/* Flushes every CPU that has not flushed since stamp was taken: a translation
 * from then may still be cached there.  Waits. */
void tlb_flush_older(uint64_t stamp);
/* Flushes every CPU: something changed in our own tables. */
void tlb_flush_all(void);

static inline uint64_t tlb_now(void)
{
    return atomic_read(&tlb_clock);
}
