/* SPDX-License-Identifier: MIT */
/*
 * CPUID by policy: feature words are the host's under the masks that
 * cpuid_init() makes of cpuid.def; other leaves are the host's only where they
 * describe caches, names and address widths, computed where they depend on the
 * vCPU, and zero otherwise.
 */
#include "hv/hypercall/cpuid.h"

#include <xen/arch-x86/cpuid.h>

#include "hv/cpu/cpu.h"
#include "hv/cpu/features.h"
#include "hv/cpu/machine.h"
#include "hv/cpu/time.h"
#include "hv/mem/page.h"

#define LEAF_MAX          0xdu
#define LEAF_EXTENDED_MAX 0x80000008u
#define LEAF_HYPERVISOR   0x40000000u
#define SUBLEAF_7_MAX     1u

#define LEGACY_XSAVE_SIZE 576u /* the x87 and SSE area and the header */
#define XSTATE_FIRST      2u   /* states before are in the legacy area */
#define XSTATE_END        63u
#define XSTATE_ALIGNED    2u /* sub-leaf ECX: aligned when compacted */

#define LINEAR_BITS       48u

/* In the order of the public ABI (xen/arch-x86/cpufeatureset.h). */
enum word {
    WORD_1_EDX,
    WORD_1_ECX,
    WORD_80000001_EDX,
    WORD_80000001_ECX,
    WORD_D_1_EAX,
    WORD_7_EBX,
    WORD_7_ECX,
    WORD_80000007_EDX,
    WORD_80000008_EBX,
    WORD_7_EDX,
    WORD_7_1_EAX,
    WORDS
};
_Static_assert(WORDS == CPUID_WORDS, "a domain's words");

static const struct place {
    uint32_t leaf, subleaf;
    unsigned int reg;
} places[WORDS] = {
    [WORD_1_EDX] = {1, 0, CPUID_EDX},
    [WORD_1_ECX] = {1, 0, CPUID_ECX},
    [WORD_80000001_EDX] = {0x80000001u, 0, CPUID_EDX},
    [WORD_80000001_ECX] = {0x80000001u, 0, CPUID_ECX},
    [WORD_D_1_EAX] = {0xd, 1, CPUID_EAX},
    [WORD_7_EBX] = {7, 0, CPUID_EBX},
    [WORD_7_ECX] = {7, 0, CPUID_ECX},
    [WORD_80000007_EDX] = {0x80000007u, 0, CPUID_EDX},
    [WORD_80000008_EBX] = {0x80000008u, 0, CPUID_EBX},
    [WORD_7_EDX] = {7, 0, CPUID_EDX},
    [WORD_7_1_EAX] = {7, 1, CPUID_EAX},
};

enum rule {
    RULE_shown,
    RULE_forced,
    RULE_xsave,
    RULE_osxsave,
    RULE_avx,
    RULE_avx512,
    RULE_rdtscp,
};

static const struct feature {
    uint8_t word, bit, rule;
} features[] = {
#define FEATURE(word, bit, name, rule) {WORD_##word, bit, RULE_##rule},
#include "hv/hypercall/cpuid.def"
#undef FEATURE
};

/* Of each word, what the host's bits are cut to and what is added; set once
 * at boot. */
static struct mask {
    uint32_t keep, set;
} masks[WORDS];

static bool rule_holds(enum rule rule)
{
    uint64_t xcr0 = cpu_features.xsave ? cpu_features.xcr0_supported : 0;

    switch (rule) {
    case RULE_shown:
    case RULE_forced:
        return true;
    case RULE_xsave:
    case RULE_osxsave:
        return cpu_features.xsave;
    case RULE_avx:
        return (xcr0 & XCR0_AVX) != 0;
    case RULE_avx512:
        return (xcr0 & XCR0_AVX512) == XCR0_AVX512;
    case RULE_rdtscp:
        return cpu_features.rdtscp;
    }
    return false;
}

void cpuid_init(void)
{
    for (unsigned int i = 0; i < WORDS; i++) {
        masks[i] = (struct mask){0, 0};
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(features); i++) {
        const struct feature *feature = &features[i];
        struct mask *mask = &masks[feature->word];

        if (!rule_holds(feature->rule)) {
            continue;
        }
        if (feature->rule == RULE_forced || feature->rule == RULE_osxsave) {
            mask->set |= 1u << feature->bit;
        } else {
            mask->keep |= 1u << feature->bit;
        }
    }
}

/* hidden: the domain's; what a toolstack may do is take away. */
static inline uint32_t masked(const uint32_t *hidden, enum word word,
                              uint32_t host)
{
    return ((host & masks[word].keep) | masks[word].set) & ~hidden[word];
}

