/* SPDX-License-Identifier: MIT */
/*
 * The CPUID policy against a host that has every feature there is, and one
 * that has none: what a PV guest must not see, and what it must.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/hv/hypercall/fake.h"

#include "hv/cpu/cpu.h"
#include "hv/hypercall/cpuid.h"
#include "hv/mem/page.h"

#define BIT(n) (1u << (n))

static uint32_t out[4];

static int reset(void **state)
{
    (void)state;
    fake_reset();
    memset(fake.cpuid_answer, 0xff, sizeof(fake.cpuid_answer));
    cpuid_init();
    return 0;
}

static void ask(uint32_t leaf, uint32_t subleaf)
{
    cpuid_for_domain(&fake_domain, &fake_vcpu, leaf, subleaf, out);
}

static void assert_clear(unsigned int word, uint32_t bits)
{
    assert_int_equal(out[word] & bits, 0);
}

static void assert_set(unsigned int word, uint32_t bits)
{
    assert_int_equal(out[word] & bits, bits);
}

static void assert_zero(uint32_t leaf, uint32_t subleaf)
{
    ask(leaf, subleaf);
    assert_true((out[0] | out[1] | out[2] | out[3]) == 0);
}

static void leaf_1(void **state)
{
    (void)state;
    ask(1, 0);
    /* VME PSE SEP MTRR PGE PSE36 PSN DS ACPI HTT TM IA64 PBE */
    assert_clear(CPUID_EDX, BIT(1) | BIT(3) | BIT(11) | BIT(12) | BIT(13) |
                                BIT(17) | BIT(18) | BIT(21) | BIT(22) |
                                BIT(28) | BIT(29) | BIT(30) | BIT(31));
    assert_set(CPUID_EDX, BIT(0) | BIT(4) | BIT(5) | BIT(6) | BIT(7) | BIT(8) |
                              BIT(15) | BIT(24) | BIT(25) | BIT(26));
    /* DTES64 MONITOR DSCPL VMX SMX EST TM2 XTPR PDCM PCID DCA X2APIC TSCDDL */
    assert_clear(CPUID_ECX, BIT(2) | BIT(3) | BIT(4) | BIT(5) | BIT(6) |
                                BIT(7) | BIT(8) | BIT(14) | BIT(15) | BIT(17) |
                                BIT(18) | BIT(21) | BIT(24));
    assert_set(CPUID_ECX, BIT(13) | BIT(26) | BIT(27) | BIT(28) | BIT(31));
    assert_int_equal(out[CPUID_EBX] >> 24, 0); /* APIC ID */
    assert_int_equal(out[CPUID_EBX] >> 16 & 0xff, 1);
}

static void leaf_7(void **state)
{
    (void)state;
    ask(7, 0);
    assert_true(out[CPUID_EAX] <= 1);
    /* FSGSBASE TSC_ADJUST SGX HLE SMEP INVPCID RTM PQM MPX PQE SMAP PT */
    assert_clear(CPUID_EBX, BIT(0) | BIT(1) | BIT(2) | BIT(4) | BIT(7) |
                                BIT(10) | BIT(11) | BIT(12) | BIT(14) |
                                BIT(15) | BIT(20) | BIT(25));
    /* UMIP PKU OSPKE WAITPKG CET_SS TME LA57 KL BUS_LOCK ENQCMD SGX_LC PKS */
    assert_clear(CPUID_ECX, BIT(2) | BIT(3) | BIT(4) | BIT(5) | BIT(7) |
                                BIT(13) | BIT(16) | BIT(23) | BIT(24) |
                                BIT(29) | BIT(30) | BIT(31));
    /* UINTR IBT IBRS STIBP L1D ARCH_CAPS CORE_CAPS SSBD, AMX */
    assert_clear(CPUID_EDX, BIT(5) | BIT(20) | BIT(22) | BIT(24) | BIT(25) |
                                BIT(26) | BIT(27) | BIT(28) | BIT(29) |
                                BIT(30) | BIT(31));
    assert_set(CPUID_EBX, BIT(5) | BIT(9) | BIT(18)); /* AVX2 ERMS RDSEED */
    assert_clear(CPUID_EBX, BIT(16));                 /* AVX-512: not in XCR0 */
    assert_zero(7, 2);
    ask(7, 1);
    assert_clear(CPUID_EAX, BIT(5)); /* AVX512_BF16 */
    assert_int_equal(out[CPUID_EBX] | out[CPUID_ECX] | out[CPUID_EDX], 0);
}

static void states_decide_about_instructions(void **state)
{
    (void)state;
    cpu_features.xcr0_supported = 0xe7;
    cpuid_init();
    ask(7, 0);
    assert_set(CPUID_EBX, BIT(16) | BIT(31));
    cpu_features.xcr0_supported = 3;
    cpuid_init();
    ask(7, 0);
    assert_clear(CPUID_EBX, BIT(5) | BIT(16));
    ask(1, 0);
    assert_clear(CPUID_ECX, BIT(12) | BIT(28) | BIT(29));
    assert_set(CPUID_ECX, BIT(26) | BIT(27));
    cpu_features.xsave = false;
    cpuid_init();
    ask(1, 0);
    assert_clear(CPUID_ECX, BIT(26) | BIT(27) | BIT(28));
    assert_zero(0xd, 0);
    assert_zero(0xd, 1);
    cpu_features.rdtscp = false;
    cpuid_init();
    ask(0x80000001, 0);
    assert_clear(CPUID_EDX, BIT(27));
    ask(7, 0);
    assert_clear(CPUID_ECX, BIT(22));
}

