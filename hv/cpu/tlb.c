/* SPDX-License-Identifier: MIT */
/*
 * Flushes and shootdowns.  A CPU advances the clock before it flushes and
 * publishes that time afterwards, so a published time later than a stamp
 * means: everything cached when the stamp was taken is gone.  That makes a
 * shootdown stateless: ask, interrupt, wait for the published time.
 */
#include "hv/cpu/tlb.h"

#include "hv/base/asm.h"
#include "hv/base/spinlock.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/paging.h"

uint64_t tlb_clock;

void tlb_load_root(maddr_t root)
{
    struct cpu *cpu = this_cpu();
    uint64_t now = atomic_add(&tlb_clock, 1);

    cpu->loaded_cr3 = root.a;
    write_cr3(root.a);
    atomic_set(&cpu->tlb_time, now);
}

void tlb_flush_local(void)
{
    tlb_load_root(MADDR(this_cpu()->loaded_cr3));
}

void tlb_invalidate_local(uint64_t va)
{
    invlpg(va);
}

/*
 * Whether nothing of a guest that was cached at stamp can be used on this CPU:
 * it has flushed since, or is on its way to idle, where there is no guest.
 */
static bool has_flushed_since(const struct cpu *cpu, uint64_t stamp)
{
    return atomic_read(&cpu->tlb_time) > stamp ||
           atomic_read(&cpu->loaded_cr3) == idle_root.a;
}

/*
 * Of the CPUs in mask, makes those flush that did not since stamp.  True: others
 * were interrupted for it.
 */
static bool flush(uint64_t mask, uint64_t stamp)
{
    uint32_t self = this_cpu()->id;
    bool has_kicked = false;

    for (uint32_t id = 0; id < cpu_count; id++) {
        if ((mask >> id & 1) != 0 && id != self &&
            !has_flushed_since(cpus[id], stamp)) {
            cpu_kick(id, CPU_POLL_FLUSH);
            has_kicked = true;
        }
    }
    if ((mask >> self & 1) != 0 && !has_flushed_since(cpus[self], stamp)) {
        tlb_flush_local();
    }
    for (uint32_t id = 0; id < cpu_count; id++) {
        while ((mask >> id & 1) != 0 && id != self &&
               !has_flushed_since(cpus[id], stamp)) {
            cpu_poll(); /* it may be waiting for us */
            cpu_relax();
        }
    }
    return has_kicked;
}

/* Whoever causes it pays for it. */
static void flush_all(uint64_t stamp)
{
    if (flush(~0ull, stamp)) {
        this_cpu()->budget -= WORK_SHOOTDOWN;
    }
}

void tlb_flush_cpus(uint64_t cpu_mask)
{
    if (likely(cpu_mask == 1ull << this_cpu()->id)) {
        tlb_flush_local();
    } else {
        (void)flush(cpu_mask, tlb_now());
    }
}

void tlb_flush_older(uint64_t stamp)
{
    flush_all(stamp);
}

void tlb_flush_all(void)
{
    flush_all(tlb_now());
}