static void all_zero(uint32_t out[4])
{
    out[0] = out[1] = out[2] = out[3] = 0;
}

static void features_leaf(const uint32_t *hidden, uint32_t out[4])
{
    /* One logical processor, APIC ID 0; the CLFLUSH line is the host's. */
    out[CPUID_EBX] = (out[CPUID_EBX] & 0xff00) | 1u << 16;
    out[CPUID_ECX] = masked(hidden, WORD_1_ECX, out[CPUID_ECX]);
    out[CPUID_EDX] = masked(hidden, WORD_1_EDX, out[CPUID_EDX]);
}

static void features_7(const uint32_t *hidden, uint32_t subleaf,
                       uint32_t out[4])
{
    switch (subleaf) {
    case 0:
        out[CPUID_EAX] = MIN(out[CPUID_EAX], SUBLEAF_7_MAX);
        out[CPUID_EBX] = masked(hidden, WORD_7_EBX, out[CPUID_EBX]);
        out[CPUID_ECX] = masked(hidden, WORD_7_ECX, out[CPUID_ECX]);
        out[CPUID_EDX] = masked(hidden, WORD_7_EDX, out[CPUID_EDX]);
        break;
    case 1:
        out[CPUID_EAX] = masked(hidden, WORD_7_1_EAX, out[CPUID_EAX]);
        out[CPUID_EBX] = out[CPUID_ECX] = out[CPUID_EDX] = 0;
        break;
    default:
        all_zero(out);
        break;
    }
}

/* Bytes that XSAVE, or compacted XSAVEC, writes for these states. */
static uint32_t xsave_size(uint64_t states, bool compacted)
{
    uint32_t size = LEGACY_XSAVE_SIZE;

    states >>= XSTATE_FIRST;
    for (uint32_t i = XSTATE_FIRST; states != 0; i++, states >>= 1) {
        uint32_t host[4];

        if ((states & 1) == 0) {
            continue;
        }
        machine_cpuid(0xd, i, host);
        if (!compacted) {
            size = MAX(size, host[CPUID_EBX] + host[CPUID_EAX]);
            continue;
        }
        if ((host[CPUID_ECX] & XSTATE_ALIGNED) != 0) {
            size = (size + 63) & ~63u;
        }
        size += host[CPUID_EAX];
    }
    return size;
}

static void xsave_leaf(const uint32_t *hidden, const struct vcpu *vcpu,
                       uint32_t subleaf, uint32_t out[4])
{
    uint64_t supported = cpu_features.xcr0_supported;
    uint64_t enabled = vcpu != NULL ? vcpu->xcr0 : supported;

    if (!cpu_features.xsave || subleaf >= XSTATE_END ||
        (subleaf >= XSTATE_FIRST && (supported >> subleaf & 1) == 0)) {
        all_zero(out);
        return;
    }
    switch (subleaf) {
    case 0:
        out[CPUID_EAX] = (uint32_t)supported;
        out[CPUID_EBX] = xsave_size(enabled, false);
        out[CPUID_ECX] = xsave_size(supported, false);
        out[CPUID_EDX] = (uint32_t)(supported >> 32);
        break;
    case 1:
        out[CPUID_EAX] = masked(hidden, WORD_D_1_EAX, out[CPUID_EAX]);
        out[CPUID_EBX] = xsave_size(enabled, true);
        out[CPUID_ECX] = out[CPUID_EDX] = 0;
        break;
    default: /* size and offset are the host's; a user state */
        out[CPUID_ECX] &= XSTATE_ALIGNED;
        out[CPUID_EDX] = 0;
        break;
    }
}

/* "XenVMMXenVMM": xen/arch-x86/cpuid.h, leaf 0. */
static void signature_leaf(uint32_t out[4])
{
    out[CPUID_EAX] = LEAF_HYPERVISOR + XEN_CPUID_MAX_NUM_LEAVES;
    out[CPUID_EBX] = XEN_CPUID_SIGNATURE_EBX;
    out[CPUID_ECX] = XEN_CPUID_SIGNATURE_ECX;
    out[CPUID_EDX] = XEN_CPUID_SIGNATURE_EDX;
}

static void clock_leaf(uint32_t subleaf, uint32_t out[4])
{
    enum { TSC_IS_SAFE = 2, HAS_RDTSCP = 4, MODE_NEVER_EMULATE = 2 };

    switch (subleaf) {
    case 0:
        out[CPUID_EAX] = tsc_is_stable ? TSC_IS_SAFE : 0;
        out[CPUID_EAX] |= cpu_features.rdtscp ? HAS_RDTSCP : 0;
        out[CPUID_EBX] = MODE_NEVER_EMULATE;
        out[CPUID_ECX] = (uint32_t)tsc_khz;
        break;
    case 1:
        out[CPUID_ECX] = tsc_to_system_mul;
        out[CPUID_EDX] = (uint8_t)tsc_shift;
        break;
    case 2:
        out[CPUID_EAX] = (uint32_t)tsc_khz;
        break;
    default:
        break;
    }
}

