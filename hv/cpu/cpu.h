/* SPDX-License-Identifier: MIT */
/*
 * A CPU.  Its struct sits at the top of its stack, above the guest's frame, so
 * that it is found from the stack pointer alone: the guest owns FS and GS.
 * A CPU writes only its own, save the fields marked shared.
 */
#pragma once

#include "hv/base/compiler.h"
#include "hv/base/layout.h"
#include "hv/cpu/regs.h"

struct vcpu;

struct cpu {
    struct vcpu *current;      /* whose registers the frame below holds */
    uint64_t syscall_rsp;      /* scratch of the SYSCALL stub: the guest's RSP */
    uint64_t loaded_cr3;       /* what CR3 holds */
    uint64_t tlb_time;         /* shared, read: tlb_clock at the last full flush */
    uint32_t id;               /* dense, 0 is the boot CPU */
    uint32_t apic_id;
    uint8_t need_resched;      /* leave the guest at the next exit */
    uint8_t has_work;          /* need_resched or any other exit work */
    int64_t budget;            /* work this entry may yet do, see below */
    uint32_t poll_requests;    /* shared: what other CPUs ask (CPU_POLL_*) */
    uint32_t fault_vector;     /* of a fault of ours that extable.h caught */
    uint32_t fault_code;
    uint32_t proofs;           /* shared, read: cpu_prove_left() so far */
} aligned_to(16);

/*
 * One entry from a guest does a bounded amount of work, counted in units of
 * some 30 instructions; a hypercall that has used it up continues later.
 */
#define WORK_BUDGET      4096
#define WORK_TABLE       512 /* validate or drop a page table */
#define WORK_BATCH       10  /* an element of mmu_update or mmuext_op */
#define WORK_SHOOTDOWN   64  /* other CPUs are interrupted and waited for */
#define WORK_FRAME       24  /* allocate and zero a frame, or free one */
#define WORK_GRANT       32  /* map, unmap or copy a granted frame */

/*
 * The top of each stack: [... guest frame][struct cpu].  The frame ends right
 * where struct cpu starts, 16-byte aligned: there the TSS and the SYSCALL stub
 * set RSP, and the CPU rounds RSP down to 16 before it pushes.
 */
struct cpu_block {
    uint64_t pad;
    struct regs guest;
    struct cpu cpu;
} aligned_to(16);
_Static_assert(offsetof(struct cpu_block, guest) + sizeof(struct regs) ==
                   offsetof(struct cpu_block, cpu),
               "entry pushes the guest frame down from struct cpu");

static inline struct cpu_block *cpu_block(void)
{
    uint64_t sp;

    __asm__("mov %%rsp, %0" : "=r"(sp));
    return (struct cpu_block *)((sp | (CPU_STACK_STRIDE - 1)) + 1) - 1;
}

static inline struct cpu *this_cpu(void)
{
    return &cpu_block()->cpu;
}

static inline struct vcpu *current_vcpu(void)
{
    return this_cpu()->current;
}

/* The guest's registers as they were when it was last left on this CPU. */
static inline struct regs *guest_regs(void)
{
    return &cpu_block()->guest;
}

extern struct cpu *cpus[MAX_CPUS]; /* filled as CPUs come up, then constant */
extern uint32_t cpu_count;         /* CPUs that are up */

/* What the CPUs can do, found at boot by cpu/features.c, then constant. */
struct cpu_features {
    bool fpu_pointers_stay; /* FXRSTOR loads them only with an exception */
    bool smep, smap, umip, xsave, rdtscp, rdrand, rdseed;
    bool vendor_amd, vendor_intel;
    bool mce, tsc_deadline;
    uint8_t physical_bits;
    uint64_t xcr0_supported; /* of XCR0, what a guest may enable */
    uint32_t xsave_size;     /* bytes, for all of xcr0_supported */
    uint64_t guest_cr4;      /* hardware CR4 while a guest runs */
};
extern struct cpu_features cpu_features;

enum {
    CPU_POLL_FLUSH   = 1, /* drop all guest translations */
    CPU_POLL_RESCHED = 2,
    CPU_POLL_STOP    = 4, /* halt for good (panic, power off) */
    CPU_POLL_EVENT   = 8, /* look at the running vCPU's pending events again */
};
/* Asks another CPU for CPU_POLL_* and interrupts it. */
void cpu_kick(uint32_t cpu_id, uint32_t request);

/*
 * That nothing the hypervisor was doing elsewhere is still under way: asks all
 * other CPUs to take an interrupt, which they do only outside of it or where
 * they hold neither a lock nor a permit; later, whether all of them have.  What
 * serves requests while it spins (cpu_poll) proves nothing.
 */
void cpu_ask_proofs(uint32_t seen[MAX_CPUS]);
bool cpu_has_proofs(const uint32_t seen[MAX_CPUS]);
/* From that interrupt. */
void cpu_prove_left(void);