static void extended_leaves(void **state)
{
    (void)state;
    ask(0x80000000, 0);
    assert_int_equal(out[CPUID_EAX], 0x80000008);
    ask(0x80000001, 0);
    /* SVM EXTAPIC CR8 OSVW IBS SKINIT WDT LWP NODEID TOPOEXT PERF* MWAITX */
    assert_clear(CPUID_ECX, BIT(1) | BIT(2) | BIT(3) | BIT(4) | BIT(9) |
                                BIT(10) | BIT(12) | BIT(13) | BIT(15) |
                                BIT(19) | BIT(22) | BIT(23) | BIT(24) |
                                BIT(26) | BIT(27) | BIT(28) | BIT(29));
    assert_clear(CPUID_EDX, BIT(3) | BIT(13) | BIT(17) | BIT(25) | BIT(26));
    assert_set(CPUID_EDX, BIT(11) | BIT(20) | BIT(27) | BIT(29));
    ask(0x80000007, 0);
    assert_int_equal(out[CPUID_EDX], BIT(8));
    ask(0x80000008, 0);
    assert_int_equal(out[CPUID_EAX], 0x30ff);
    assert_clear(CPUID_EBX, BIT(12) | BIT(14) | BIT(15) | BIT(24));
    assert_int_equal(out[CPUID_ECX], 0);
    assert_zero(0x80000009, 0);
    assert_zero(0x8000000a, 0);
    assert_zero(0x8000001f, 0);
    assert_zero(0x8fffffff, 0);
    assert_zero(0xffffffff, 0);
}

static void leaves_that_are_not_there(void **state)
{
    static const uint32_t none[] = {3,    5,    6,    8,    9,     0xa,
                                    0xb,  0xc,  0xe,  0xf,  0x10,  0x12,
                                    0x14, 0x1f, 0x21, 0x24, 0x100, 0x3fffffff};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
        assert_zero(none[i], 0);
        assert_zero(none[i], 1);
    }
    ask(0, 0);
    assert_int_equal(out[CPUID_EAX], 0xd);
    ask(4, 0);
    assert_int_equal(out[CPUID_EAX], 0x3ff); /* no sharing */
}

/* A CPU with nothing is not given more than what every one has. */
static void poor_host(void **state)
{
    (void)state;
    memset(fake.cpuid_answer, 0, sizeof(fake.cpuid_answer));
    ask(1, 0);
    assert_int_equal(out[CPUID_ECX], BIT(27) | BIT(31));
    ask(7, 0);
    assert_true((out[0] | out[1] | out[2] | out[3]) == 0);
    ask(0x80000001, 0);
    assert_int_equal(out[CPUID_ECX], 0);
    assert_int_equal(out[CPUID_EDX], BIT(11) | BIT(20) | BIT(29));
}

/* A toolstack takes away what it names and can give nothing. */
static void toolstack_hides(void **state)
{
    unsigned int word = cpuid_find_word(1, 0, CPUID_ECX);
    uint32_t all = cpuid_word(&fake_domain, word);

    (void)state;
    assert_int_equal(cpuid_word(NULL, word), all);
    fake_domain.cpuid_hidden[word] = ~(all & ~BIT(28)) | BIT(31);
    ask(1, 0);
    assert_int_equal(out[CPUID_ECX], all & ~BIT(28) & ~BIT(31));
    assert_int_equal(cpuid_word(NULL, word), all); /* others' are as before */
    fake_domain.cpuid_hidden[word] = 0;
    ask(1, 0);
    assert_int_equal(out[CPUID_ECX], all);
    assert_clear(CPUID_ECX, BIT(3) | BIT(5)); /* MONITOR VMX */
}

/* The order is ABI: tools index the words by number. */
static void words_are_where_tools_look(void **state)
{
    static const struct {
        uint32_t leaf, subleaf;
        unsigned int reg;
    } order[CPUID_WORDS] = {
        {1, 0, CPUID_EDX},           {1, 0, CPUID_ECX},
        {0x80000001, 0, CPUID_EDX},  {0x80000001, 0, CPUID_ECX},
        {0xd, 1, CPUID_EAX},         {7, 0, CPUID_EBX},
        {7, 0, CPUID_ECX},           {0x80000007, 0, CPUID_EDX},
        {0x80000008, 0, CPUID_EBX},  {7, 0, CPUID_EDX},
        {7, 1, CPUID_EAX},
    };

    (void)state;
    for (unsigned int i = 0; i < CPUID_WORDS; i++) {
        assert_int_equal(
            cpuid_find_word(order[i].leaf, order[i].subleaf, order[i].reg), i);
        ask(order[i].leaf, order[i].subleaf);
        assert_int_equal(out[order[i].reg], cpuid_word(&fake_domain, i));
    }
    assert_int_equal(cpuid_find_word(1, 0, CPUID_EBX), CPUID_WORDS);
    assert_int_equal(cpuid_word(NULL, CPUID_WORDS), 0);
}