/* Bits of the highest machine address of RAM: what a grant or a page-table
 * entry may have to name. */
static uint32_t machine_address_bits(void)
{
    uint64_t last = max_mfn == 0 ? 1 : max_mfn - 1;

    return PAGE_SHIFT + 64 - (uint32_t)__builtin_clzll(last | 1);
}

static void hypervisor_leaf(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    all_zero(out);
    switch (leaf - LEAF_HYPERVISOR) {
    case 0:
        signature_leaf(out);
        break;
    case 1:
        out[CPUID_EAX] = 4u << 16 | 17; /* the ABI's version: 4.17 */
        break;
    case 2:
        out[CPUID_EAX] = 1; /* hypercall pages */
        out[CPUID_EBX] = LEAF_HYPERVISOR;
        out[CPUID_ECX] = XEN_CPUID_FEAT1_MMU_PT_UPDATE_PRESERVE_AD;
        break;
    case 3:
        clock_leaf(subleaf, out);
        break;
    case 5:
        out[CPUID_EBX] = subleaf == 0 ? machine_address_bits() : 0;
        break;
    default:
        break;
    }
}

static void extended_leaf(const uint32_t *hidden, uint32_t leaf,
                          uint32_t out[4])
{
    switch (leaf & 0xf) {
    case 0:
        out[CPUID_EAX] = MIN(out[CPUID_EAX], LEAF_EXTENDED_MAX);
        break;
    case 1:
        out[CPUID_EBX] = 0;
        out[CPUID_ECX] = masked(hidden, WORD_80000001_ECX, out[CPUID_ECX]);
        out[CPUID_EDX] = masked(hidden, WORD_80000001_EDX, out[CPUID_EDX]);
        break;
    case 7:
        out[CPUID_EAX] = out[CPUID_EBX] = out[CPUID_ECX] = 0;
        out[CPUID_EDX] = masked(hidden, WORD_80000007_EDX, out[CPUID_EDX]);
        break;
    case 8:
        out[CPUID_EAX] = (out[CPUID_EAX] & 0xff) | LINEAR_BITS << 8;
        out[CPUID_EBX] = masked(hidden, WORD_80000008_EBX, out[CPUID_EBX]);
        out[CPUID_ECX] = out[CPUID_EDX] = 0;
        break;
    default: /* 2-6: the CPU's name, its caches */
        break;
    }
}

static void basic_leaf(const uint32_t *hidden, const struct vcpu *vcpu,
                       uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    switch (leaf) {
    case 0:
        out[CPUID_EAX] = MIN(out[CPUID_EAX], LEAF_MAX);
        break;
    case 1:
        features_leaf(hidden, out);
        break;
    case 2: /* caches */
        break;
    case 4: /* caches, without how many processors share them */
        out[CPUID_EAX] &= 0x3ff;
        break;
    case 7:
        features_7(hidden, subleaf, out);
        break;
    case 0xd:
        xsave_leaf(hidden, vcpu, subleaf, out);
        break;
    default:
        all_zero(out);
        break;
    }
}

void cpuid_for_domain(const struct domain *domain, const struct vcpu *vcpu,
                      uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    static const uint32_t nothing[WORDS];
    const uint32_t *hidden = domain == NULL ? nothing : domain->cpuid_hidden;

    if (leaf - LEAF_HYPERVISOR < 0x100) {
        hypervisor_leaf(leaf, subleaf, out);
        return;
    }
    all_zero(out);
    if (leaf <= LEAF_MAX) {
        machine_cpuid(leaf, subleaf, out);
        basic_leaf(hidden, vcpu, leaf, subleaf, out);
    } else if (leaf >= 0x80000000u && leaf <= LEAF_EXTENDED_MAX) {
        machine_cpuid(leaf, subleaf, out);
        extended_leaf(hidden, leaf, out);
    }
}

uint32_t cpuid_word(const struct domain *domain, unsigned int word)
{
    uint32_t out[4];

    if (word >= WORDS) {
        return 0;
    }
    cpuid_for_domain(domain, NULL, places[word].leaf, places[word].subleaf,
                     out);
    return out[places[word].reg];
}

unsigned int cpuid_find_word(uint32_t leaf, uint32_t subleaf, unsigned int reg)
{
    unsigned int word;

    for (word = 0; word < WORDS; word++) {
        if (places[word].leaf == leaf && places[word].subleaf == subleaf &&
            places[word].reg == reg) {
            break;
        }
    }
    return word;
}
