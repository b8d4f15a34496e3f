/* SPDX-License-Identifier: MIT */
/*
 * CPUID, once, and what follows from it.  A CPU that lacks what the PV ABI
 * builds on is refused with a line that names it.
 */
#include "hv/cpu/features.h"

#include "hv/base/asm.h"
#include "hv/base/log.h"

struct cpu_features cpu_features;
static uint64_t host_cr4;

/* Places of stac() and clac(), as 32-bit offsets from themselves. */
extern const int32_t patch_stac_start[], patch_stac_end[];
extern const int32_t patch_clac_start[], patch_clac_end[];

static bool bit_of(uint32_t word, unsigned int bit)
{
    return (word >> bit) & 1;
}

static void patch(const int32_t *from, const int32_t *to, uint8_t last_byte)
{
    for (const int32_t *at = from; at < to; at++) {
        volatile uint8_t *code = (volatile uint8_t *)at + *at;

        code[0] = 0x0f;
        code[1] = 0x01;
        code[2] = last_byte;
    }
}

static void find_vendor(const struct cpuid *leaf0)
{
    cpu_features.vendor_amd = leaf0->b == 0x68747541;   /* Auth enti cAMD */
    cpu_features.vendor_intel = leaf0->b == 0x756e6547; /* Genu ineI ntel */
}

/* AMD and Hygon, but those that say otherwise: APM vol. 3, Fn8000_0008_EBX,
 * RstrFpErrPtrs. */
static void find_fpu_pointers(const struct cpuid *leaf0, uint32_t max_extended)
{
    bool is_hygon = leaf0->b == 0x6f677948; /* Hygo nGen uine */

    cpu_features.fpu_pointers_stay =
        (cpu_features.vendor_amd || is_hygon) &&
        !(max_extended >= 0x80000008 && bit_of(cpuid(0x80000008, 0).b, 2));
}

static void find_leaf7(uint32_t max_leaf)
{
    struct cpuid leaf;

    if (max_leaf < 7) {
        return;
    }
    leaf = cpuid(7, 0);
    cpu_features.smep = bit_of(leaf.b, 7);
    cpu_features.rdseed = bit_of(leaf.b, 18);
    cpu_features.smap = bit_of(leaf.b, 20);
    cpu_features.umip = bit_of(leaf.c, 2);
}

static void find_xsave(uint32_t max_leaf)
{
    struct cpuid leaf;

    cpu_features.xcr0_supported = XCR0_X87 | XCR0_SSE;
    cpu_features.xsave_size = 512;
    if (!cpu_features.xsave || max_leaf < 0xd) {
        cpu_features.xsave = false;
        return;
    }
    leaf = cpuid(0xd, 0);
    cpu_features.xcr0_supported |= leaf.a & XCR0_AVX;
    if ((leaf.a & XCR0_AVX512) == XCR0_AVX512 && (leaf.a & XCR0_AVX) != 0) {
        cpu_features.xcr0_supported |= XCR0_AVX512;
    }
}

static void require(bool present, const char *what)
{
    if (!present) {
        refuse_boot("this CPU has no %s, which 64-bit PV guests need", what);
    }
}

static void find_features(void)
{
    struct cpuid leaf0 = cpuid(0, 0);
    struct cpuid leaf1 = cpuid(1, 0);
    struct cpuid extended = cpuid(0x80000001, 0);
    uint32_t max_extended = cpuid(0x80000000, 0).a;

    require(bit_of(leaf1.d, 5) && bit_of(leaf1.d, 16), "MSRs or PAT");
    require(bit_of(leaf1.d, 9), "local APIC");
    require(bit_of(leaf1.d, 24) && bit_of(leaf1.d, 26), "FXSR or SSE2");
    require(bit_of(extended.d, 11), "SYSCALL");
    require(bit_of(extended.d, 20), "NX");
    find_vendor(&leaf0);
    cpu_features.xsave = bit_of(leaf1.c, 26);
    cpu_features.rdrand = bit_of(leaf1.c, 30);
    cpu_features.rdtscp = bit_of(extended.d, 27);
    cpu_features.tsc_deadline = bit_of(leaf1.c, 24);
    cpu_features.mce = bit_of(leaf1.d, 7);
    cpu_features.physical_bits =
        max_extended >= 0x80000008 ? (uint8_t)cpuid(0x80000008, 0).a : 36;
    find_fpu_pointers(&leaf0, max_extended);
    find_leaf7(leaf0.a);
    find_xsave(leaf0.a);
}

void features_init(void)
{
    find_features();
    host_cr4 = CR4_PAE | CR4_DE | CR4_OSFXSR | CR4_OSXMMEXCPT;
    host_cr4 |= cpu_features.xsave ? CR4_OSXSAVE : 0;
    host_cr4 |= cpu_features.smep ? CR4_SMEP : 0;
    host_cr4 |= cpu_features.smap ? CR4_SMAP : 0;
    host_cr4 |= cpu_features.umip ? CR4_UMIP : 0;
    host_cr4 |= cpu_features.mce ? CR4_MCE : 0;
    cpu_features.guest_cr4 = host_cr4;
    if (cpu_features.smap) {
        patch(patch_stac_start, patch_stac_end, 0xcb);
        patch(patch_clac_start, patch_clac_end, 0xca);
    }
    features_apply();
    if (cpu_features.xsave) {
        cpu_features.xsave_size = cpuid(0xd, 0).b;
    }
}

void features_apply(void)
{
    write_cr0(CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG);
    write_cr4(host_cr4);
    wrmsr(MSR_EFER, EFER_SCE | EFER_LME | EFER_LMA | EFER_NXE);
    wrmsr(MSR_PAT, PAT_VALUE);
    if (cpu_features.xsave) {
        xsetbv(0, cpu_features.xcr0_supported);
    }
}

uint64_t features_random(void)
{
    uint64_t value = 0;
    bool ok = false;

    for (unsigned int i = 0; i < 10 && !ok && cpu_features.rdseed; i++) {
        __asm__ volatile("rdseed %0; setc %1" : "=r"(value), "=q"(ok)::"cc");
    }
    for (unsigned int i = 0; i < 10 && !ok && cpu_features.rdrand; i++) {
        __asm__ volatile("rdrand %0; setc %1" : "=r"(value), "=q"(ok)::"cc");
    }
    for (unsigned int i = 0; i < 64 && !ok; i++) {
        value = (value << 7 | value >> 57) ^ (rdtsc() * 0x9e3779b97f4a7c15);
    }
    return value;
}
