/* SPDX-License-Identifier: MIT */
/*
 * A machine, a guest and a policy for testing instruction emulation on a host:
 * what hv/hypercall calls outside itself, with memory of its own.
 */
#pragma once

#include "hv/cpu/machine.h"
#include "hv/domain/domain.h"

/* Guest memory: these pages, and nothing else. */
#define FAKE_VA    0xffff888000001000ull
#define FAKE_PAGES 2u
#define FAKE_SIZE  (FAKE_PAGES * 4096u)

struct fake {
    uint8_t memory[FAKE_SIZE];
    bool read_only[FAKE_PAGES];

    /* What the guest was given. */
    unsigned int exceptions; /* how many */
    uint8_t vector;
    uint32_t error_code;
    uint64_t fault_va;

    /* The machine. */
    uint64_t msr[8]; /* FS_BASE, GS_BASE, KERNEL_GS_BASE, ..., by fake_msr() */
    uint64_t cr0, cr4, xcr0, dr[8], tsc;
    uint64_t gdt_entry;
    unsigned int cache_flushes, dr_writes;
    uint32_t cpuid_answer[4]; /* of every leaf, unless cpuid_hook is set */
    void (*cpuid_hook)(uint32_t leaf, uint32_t subleaf, uint32_t out[4]);

    /* Real ports: what was done last, and what reads give. */
    unsigned int port_reads, port_writes;
    uint16_t port;
    unsigned int port_size;
    uint32_t port_value; /* written, or to be read */
    uint8_t cmos[128], cmos_index;

    /* PCI configuration of one function. */
    uint32_t pci_bdf;
    uint8_t pci[256];
    unsigned int pci_writes;

    /* The policy: whether all is allowed, and what was asked when not. */
    unsigned int refusals;
    char refused_operation[64];
    unsigned int mode_switches;

    /* mmu_write_pte's answers. */
    uint64_t pte;
    int pte_result;
    unsigned int pte_calls, pte_races; /* compares that will be lost first */
    uint64_t pte_va;
    uint64_t new_root;
    int root_result;
};
extern struct fake fake;
extern struct domain fake_domain;
extern struct vcpu fake_vcpu;

/* A hardware domain's vCPU in kernel mode that is allowed everything. */
void fake_reset(void);
/* What the policy says from now on, to everything. */
void fake_policy(bool allow);
uint64_t *fake_msr(uint32_t msr);

/* Puts code into guest memory and regs at it. */
void fake_code(struct regs *regs, const void *code, size_t size);
