/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's part of every address space: L4 slots 256 to 271, given to
 * it by the PV ABI.  All page-table roots share the same entries for them, so
 * there is one hypervisor address space.  Usable from assembly.
 */
#pragma once

#define HV_WINDOW_START 0xffff800000000000 /* slot 256 */
#define HV_WINDOW_END   0xffff880000000000 /* first byte of slot 272 */
#define HV_SLOT_FIRST   256
#define HV_SLOT_END     272

#define M2P_VIRT        0xffff800000000000 /* slot 256: guests read, we write */
#define VCPU_GDT_VIRT   0xffff820000000000 /* slot 260: one VCPU_GDT_STRIDE each */
#define VCPU_GDT_STRIDE 0x20000            /* 64 KiB of GDT, 64 KiB of LDT */
#define IOREMAP_VIRT    0xffff82c000000000 /* slot 261: device registers */
#define IMAGE_VIRT      0xffff82d000000000 /* slot 261: this image, 2 MiB aligned */
#define LAUNCH_VIRT     0xffff82e000000000 /* slot 261: hv/launch/load.c's window */
#define STACKS_VIRT     0xffff82d040000000 /* one CPU_STACK_STRIDE per CPU */
#ifndef DIRECTMAP_VIRT /* the unit tests' machine has its own place for it */
#define DIRECTMAP_VIRT  0xffff830000000000 /* slots 262-271: all RAM, RW, NX */
#endif
#define DIRECTMAP_SIZE  0x0000050000000000 /* 5 TiB */

/*
 * A CPU's block under STACKS_VIRT, by offset; what is not named is unmapped,
 * so that running off a stack faults.
 */
#define CPU_STACK_STRIDE  0x10000
#define CPU_IST_NMI_TOP   0x4000 /* 0x3000-0x4000 */
#define CPU_IST_DF_TOP    0x6000 /* 0x5000-0x6000 */
#define CPU_IST_MC_TOP    0x8000 /* 0x7000-0x8000 */
#define CPU_IST_DB_TOP    0xa000 /* 0x9000-0xa000 */
#define CPU_STACK_BASE    0xc000 /* 0xc000-0x10000: the stack, 16 KiB */
#define CPU_STACK_SIZE    0x4000

#ifdef __ASSEMBLY__
#define MAX_CPUS 8
#else
#include "hv/base/types.h"

#define MAX_CPUS 8u

static inline void *mfn_to_hva(mfn_t mfn)
{
    return (void *)(DIRECTMAP_VIRT + (mfn.n << PAGE_SHIFT));
}

static inline void *maddr_to_hva(maddr_t maddr)
{
    return (void *)(DIRECTMAP_VIRT + maddr.a);
}

static inline mfn_t hva_to_mfn(const void *hva)
{
    return MFN(((uint64_t)hva - DIRECTMAP_VIRT) >> PAGE_SHIFT);
}

static inline bool is_canonical(uint64_t va)
{
    return (uint64_t)((int64_t)(va << 16) >> 16) == va;
}

/*
 * Whether [va, va + size) lies wholly outside the hypervisor's window and is
 * canonical; safe for any size.
 */
static inline bool is_guest_range(uint64_t va, uint64_t size)
{
    uint64_t end = va + size;

    if (end < va) {
        return false;
    }
    return end <= 0x0000800000000000ull || va >= HV_WINDOW_END;
}
#endif
