/* SPDX-License-Identifier: MIT */
/* Virtual control registers and debug registers: each rule, both sides. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/hv/hypercall/fake.h"

#include "hv/abi/handlers.h"
#include "hv/base/errno.h"
#include "hv/domain/control.h"
#include "hv/domain/debugreg.h"

static int reset(void **state)
{
    (void)state;
    fake_reset();
    return 0;
}

static void cr0_shows_virtual_ts(void **state)
{
    (void)state;
    assert_true(control_read_cr0(&fake_vcpu) == fake.cr0);
    control_set_task_switched(&fake_vcpu);
    assert_true((fake.cr0 & CR0_TS) != 0);
    assert_int_equal(fake_vcpu.virtual_ts, 1);
    assert_true((control_read_cr0(&fake_vcpu) & CR0_TS) != 0);
    control_clear_task_switched(&fake_vcpu);
    assert_true((fake.cr0 & CR0_TS) == 0);
    fake.cr0 |= CR0_TS; /* ours, not the guest's */
    assert_true((control_read_cr0(&fake_vcpu) & CR0_TS) == 0);
}

static void cr4_keeps_what_a_guest_may_choose(void **state)
{
    const uint64_t fixed = CR4_PAE | CR4_MCE | CR4_OSFXSR | CR4_OSXMMEXCPT;

    (void)state;
    assert_true(control_read_cr4(&fake_vcpu) == fixed);
    control_write_cr4(&fake_vcpu, ~0ull);
    assert_true(control_read_cr4(&fake_vcpu) ==
                (fixed | CR4_TSD | CR4_DE | CR4_OSXSAVE));
    assert_true(fake.cr4 == (cpu_features.guest_cr4 | CR4_TSD));
    control_write_cr4(&fake_vcpu, CR4_SMEP | CR4_UMIP | CR4_FSGSBASE);
    assert_true(control_read_cr4(&fake_vcpu) == fixed);
    assert_true(fake.cr4 == cpu_features.guest_cr4);
    assert_true((fake.cr4 & CR4_SMEP) != 0); /* ours stays */
    cpu_features.xsave = false;
    control_write_cr4(&fake_vcpu, CR4_OSXSAVE);
    assert_true(control_read_cr4(&fake_vcpu) == fixed);
}

static void cr2_is_in_both_places(void **state)
{
    (void)state;
    control_write_cr2(&fake_vcpu, 0x1234);
    assert_int_equal(fake_vcpu.cr2, 0x1234);
    assert_int_equal(fake_vcpu.info->arch.cr2, 0x1234);
}

static int set_xcr0(uint64_t value)
{
    return control_write_xcr(&fake_vcpu, 0, value);
}

static void xcr0_follows_the_rules(void **state)
{
    (void)state;
    assert_int_equal(set_xcr0(7), 0);
    assert_int_equal(fake_vcpu.xcr0, 7);
    assert_int_equal(fake.xcr0, 7);
    assert_int_equal(control_write_xcr(&fake_vcpu, 1, 7), -EINVAL);
    assert_int_equal(set_xcr0(0), -EINVAL);
    assert_int_equal(set_xcr0(6), -EINVAL);     /* no x87 */
    assert_int_equal(set_xcr0(5), -EINVAL);     /* AVX, no SSE */
    assert_int_equal(set_xcr0(0x207), -EINVAL); /* PKRU */
    assert_int_equal(set_xcr0(0xe7), -EINVAL);  /* not supported */
    assert_int_equal(set_xcr0(1ull << 63 | 3), -EINVAL);
    assert_int_equal(fake_vcpu.xcr0, 7);
    assert_int_equal(set_xcr0(3), 0);
    assert_int_equal(set_xcr0(1), 0);
    cpu_features.xcr0_supported = 0xe7;
    assert_int_equal(set_xcr0(0xe7), 0);
    assert_int_equal(set_xcr0(0x67), -EINVAL); /* part of AVX-512 */
    assert_int_equal(set_xcr0(0xe3), -EINVAL); /* AVX-512 without AVX */
}

static void breakpoints_stay_out_of_our_window(void **state)
{
    (void)state;
    assert_int_equal(debugreg_write(&fake_vcpu, 0, 0x400000), 0);
    assert_int_equal(debugreg_write(&fake_vcpu, 3, 0xffff880000000000), 0);
    assert_int_equal(debugreg_write(&fake_vcpu, 1, 0xffff800000000000), -EPERM);
    assert_int_equal(debugreg_write(&fake_vcpu, 1, 0xffff87ffffffffff), -EPERM);
    assert_int_equal(debugreg_write(&fake_vcpu, 1, 0x800000000000), -EPERM);
    assert_int_equal(fake_vcpu.debugreg[1], 0);
    assert_int_equal(fake.dr_writes, 0); /* nothing is enabled */
}

static void control_register_rules(void **state)
{
    (void)state;
    assert_int_equal(debugreg_write(&fake_vcpu, 7, 1ull << 32), -EINVAL);
    assert_int_equal(debugreg_write(&fake_vcpu, 7, 0x2000), -EPERM);  /* GD */
    assert_int_equal(debugreg_write(&fake_vcpu, 7, 0x20001), -EPERM); /* I/O */
    assert_int_equal(debugreg_write(&fake_vcpu, 7, 0x20000), 0); /* disabled */
    for (unsigned int i = 0; i < 4; i++) {
        uint64_t local = 1ull << (2 * i), global = 2ull << (2 * i);
        uint64_t io = 0x20000ull << (4 * i);

        assert_int_equal(debugreg_write(&fake_vcpu, 7, local | io), -EPERM);
        assert_int_equal(debugreg_write(&fake_vcpu, 7, global | io), -EPERM);
        io = 0x20000ull << (4 * ((i + 1) % 4)); /* of another, disabled */
        assert_int_equal(debugreg_write(&fake_vcpu, 7, local | io), 0);
    }
    control_write_cr4(&fake_vcpu, CR4_DE);
    assert_int_equal(debugreg_write(&fake_vcpu, 7, 0x20001), 0);
    assert_int_equal(debugreg_write(&fake_vcpu, 7, 0xd000), 0);
    assert_int_equal(fake_vcpu.debugreg[7], 0x400);
    assert_int_equal(debugreg_write(&fake_vcpu, 6, 1ull << 32), -EINVAL);
    assert_int_equal(debugreg_write(&fake_vcpu, 6, 0x1001), 0);
    assert_int_equal(fake_vcpu.debugreg[6], 0xffff0ff1);
}

