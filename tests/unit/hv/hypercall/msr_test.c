/* SPDX-License-Identifier: MIT */
/* Every row of msrs.def, and what has no row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/hv/hypercall/fake.h"

#include "hv/cpu/features.h"
#include "hv/hypercall/msr.h"

static int reset(void **state)
{
    (void)state;
    fake_reset();
    return 0;
}

static uint64_t read_ok(uint32_t msr)
{
    uint64_t value = 0xdead;

    assert_true(msr_read(&fake_vcpu, msr, &value));
    return value;
}

static bool read_faults(uint32_t msr)
{
    uint64_t value = 0xdead;
    bool faults = !msr_read(&fake_vcpu, msr, &value);

    assert_true(!faults || value != 0xdead);
    return faults;
}

static bool write_faults(uint32_t msr, uint64_t value)
{
    return !msr_write(&fake_vcpu, msr, value);
}

static void bases_are_hardware(void **state)
{
    static const uint32_t bases[] = {MSR_FS_BASE, MSR_GS_BASE,
                                     MSR_KERNEL_GS_BASE};

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
        assert_false(write_faults(bases[i], 0x7fff12345000 + i));
        assert_true(*fake_msr(bases[i]) == 0x7fff12345000 + i);
        *fake_msr(bases[i]) = 0xffff888000000000;
        assert_true(read_ok(bases[i]) == 0xffff888000000000);
        assert_true(write_faults(bases[i], 0x800000000000));
        assert_true(*fake_msr(bases[i]) == 0xffff888000000000);
    }
}

static void efer_and_pat_take_what_they_hold(void **state)
{
    (void)state;
    assert_int_equal(read_ok(MSR_EFER), 0xd01);
    assert_false(write_faults(MSR_EFER, 0xd01));
    assert_true(write_faults(MSR_EFER, 0xd00));
    assert_true(write_faults(MSR_EFER, 0x1d01)); /* SVME */
    assert_true(read_ok(MSR_PAT) == 0x0000050100070406);
    assert_false(write_faults(MSR_PAT, 0x0000050100070406));
    assert_true(write_faults(MSR_PAT, 0x0007040600070406));
}

static void apic_base_tells_the_boot_cpu(void **state)
{
    (void)state;
    assert_int_equal(read_ok(MSR_APIC_BASE), 0xfee00900);
    fake_vcpu.id = 1;
    assert_int_equal(read_ok(MSR_APIC_BASE), 0xfee00800);
    assert_true(write_faults(MSR_APIC_BASE, 0xfee00800));
}

static void tsc_and_its_aux(void **state)
{
    (void)state;
    fake.tsc = 0x123456789abc;
    assert_true(read_ok(0x10) == 0x123456789abc);
    assert_true(write_faults(0x10, 0));
    assert_false(write_faults(MSR_TSC_AUX, 0xfffff001));
    assert_int_equal(fake_vcpu.tsc_aux, 0xfffff001);
    assert_int_equal(*fake_msr(MSR_TSC_AUX), 0xfffff001);
    assert_int_equal(read_ok(MSR_TSC_AUX), 0xfffff001);
    assert_true(write_faults(MSR_TSC_AUX, 1ull << 32));
    cpu_features.rdtscp = false;
    assert_true(write_faults(MSR_TSC_AUX, 0));
    assert_true(read_faults(MSR_TSC_AUX));
}

static void machine_check_has_no_banks(void **state)
{
    (void)state;
    assert_int_equal(read_ok(0x179), 0);
    assert_true(write_faults(0x179, 1));
    for (uint32_t msr = 0x400; msr <= 0x47f; msr++) {
        assert_int_equal(read_ok(msr), 0);
        assert_false(write_faults(msr, ~0ull));
    }
    assert_int_equal(read_ok(0x17a), 0);
    assert_false(write_faults(0x17b, ~0ull));
    assert_int_equal(read_ok(0x8b), 0);
    assert_false(write_faults(0x8b, 0));
}

static void vendors_have_their_own(void **state)
{
    (void)state;
    cpu_features.vendor_amd = true;
    assert_int_equal(read_ok(0xc0010015), 0);
    assert_false(write_faults(0xc0010015, 0x40));
    assert_int_equal(read_ok(0xc0011029), 2);
    assert_false(write_faults(0xc0011029, 0));
    assert_true(read_faults(0x1a0));
    cpu_features.vendor_amd = false;
    cpu_features.vendor_intel = true;
    assert_true(read_faults(0xc0010015));
    assert_true(read_faults(0xc0011029));
    *fake_msr(0x1a0) = 0x850089; /* performance monitoring, MONITOR */
    assert_int_equal(read_ok(0x1a0), 0x811809);
    assert_false(write_faults(0x1a0, 0x811809));
    assert_true(write_faults(0x1a0, 0x850089));
}

/* A sweep of everything near a number that means something: what has no row
 * faults, both ways, and touches no hardware (fake_msr fails on it). */
static void all_else_faults(void **state)
{
    static const uint32_t none[] = {
        0x0,        0x11,       0x1a,       0x1c,       0x48,       0x49,
        0x8a,       0x8c,       0xc1,       0x174,      0x175,      0x176,
        0x178,      0x17c,      0x186,      0x19f,      0x1a1,      0x276,
        0x278,      0x3ff,      0x480,      0x6e0,      0x800,      0xda0,
        0x40000000, 0xbfffffff, 0xc0000081, 0xc0000084, 0xc00000ff, 0xc0000104,
        0xc0010000, 0xc0010055, 0xc0010114, 0xc0010117, 0xffffffff};

    (void)state;
    cpu_features.vendor_amd = true;
    for (size_t i = 0; i < ARRAY_SIZE(none); i++) {
        assert_true(read_faults(none[i]));
        assert_true(write_faults(none[i], 0));
    }
}

/* Before the guest has a #GP handler nothing faults, and nothing happens. */
static void early_code_survives(void **state)
{
    (void)state;
    fake_vcpu.traps[13].address = 0;
    assert_int_equal(read_ok(0xc0010055), 0);
    assert_false(write_faults(0xc0010055, ~0ull));
    assert_false(write_faults(MSR_EFER, 0));
    assert_false(write_faults(MSR_GS_BASE, 0x800000000000));
    assert_int_equal(*fake_msr(MSR_GS_BASE), 0);
    assert_false(write_faults(MSR_GS_BASE, 0xffffffff83044000));
    assert_true(*fake_msr(MSR_GS_BASE) == 0xffffffff83044000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(bases_are_hardware, reset),
        cmocka_unit_test_setup(efer_and_pat_take_what_they_hold, reset),
        cmocka_unit_test_setup(apic_base_tells_the_boot_cpu, reset),
        cmocka_unit_test_setup(tsc_and_its_aux, reset),
        cmocka_unit_test_setup(machine_check_has_no_banks, reset),
        cmocka_unit_test_setup(vendors_have_their_own, reset),
        cmocka_unit_test_setup(all_else_faults, reset),
        cmocka_unit_test_setup(early_code_survives, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
