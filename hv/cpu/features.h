/* SPDX-License-Identifier: MIT */
/*
 * What the CPU can do (struct cpu_features in cpu.h), and the control
 * registers that follow from it: the same on every CPU, set once, except that
 * the scheduler loads guest_cr4.
 */
#pragma once

#include "hv/cpu/cpu.h"

#define CR0_PE             0x00000001ul
#define CR0_MP             0x00000002ul
#define CR0_TS             0x00000008ul
#define CR0_ET             0x00000010ul
#define CR0_NE             0x00000020ul
#define CR0_WP             0x00010000ul
#define CR0_PG             0x80000000ul

#define CR4_TSD            0x000004ul
#define CR4_DE             0x000008ul
#define CR4_PAE            0x000020ul
#define CR4_MCE            0x000040ul
#define CR4_OSFXSR         0x000200ul
#define CR4_OSXMMEXCPT     0x000400ul
#define CR4_UMIP           0x000800ul
#define CR4_FSGSBASE       0x010000ul
#define CR4_OSXSAVE        0x040000ul
#define CR4_SMEP           0x100000ul
#define CR4_SMAP           0x200000ul

#define MSR_APIC_BASE      0x1bu
#define MSR_SYSENTER_CS    0x174u
#define MSR_PAT            0x277u
#define MSR_TSC_DEADLINE   0x6e0u
#define MSR_EFER           0xc0000080u
#define MSR_STAR           0xc0000081u
#define MSR_LSTAR          0xc0000082u
#define MSR_CSTAR          0xc0000083u
#define MSR_SFMASK         0xc0000084u
#define MSR_FS_BASE        0xc0000100u
#define MSR_GS_BASE        0xc0000101u
#define MSR_KERNEL_GS_BASE 0xc0000102u
#define MSR_TSC_AUX        0xc0000103u

#define EFER_SCE           0x001ul
#define EFER_LME           0x100ul
#define EFER_LMA           0x400ul
#define EFER_NXE           0x800ul

/* XCR0's states: Intel SDM vol. 1, 13.3. */
#define XCR0_X87           0x01ull
#define XCR0_SSE           0x02ull
#define XCR0_AVX           0x04ull
#define XCR0_AVX512        0xe0ull

/* The PV ABI's page attribute table: WB WT UC- UC, WC WP UC UC. */
#define PAT_VALUE 0x0000050100070406ul

/*
 * Finds what the boot CPU can do, or refuses to boot on it; patches stac and
 * clac.  While the text is still writable.
 */
void features_init(void);

/* Sets CR0, CR4, EFER, PAT and XCR0 of this CPU. */
void features_apply(void);

/*
 * A random word: RDSEED, RDRAND, or, where there is neither, time stamps.
 * For the stack protector, not for keys.
 */
uint64_t features_random(void);