static void hardware_follows_the_enables(void **state)
{
    (void)state;
    fake.dr[7] = 0x400;
    assert_int_equal(debugreg_write(&fake_vcpu, 2, 0x401000), 0);
    assert_int_equal(debugreg_write(&fake_vcpu, 7, 0x10), 0);
    assert_int_equal(fake.dr[2], 0x401000);
    assert_int_equal(fake.dr[7], 0x410);
    assert_int_equal(debugreg_write(&fake_vcpu, 2, 0x402000), 0);
    assert_int_equal(fake.dr[2], 0x402000);
    debugreg_switch_out(&fake_vcpu);
    assert_int_equal(fake.dr[7], 0x400);
    debugreg_switch_in(&fake_vcpu);
    assert_int_equal(fake.dr[7], 0x410);
    assert_int_equal(debugreg_write(&fake_vcpu, 7, 0), 0);
    assert_int_equal(fake.dr[7], 0x400);
    fake.dr_writes = 0;
    debugreg_switch_out(&fake_vcpu);
    debugreg_switch_in(&fake_vcpu);
    assert_int_equal(fake.dr_writes, 0);
}

static void status_is_merged(void **state)
{
    (void)state;
    fake_vcpu.debugreg[6] = 0xffff0ff1;
    fake.dr[6] = 0xffff4ff4;
    debugreg_merge_status(&fake_vcpu);
    assert_int_equal(fake_vcpu.debugreg[6], 0xffff4ff5);
    assert_int_equal(fake.dr[6], 0xffff0ff0);
}

static void aliases_depend_on_de(void **state)
{
    uint64_t value;

    (void)state;
    assert_int_equal(debugreg_write(&fake_vcpu, 4, 2), 0);
    assert_int_equal(fake_vcpu.debugreg[6], 0xffff0ff2);
    assert_int_equal(debugreg_read(&fake_vcpu, 5, &value), 0);
    assert_int_equal(value, 0x400);
    control_write_cr4(&fake_vcpu, CR4_DE);
    assert_int_equal(debugreg_write(&fake_vcpu, 5, 0), -ENODEV);
    assert_int_equal(debugreg_read(&fake_vcpu, 4, &value), -ENODEV);
}

static void hypercalls_check_the_number(void **state)
{
    uint64_t args[6] = {0};
    struct call call = {.caller = &fake_vcpu, .args = args};

    (void)state;
    call.args[0] = 8;
    assert_int_equal(do_set_debugreg(NULL, &call, NULL), -EINVAL);
    assert_int_equal(do_get_debugreg(NULL, &call, NULL), -ENODEV);
    call.args[0] = 1ull << 32;
    assert_int_equal(do_set_debugreg(NULL, &call, NULL), -EINVAL);
    call.args[0] = 1;
    call.args[1] = 0x7fffffffe000;
    assert_int_equal(do_set_debugreg(NULL, &call, NULL), 0);
    assert_int_equal(do_get_debugreg(NULL, &call, NULL), 0x7fffffffe000);
    call.args[1] = 0xffff830000000000;
    assert_int_equal(do_set_debugreg(NULL, &call, NULL), -EPERM);
}

/* A context that is set for a vCPU which does not run is none of the CPU's. */
static void what_is_only_set_leaves_the_cpu_alone(void **state)
{
    (void)state;
    assert_int_equal(debugreg_set(&fake_vcpu, 0, 0x5000), 0);
    assert_int_equal(debugreg_set(&fake_vcpu, 7, 1), 0);
    assert_int_equal(debugreg_set(&fake_vcpu, 1, 0x6000), 0);
    assert_int_equal(debugreg_set(&fake_vcpu, 7, 0), 0);
    assert_int_equal(debugreg_set(&fake_vcpu, 7, 1), 0);
    assert_int_equal(fake.dr_writes, 0);
    assert_int_equal(fake_vcpu.debugreg[0], 0x5000);
    assert_int_equal(fake_vcpu.debugreg[7], 0x401);
    assert_int_equal(debugreg_set(&fake_vcpu, 7, 1ull << 32), -EINVAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_only_set_leaves_the_cpu_alone, reset),
        cmocka_unit_test_setup(cr0_shows_virtual_ts, reset),
        cmocka_unit_test_setup(cr4_keeps_what_a_guest_may_choose, reset),
        cmocka_unit_test_setup(cr2_is_in_both_places, reset),
        cmocka_unit_test_setup(xcr0_follows_the_rules, reset),
        cmocka_unit_test_setup(breakpoints_stay_out_of_our_window, reset),
        cmocka_unit_test_setup(control_register_rules, reset),
        cmocka_unit_test_setup(hardware_follows_the_enables, reset),
        cmocka_unit_test_setup(status_is_merged, reset),
        cmocka_unit_test_setup(aliases_depend_on_de, reset),
        cmocka_unit_test_setup(hypercalls_check_the_number, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