/* Sizes of a CPU with AVX and AVX-512: Intel SDM vol. 1, 13.4 and 13.5. */
static void state_sizes(uint32_t leaf, uint32_t subleaf, uint32_t answer[4])
{
    static const uint32_t sizes[][3] = {/* size, offset, aligned */
                                        [2] = {256, 576, 0},
                                        [5] = {64, 1088, 0},
                                        [6] = {512, 1152, 1},
                                        [7] = {1024, 1664, 0}};

    if (leaf == 0xd && subleaf >= 2) {
        memset(answer, 0, 4 * sizeof(uint32_t));
        if (subleaf < ARRAY_SIZE(sizes)) {
            answer[CPUID_EAX] = sizes[subleaf][0];
            answer[CPUID_EBX] = sizes[subleaf][1];
            answer[CPUID_ECX] = sizes[subleaf][2] != 0 ? 3 : 1;
        }
    }
}

static void xsave_sizes(void **state)
{
    (void)state;
    fake.cpuid_hook = state_sizes;
    cpu_features.xcr0_supported = 0xe7;
    fake_vcpu.xcr0 = 3;
    ask(0xd, 0);
    assert_int_equal(out[CPUID_EAX], 0xe7);
    assert_int_equal(out[CPUID_EBX], 576);
    assert_int_equal(out[CPUID_ECX], 2688);
    assert_int_equal(out[CPUID_EDX], 0);
    fake_vcpu.xcr0 = 7;
    ask(0xd, 0);
    assert_int_equal(out[CPUID_EBX], 832);
    ask(0xd, 1);
    assert_int_equal(out[CPUID_EAX], 7); /* no XSAVES, no XFD */
    assert_int_equal(out[CPUID_EBX], 832);
    assert_int_equal(out[CPUID_ECX] | out[CPUID_EDX], 0);
    fake_vcpu.xcr0 = 0xe7;
    ask(0xd, 0);
    assert_int_equal(out[CPUID_EBX], 2688);
    ask(0xd, 1); /* 576 + 256 + 64 = 896, aligned already, + 512 + 1024 */
    assert_int_equal(out[CPUID_EBX], 2432);
    ask(0xd, 6);
    assert_int_equal(out[CPUID_EAX], 512);
    assert_int_equal(out[CPUID_EBX], 1152);
    assert_int_equal(out[CPUID_ECX], 2);
    cpu_features.xcr0_supported = 3;
    assert_zero(0xd, 2); /* not supported */
    assert_zero(0xd, 3);
    assert_zero(0xd, 9);
    assert_zero(0xd, 62);
    assert_zero(0xd, 63);
    assert_zero(0xd, ~0u);
}

static void hypervisor_leaves(void **state)
{
    (void)state;
    ask(0x40000000, 0);
    assert_int_equal(out[CPUID_EAX], 0x40000005);
    assert_memory_equal(&out[1], "XenVMMXenVMM", 12);
    ask(0x40000001, 0);
    assert_int_equal(out[CPUID_EAX], 0x00040011);
    assert_int_equal(out[CPUID_EBX] | out[CPUID_ECX] | out[CPUID_EDX], 0);
    ask(0x40000002, 0);
    assert_int_equal(out[CPUID_EAX], 1);
    assert_int_equal(out[CPUID_EBX], 0x40000000);
    assert_int_equal(out[CPUID_ECX], 1);
    ask(0x40000003, 0);
    assert_int_equal(out[CPUID_EAX], 6);
    assert_int_equal(out[CPUID_ECX], 1000000);
    ask(0x40000003, 1);
    assert_int_equal(out[CPUID_ECX], 0x80000000);
    assert_int_equal(out[CPUID_EDX], 1);
    ask(0x40000003, 2);
    assert_int_equal(out[CPUID_EAX], 1000000);
    assert_zero(0x40000003, 3);
    assert_zero(0x40000004, 0);
    ask(0x40000005, 0);
    assert_int_equal(out[CPUID_EBX], 31); /* 2 GiB of RAM */
    max_mfn++;
    ask(0x40000005, 0);
    assert_int_equal(out[CPUID_EBX], 32);
    assert_zero(0x40000006, 0);
    assert_zero(0x400000ff, 0);
    assert_zero(0x40000100, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(leaf_1, reset),
        cmocka_unit_test_setup(leaf_7, reset),
        cmocka_unit_test_setup(states_decide_about_instructions, reset),
        cmocka_unit_test_setup(extended_leaves, reset),
        cmocka_unit_test_setup(leaves_that_are_not_there, reset),
        cmocka_unit_test_setup(poor_host, reset),
        cmocka_unit_test_setup(toolstack_hides, reset),
        cmocka_unit_test_setup(words_are_where_tools_look, reset),
        cmocka_unit_test_setup(xsave_sizes, reset),
        cmocka_unit_test_setup(hypervisor_leaves, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
