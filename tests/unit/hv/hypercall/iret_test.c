/* SPDX-License-Identifier: MIT */
/*
 * IRET at CPL 3 after the fault that QEMU raises under SMAP: what it loads,
 * what it must not, and which faults are not that one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/hv/hypercall/fake.h"

#include "hv/hypercall/privop.h"

#define STACK (FAKE_VA + 0x800)

static struct regs regs;
static uint64_t *const frame = (uint64_t *)&fake.memory[0x800];

static int reset(void **state)
{
    static const uint8_t iretq[] = {0x48, 0xcf};

    (void)state;
    fake_reset();
    memset(&regs, 0, sizeof(regs));
    fake_code(&regs, iretq, sizeof(iretq));
    regs.rflags = 0x202;
    regs.rsp = STACK;
    regs.ss = 0xe02b;
    frame[0] = 0xffffffff81000000;
    frame[1] = 0xe033;
    frame[2] = 0xa46;
    frame[3] = 0xffff888000001f00;
    frame[4] = 0x2b;
    return 0;
}

static bool iret(void)
{
    return emulate_iret_cpl3(&fake_vcpu, &regs, STACK, 1);
}

static void loads_the_frame(void **state)
{
    (void)state;
    for (unsigned int mode = 0; mode < 2; mode++) {
        (void)reset(NULL);
        fake_vcpu.kernel_mode = (uint8_t)mode;
        assert_true(iret());
        assert_int_equal(fake.exceptions, 0);
        assert_true(regs.rip == 0xffffffff81000000);
        assert_int_equal(regs.cs, 0xe033);
        assert_int_equal(regs.rflags, 0xa46);
        assert_true(regs.rsp == 0xffff888000001f00);
        assert_int_equal(regs.ss, 0x2b);
    }
}

/* At CPL 3 with IOPL 0 neither IF nor IOPL nor VM come from the frame. */
static void flags_of_the_system_stay(void **state)
{
    (void)state;
    frame[2] = ~0ull & ~FLAG_NT;
    assert_true(iret());
    assert_int_equal(regs.rflags & (FLAG_IF | FLAG_IOPL | FLAG_VM), FLAG_IF);
    assert_int_equal(regs.rflags >> 19 & 3, 0); /* VIF, VIP */
    assert_true((regs.rflags & FLAG_TF) != 0 && (regs.rflags & FLAG_ID) != 0);
    (void)reset(NULL);
    frame[2] = 0;
    assert_true(iret());
    assert_int_equal(regs.rflags, 0x202);
}

static void faults(uint32_t error_code)
{
    struct regs before = regs;

    fake.exceptions = 0;
    assert_true(iret());
    assert_int_equal(fake.exceptions, 1);
    assert_int_equal(fake.vector, 13);
    assert_int_equal(fake.error_code, error_code);
    assert_memory_equal(&before, &regs, sizeof(regs));
}

static void bad_frames_fault(void **state)
{
    (void)state;
    frame[1] = 0xe008; /* the hypervisor's */
    faults(0xe008);
    frame[1] = 0x32;
    faults(0x30);
    frame[1] = 3;
    faults(0);
    frame[1] = 0x33;
    frame[4] = 0x28;
    faults(0x28);
    frame[4] = 3;
    faults(0);
    frame[4] = 0x2b;
    frame[0] = 0x800000000000;
    faults(0);
    frame[0] = 0x400000;
    regs.rflags |= FLAG_NT;
    faults(0);
    regs.rflags &= ~FLAG_NT;
    assert_true(iret());
    assert_int_equal(regs.rip, 0x400000);
}

static void narrower_frames(void **state)
{
    static const uint8_t iretl[] = {0xcf}, iretw[] = {0x66, 0xcf};
    const uint32_t words32[] = {0x400000, 0x23, 0x246, 0xfff0, 0x2b};
    const uint16_t words16[] = {0x4000, 0x23, 0x46, 0xff0, 0x2b};

    (void)state;
    fake_code(&regs, iretl, sizeof(iretl));
    memcpy(frame, words32, sizeof(words32));
    assert_true(iret());
    assert_int_equal(regs.rip, 0x400000);
    assert_int_equal(regs.cs, 0x23);
    assert_int_equal(regs.rsp, 0xfff0);
    (void)reset(NULL);
    fake_code(&regs, iretw, sizeof(iretw));
    memcpy(frame, words16, sizeof(words16));
    regs.rflags |= FLAG_AC;
    assert_true(iret());
    assert_int_equal(regs.rip, 0x4000);
    assert_int_equal(regs.rsp, 0xff0);
    assert_true((regs.rflags & FLAG_AC) != 0); /* upper half untouched */
}

/* In 32-bit code to the same ring: no stack pointer in the frame. */
static void compatibility_mode(void **state)
{
    static const uint8_t iretl[] = {0xcf};
    const uint32_t words[] = {0x400000, 0x23, 0x246, 0xdead, 0xbeef};

    (void)state;
    fake_code(&regs, iretl, sizeof(iretl));
    memcpy(frame, words, sizeof(words));
    regs.cs = 0x23;
    fake.gdt_entry = 0x00cffb000000ffff;
    assert_true(iret());
    assert_int_equal(regs.rip, 0x400000);
    assert_true(regs.rsp == (uint32_t)(STACK + 12));
    assert_int_equal(regs.ss, 0xe02b);
}

static void other_faults_are_not_ours(void **state)
{
    static const uint8_t pop[] = {0x58};

    (void)state;
    assert_false(emulate_iret_cpl3(&fake_vcpu, &regs, STACK, 5)); /* user */
    assert_false(emulate_iret_cpl3(&fake_vcpu, &regs, STACK, 0)); /* absent */
    assert_false(emulate_iret_cpl3(&fake_vcpu, &regs, STACK, 3)); /* write */
    assert_false(emulate_iret_cpl3(&fake_vcpu, &regs, STACK - 1, 1));
    assert_false(emulate_iret_cpl3(&fake_vcpu, &regs, STACK + 40, 1));
    assert_true(emulate_iret_cpl3(&fake_vcpu, &regs, STACK + 39, 1));
    (void)reset(NULL);
    fake_code(&regs, pop, sizeof(pop));
    assert_false(iret());
    (void)reset(NULL);
    regs.cs = 0xe008; /* our own code */
    assert_false(iret());
    (void)reset(NULL);
    regs.rsp = FAKE_VA + FAKE_SIZE - 32; /* frame is not all there */
    assert_false(emulate_iret_cpl3(&fake_vcpu, &regs, regs.rsp, 1));
    regs.rsp = 0xffff800000000000;
    assert_false(emulate_iret_cpl3(&fake_vcpu, &regs, regs.rsp, 1));
    assert_int_equal(fake.exceptions, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(loads_the_frame, reset),
        cmocka_unit_test_setup(flags_of_the_system_stay, reset),
        cmocka_unit_test_setup(bad_frames_fault, reset),
        cmocka_unit_test_setup(narrower_frames, reset),
        cmocka_unit_test_setup(compatibility_mode, reset),
        cmocka_unit_test_setup(other_faults_are_not_ours, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
