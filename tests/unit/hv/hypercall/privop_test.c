/* SPDX-License-Identifier: MIT */
/*
 * Privileged instructions from the fault to their effect: each one allowed,
 * refused by the guest's own state, and refused by the policy; the rest of the
 * machinery: code segments, single step, string I/O.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "tests/unit/hv/hypercall/fake.h"

#include "hv/base/errno.h"
#include "hv/domain/control.h"
#include "hv/hypercall/cpuid.h"
#include "hv/hypercall/ioport.h"
#include "hv/hypercall/privop.h"

static struct regs regs;

static int reset(void **state)
{
    const struct ioport_layout layout = {0};

    (void)state;
    fake_reset();
    ioport_init(&layout);
    cpuid_init();
    memset(&regs, 0, sizeof(regs));
    regs.rflags = 0x202;
    return 0;
}

#define CODE(...)                                                              \
    (const uint8_t[]){__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__})

/* The guest's #GP is its own: nothing was done. */
static void refused(const void *code, size_t size)
{
    struct regs before;

    fake_code(&regs, code, size);
    before = regs;
    fake.exceptions = 0;
    assert_false(emulate_privileged(&fake_vcpu, &regs));
    assert_memory_equal(&before, &regs, sizeof(regs));
    assert_int_equal(fake.exceptions, 0);
}

/* Emulated: RIP is behind it. */
static void done(const void *code, size_t size)
{
    fake_code(&regs, code, size);
    fake.exceptions = 0;
    assert_true(emulate_privileged(&fake_vcpu, &regs));
    assert_int_equal(fake.exceptions, 0);
    assert_true(regs.rip == FAKE_VA + size);
}

/* Another exception came of it, at the instruction. */
static void raised(uint8_t vector, const void *code, size_t size)
{
    fake_code(&regs, code, size);
    fake.exceptions = 0;
    assert_true(emulate_privileged(&fake_vcpu, &regs));
    assert_int_equal(fake.exceptions, 1);
    assert_int_equal(fake.vector, vector);
    assert_true(regs.rip == FAKE_VA);
}

/* Every row of privops.def, once. */
static const struct {
    const char *row;
    uint8_t size, code[8];
    uint32_t rcx, rdx; /* arguments that succeed */
    uint64_t rax;
} all[] = {
    {"cli", 1, {0xfa}, 0, 0, 0},
    {"sti", 1, {0xfb}, 0, 0, 0},
    {"mov_from_cr", 3, {0x0f, 0x20, 0xc0}, 0, 0, 0},
    {"mov_to_cr", 3, {0x0f, 0x22, 0xe0}, 0, 0, 0x20},
    {"mov_to_cr3", 3, {0x0f, 0x22, 0xd8}, 0, 0, 0x5000},
    {"clts", 2, {0x0f, 0x06}, 0, 0, 0},
    {"mov_from_dr", 3, {0x0f, 0x21, 0xf8}, 0, 0, 0},
    {"mov_to_dr", 3, {0x0f, 0x23, 0xc0}, 0, 0, 0},
    {"rdmsr", 2, {0x0f, 0x32}, 0xc0000080, 0, 0},
    {"wrmsr", 2, {0x0f, 0x30}, 0xc0000100, 0, 0},
    {"rdtsc", 2, {0x0f, 0x31}, 0, 0, 0},
    {"rdtscp", 3, {0x0f, 0x01, 0xf9}, 0, 0, 0},
    {"xsetbv", 3, {0x0f, 0x01, 0xd1}, 0, 0, 7},
    {"wbinvd", 2, {0x0f, 0x09}, 0, 0, 0},
    {"cpuid", 2, {0x0f, 0xa2}, 0, 0, 0},
    {"store_system", 3, {0x0f, 0x01, 0xe0}, 0, 0, 0},
};

static void arguments(size_t i)
{
    regs.rax = all[i].rax;
    regs.rcx = all[i].rcx;
    regs.rdx = all[i].rdx;
    fake_vcpu.virtual_cr4 = CR4_OSXSAVE;
}

static void each_is_done_for_the_kernel(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        arguments(i);
        done(all[i].code, all[i].size);
    }
}

static void each_is_refused_to_the_user(void **state)
{
    (void)state;
    fake_vcpu.kernel_mode = 0;
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        arguments(i);
        if (strcmp(all[i].row, "cpuid") == 0 ||
            strcmp(all[i].row, "store_system") == 0) {
            done(all[i].code, all[i].size);
            continue;
        }
        fake_vcpu.virtual_cr4 |= CR4_TSD;
        refused(all[i].code, all[i].size);
    }
    assert_int_equal(fake.refusals, 0); /* the policy was not even asked */
}

static void each_is_refused_by_the_policy(void **state)
{
    struct vcpu before;

    (void)state;
    fake_policy(false);
    for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
        arguments(i);
        before = fake_vcpu;
        fake.refusals = 0;
        refused(all[i].code, all[i].size);
        assert_int_equal(fake.refusals, 1);
        assert_string_equal(fake.refused_operation, all[i].row);
        assert_memory_equal(&before, &fake_vcpu, sizeof(before));
    }
    assert_int_equal(fake.port_reads + fake.port_writes + fake.dr_writes, 0);
    assert_int_equal(fake.cache_flushes, 0);
    assert_int_equal(fake.new_root, 0);
}

static void interrupt_flag_changes_nothing(void **state)
{
    (void)state;
    fake_vcpu.info->evtchn_upcall_mask = 1;
    done(CODE(0xfb));
    assert_int_equal(fake_vcpu.info->evtchn_upcall_mask, 1);
    assert_int_equal(regs.rflags, 0x202);
    fake_vcpu.virtual_iopl = 0;
    refused(CODE(0xfa));
    fake_vcpu.kernel_mode = 0;
    fake_vcpu.virtual_iopl = 3;
    done(CODE(0xfa));
}

static void what_has_no_row_is_the_guests(void **state)
{
    (void)state;
    refused(CODE(0xf4));                   /* hlt */
    refused(CODE(0x0f, 0x01, 0x38));       /* invlpg */
    refused(CODE(0x0f, 0x01, 0x10));       /* lgdt */
    refused(CODE(0x0f, 0x08));             /* invd */
    refused(CODE(0x0f, 0x33));             /* rdpmc */
    refused(CODE(0x48, 0xcf));             /* iretq */
    refused(CODE(0x48, 0x89, 0x07));       /* a store */
    refused(CODE(0x44, 0x0f, 0x22, 0xc0)); /* mov to cr8 */
    refused(CODE(0x0f, 0x22, 0xc8));       /* mov to cr1 */
    refused(CODE(0x0f, 0x20, 0xe8));       /* mov from cr5 */
    assert_int_equal(fake.refusals, 0);
}

static void control_registers(void **state)
{
    (void)state;
    fake_vcpu.root_kernel = 0x123000;
    fake_vcpu.cr2 = 0x7f0000001000;
    done(CODE(0x0f, 0x20, 0xd8));
    assert_int_equal(regs.rax, 0x123000);
    done(CODE(0x41, 0x0f, 0x20, 0xd4)); /* mov %cr2, %r12 */
    assert_true(regs.r12 == 0x7f0000001000);
    done(CODE(0x0f, 0x20, 0xe0));
    assert_true(regs.rax == control_read_cr4(&fake_vcpu));
    regs.rax = 0xabc;
    done(CODE(0x0f, 0x22, 0xd0)); /* mov %rax, %cr2 */
    assert_int_equal(fake_vcpu.info->arch.cr2, 0xabc);
}

static void only_ts_of_cr0_may_change(void **state)
{
    (void)state;
    regs.rax = fake.cr0 | CR0_TS;
    done(CODE(0x0f, 0x22, 0xc0));
    assert_int_equal(fake_vcpu.virtual_ts, 1);
    assert_true((fake.cr0 & CR0_TS) != 0);
    done(CODE(0x0f, 0x06));
    assert_int_equal(fake_vcpu.virtual_ts, 0);
    regs.rax = fake.cr0 & ~CR0_WP;
    refused(CODE(0x0f, 0x22, 0xc0));
    assert_true((fake.cr0 & CR0_WP) != 0);
}

static void root_changes_like_new_baseptr(void **state)
{
    (void)state;
    regs.rax = 0x5000;
    done(CODE(0x0f, 0x22, 0xd8));
    assert_int_equal(fake.new_root, 5);
    fake.root_result = -EINVAL;
    refused(CODE(0x0f, 0x22, 0xd8));
    fake.root_result = -ERESTART; /* again, from the same instruction */
    fake_code(&regs, CODE(0x0f, 0x22, 0xd8));
    assert_true(emulate_privileged(&fake_vcpu, &regs));
    assert_true(regs.rip == FAKE_VA);
    assert_int_equal(fake.exceptions, 0);
    assert_false(spin_is_locked(&fake_domain.memory.lock));
}

static void debug_registers(void **state)
{
    (void)state;
    regs.rax = 0x400000;
    done(CODE(0x0f, 0x23, 0xc0));
    done(CODE(0x0f, 0x21, 0xc3)); /* mov %dr0, %rbx */
    assert_int_equal(regs.rbx, 0x400000);
    regs.rax = 0xffff800000000000;
    refused(CODE(0x0f, 0x23, 0xc0));
    raised(6, CODE(0x44, 0x0f, 0x21, 0xc0)); /* mov %dr8, %rax */
    fake_vcpu.virtual_cr4 = CR4_DE;
    raised(6, CODE(0x0f, 0x21, 0xe0)); /* mov %dr4, %rax */
    raised(6, CODE(0x0f, 0x23, 0xe8)); /* mov %rax, %dr5 */
}

static void model_specific_registers(void **state)
{
    (void)state;
    regs.rcx = 0xffffffff00000277; /* only ECX counts */
    regs.rax = regs.rdx = ~0ull;
    done(CODE(0x0f, 0x32));
    assert_int_equal(regs.rax, 0x00070406);
    assert_int_equal(regs.rdx, 0x00000501);
    regs.rcx = 0xc0000101;
    regs.rax = 0xffffffff83044000;
    regs.rdx = 0xabcdffffffffull;
    done(CODE(0x0f, 0x30));
    assert_true(*fake_msr(0xc0000101) == 0xffffffff83044000);
    regs.rcx = 0xc0010055;
    refused(CODE(0x0f, 0x32));
    refused(CODE(0x0f, 0x30));
}

static void time_stamps(void **state)
{
    (void)state;
    fake.tsc = 0x1122334455667788;
    fake_vcpu.tsc_aux = 0x1001;
    fake_vcpu.kernel_mode = 0; /* CR4.TSD is clear */
    done(CODE(0x0f, 0x31));
    assert_int_equal(regs.rax, 0x55667788);
    assert_int_equal(regs.rdx, 0x11223344);
    done(CODE(0x0f, 0x01, 0xf9));
    assert_int_equal(regs.rcx, 0x1001);
    fake_vcpu.virtual_cr4 = CR4_TSD;
    refused(CODE(0x0f, 0x31));
    fake_vcpu.kernel_mode = 1;
    done(CODE(0x0f, 0x31));
    cpu_features.rdtscp = false;
    raised(6, CODE(0x0f, 0x01, 0xf9));
}

static void extended_states(void **state)
{
    (void)state;
    regs.rax = 7;
    raised(6, CODE(0x0f, 0x01, 0xd1)); /* CR4.OSXSAVE is clear */
    fake_vcpu.virtual_cr4 = CR4_OSXSAVE;
    done(CODE(0x0f, 0x01, 0xd1));
    assert_int_equal(fake.xcr0, 7);
    regs.rdx = 1;
    refused(CODE(0x0f, 0x01, 0xd1));
    regs.rdx = 0;
    regs.rcx = 1;
    refused(CODE(0x0f, 0x01, 0xd1));
}

static void caches_matter_to_who_has_devices(void **state)
{
    (void)state;
    done(CODE(0x0f, 0x09));
    done(CODE(0xf3, 0x0f, 0x09));
    assert_int_equal(fake.cache_flushes, 2);
    fake_domain.is_hardware = 0;
    done(CODE(0x0f, 0x09));
    assert_int_equal(fake.cache_flushes, 2);
}

/* Neither kernel nor user learns where the hypervisor's tables are. */
static void system_tables_are_dummies(void **state)
{
    static const uint8_t gdt[10] = {0,    0,    0,    0,    0xfe,
                                    0xff, 0xff, 0xff, 0xff, 0xff};
    static const uint8_t idt[10] = {0,    0,    0,    0,    0xff,
                                    0xff, 0xff, 0xff, 0xff, 0xff};

    (void)state;
    fake_vcpu.kernel_mode = 0;
    regs.rdi = FAKE_VA + 0x100;
    memset(&fake.memory[0x100], 0xcc, 32);
    done(CODE(0x0f, 0x01, 0x07)); /* sgdt (%rdi) */
    assert_memory_equal(&fake.memory[0x100], gdt, sizeof(gdt));
    done(CODE(0x0f, 0x01, 0x0f)); /* sidt (%rdi) */
    assert_memory_equal(&fake.memory[0x100], idt, sizeof(idt));
    assert_int_equal(fake.memory[0x10a], 0xcc);
    regs.rax = ~0ull;
    done(CODE(0x66, 0x0f, 0x00, 0xc8)); /* str %ax */
    assert_true(regs.rax == 0xffffffffffff0040);
    done(CODE(0x0f, 0x00, 0xc0)); /* sldt %eax */
    assert_int_equal(regs.rax, 0);
    done(CODE(0x48, 0x0f, 0x01, 0xe0)); /* smsw %rax */
    assert_true(regs.rax == fake.cr0);
    memset(&fake.memory[0x100], 0xcc, 4);
    done(CODE(0x0f, 0x01, 0x27)); /* smsw (%rdi) */
    assert_int_equal(fake.memory[0x100], fake.cr0 & 0xff);
    assert_int_equal(fake.memory[0x102], 0xcc);
    *fake_msr(0xc0000100) = FAKE_VA;
    regs.rdi = 0x200;
    done(CODE(0x64, 0x0f, 0x01, 0x07)); /* sgdt %fs:(%rdi) */
    assert_memory_equal(&fake.memory[0x200], gdt, sizeof(gdt));
    regs.rdi = FAKE_VA + FAKE_SIZE - 4;
    raised(14, CODE(0x0f, 0x01, 0x07));
    assert_int_equal(fake.error_code, 6);
    assert_true(fake.fault_va == FAKE_VA + FAKE_SIZE);
    regs.rdi = 0x800000000000;
    refused(CODE(0x0f, 0x01, 0x07));
    regs.rdi = 0xffff800000000000; /* the window faults like absent memory */
    raised(14, CODE(0x0f, 0x01, 0x07));
}

/* ---- port I/O ---- */

static void ports_by_register_and_immediate(void **state)
{
    (void)state;
    fake.port_value = 0x5a;
    regs.rax = 0x1122334455667788;
    done(CODE(0xe4, 0x92)); /* in $0x92, %al: not sign-extended */
    assert_int_equal(fake.port, 0x92);
    assert_true(regs.rax == 0x112233445566775a);
    regs.rdx = 0xffff0000c004;
    fake.port_value = 0x12345678;
    done(CODE(0xed)); /* in %dx, %eax */
    assert_int_equal(fake.port, 0xc004);
    assert_true(regs.rax == 0x12345678);
    regs.rax = 0xaabbccdd;
    done(CODE(0x66, 0xef)); /* out %ax, %dx */
    assert_int_equal(fake.port_value, 0xccdd);
    assert_int_equal(fake.port_size, 2);
}

static void ports_without_a_right_fault(void **state)
{
    (void)state;
    fake_vcpu.kernel_mode = 0;
    refused(CODE(0xec));
    refused(CODE(0xee));
    refused(CODE(0x6c));
    refused(CODE(0x6e));
    assert_int_equal(fake.port_reads + fake.port_writes, 0);
}

/* The policy's no is not the guest's right: it reads ones. */
static void ports_the_policy_denies_are_empty(void **state)
{
    (void)state;
    fake_policy(false);
    regs.rdx = 0x80;
    done(CODE(0xed));
    assert_true(regs.rax == 0xffffffff);
    assert_string_equal(fake.refused_operation, "in.direct");
}

static void strings_in(void **state)
{
    (void)state;
    fake.port_value = 0x1234;
    regs.rdx = 0x1f0;
    regs.rcx = 100;
    regs.rdi = FAKE_VA + 0x100;
    done(CODE(0xf3, 0x66, 0x6d)); /* rep insw */
    assert_int_equal(regs.rcx, 0);
    assert_true(regs.rdi == FAKE_VA + 0x100 + 200);
    assert_int_equal(fake.port_reads, 100);
    assert_int_equal(fake.memory[0x100], 0x34);
    assert_int_equal(fake.memory[0x100 + 199], 0x12);
    assert_int_equal(fake.memory[0x100 + 200], 0);
}

static void strings_out_backwards(void **state)
{
    (void)state;
    regs.rflags |= FLAG_DF;
    regs.rcx = 2;
    regs.rsi = FAKE_VA + 0x104;
    fake.memory[0x100] = 0x42;
    done(CODE(0xf3, 0x6f)); /* rep outsl */
    assert_true(regs.rsi == FAKE_VA + 0x0fc);
    assert_int_equal(fake.port_writes, 2);
    assert_int_equal(fake.port_value, 0x42);
    regs.rcx = 0;
    done(CODE(0xf3, 0x6f));
    assert_int_equal(fake.port_writes, 2);
    done(CODE(0x6e)); /* one, whatever RCX is */
    assert_int_equal(fake.port_writes, 3);
    assert_int_equal(regs.rcx, 0);
}

static void strings_are_bounded(void **state)
{
    (void)state;
    regs.rcx = 1000;
    regs.rdi = FAKE_VA + 0x100;
    fake_code(&regs, CODE(0xf3, 0x6c));
    for (unsigned int i = 0; i < 3; i++) {
        assert_true(emulate_privileged(&fake_vcpu, &regs));
        assert_true(regs.rip == FAKE_VA); /* goes on by itself */
        assert_int_equal(regs.rcx, 1000 - 256 * (i + 1));
    }
    assert_true(emulate_privileged(&fake_vcpu, &regs));
    assert_true(regs.rip == FAKE_VA + 2);
    assert_int_equal(fake.port_reads, 1000);
}

static void strings_fault_before_the_port(void **state)
{
    (void)state;
    fake.read_only[1] = true;
    regs.rcx = 3;
    regs.rdi = FAKE_VA + 0x1000 - 6;
    raised(14, CODE(0xf3, 0x6d)); /* rep insl: the second crosses */
    assert_int_equal(fake.port_reads, 1);
    assert_true(fake.fault_va == FAKE_VA + 0x1000);
    assert_int_equal(fake.error_code, 2);
    assert_int_equal(regs.rcx, 2);
    assert_true(regs.rdi == FAKE_VA + 0x1000 - 2);
    fake_vcpu.kernel_mode = 0;
    fake_vcpu.virtual_iopl = 3;
    regs.rsi = FAKE_VA + FAKE_SIZE;
    raised(14, CODE(0x6e));
    assert_true(fake.fault_va == FAKE_VA + FAKE_SIZE);
    assert_int_equal(fake.error_code, 4);
    regs.rsi = FAKE_VA + FAKE_SIZE - 2;
    raised(14, CODE(0x6f)); /* outsl: only the first half is there */
    assert_true(fake.fault_va == FAKE_VA + FAKE_SIZE);
    regs.rsi = 0x800000000000;
    refused(CODE(0x6e));
    assert_int_equal(fake.port_writes, 0);
    fake.read_only[0] = true;
    fake.read_only[1] = false;
    regs.rdi = FAKE_VA + 0x1000 - 4;
    raised(14, CODE(0x6d)); /* does not cross */
    assert_true(fake.fault_va == FAKE_VA + 0x1000 - 4);
    regs.rdi = FAKE_VA + 0x1000 - 2;
    raised(14, CODE(0x6d)); /* insl: only the second half can be written */
    assert_true(fake.fault_va == FAKE_VA + 0x1000 - 2);
}

static void strings_respect_the_segment(void **state)
{
    (void)state;
    *fake_msr(0xc0000101) = FAKE_VA;
    regs.rsi = 0x200;
    fake.memory[0x200] = 0x77;
    done(CODE(0x65, 0x6e)); /* outsb %gs:(%rsi), %dx */
    assert_int_equal(fake.port_value, 0x77);
    assert_int_equal(regs.rsi, 0x201);
}

/* ---- code segments, fetching, finishing ---- */

static void code_32(void **state)
{
    (void)state;
    fake_code(&regs, CODE(0xfa));
    regs.cs = 0x23;
    fake.gdt_entry = 0x00cffb000000ffff; /* flat, 32-bit */
    regs.rip = FAKE_VA;
    assert_true(emulate_privileged(&fake_vcpu, &regs));
    assert_true(regs.rip == (uint32_t)(FAKE_VA + 1));
    fake_code(&regs, CODE(0x6e));
    regs.cs = 0x23;
    assert_false(emulate_privileged(&fake_vcpu, &regs)); /* string I/O */
}

static void code_segments_we_do_not_interpret(void **state)
{
    static const uint64_t others[] = {
        0x008ffb000000ffff, /* 16-bit */
        0x00cffb000001ffff, /* a base */
        0x01cffb000000ffff, /* a base above 16 MiB */
        0x00cff3000000ffff, /* data */
        0x00cf8b000000ffff, /* system */
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(others); i++) {
        fake_code(&regs, CODE(0xfa));
        regs.cs = 0x23;
        fake.gdt_entry = others[i];
        assert_false(emulate_privileged(&fake_vcpu, &regs));
    }
    regs.cs = 0x0f; /* in the LDT */
    assert_false(emulate_privileged(&fake_vcpu, &regs));
    regs.cs = 0x03; /* null */
    assert_false(emulate_privileged(&fake_vcpu, &regs));
    regs.cs = 0x13;
    fake.gdt_entry = 0x00affb000000ffff; /* 64-bit */
    regs.rip = FAKE_VA;
    assert_true(emulate_privileged(&fake_vcpu, &regs));
}

static void code_at_the_end_of_memory(void **state)
{
    (void)state;
    regs.cs = 0xe033;
    regs.rip = FAKE_VA + FAKE_SIZE - 2;
    memcpy(&fake.memory[FAKE_SIZE - 2], (uint8_t[]){0x0f, 0x06}, 2);
    assert_true(emulate_privileged(&fake_vcpu, &regs));
    assert_true(regs.rip == FAKE_VA + FAKE_SIZE);
    assert_false(emulate_privileged(&fake_vcpu, &regs)); /* no code there */
    regs.rip = FAKE_VA + FAKE_SIZE - 1;
    fake.memory[FAKE_SIZE - 1] = 0x0f; /* cut off */
    assert_false(emulate_privileged(&fake_vcpu, &regs));
}

static void single_step_goes_on(void **state)
{
    (void)state;
    regs.rflags |= FLAG_TF | FLAG_RF;
    fake_code(&regs, CODE(0xfa));
    assert_true(emulate_privileged(&fake_vcpu, &regs));
    assert_int_equal(fake.exceptions, 1);
    assert_int_equal(fake.vector, 1);
    assert_true(regs.rip == FAKE_VA + 1);
    assert_int_equal(regs.rflags & FLAG_RF, 0);
    assert_int_equal(fake_vcpu.debugreg[6] & 0x4000, 0x4000);
}

/* ---- the forced-emulation prefix ---- */

static void forced_cpuid(void **state)
{
    static const uint8_t forced[] = {0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2};

    (void)state;
    fake_vcpu.kernel_mode = 0;
    regs.rax = 0xffffffff40000000;
    fake_code(&regs, forced, sizeof(forced));
    assert_true(emulate_forced(&fake_vcpu, &regs));
    assert_true(regs.rip == FAKE_VA + sizeof(forced));
    assert_int_equal(regs.rax, 0x40000005);
    assert_int_equal(regs.rbx, 0x566e6558);
    assert_int_equal(regs.rcx, 0x65584d4d);
    assert_int_equal(regs.rdx, 0x4d4d566e);
    fake_policy(false);
    fake_code(&regs, forced, sizeof(forced));
    assert_false(emulate_forced(&fake_vcpu, &regs));
    assert_string_equal(fake.refused_operation, "cpuid");
}

static void only_cpuid_may_be_forced(void **state)
{
    (void)state;
    fake_code(&regs, CODE(0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0x31));
    assert_false(emulate_forced(&fake_vcpu, &regs));
    fake_code(&regs, CODE(0x0f, 0x0b, 'x', 'e', 'm', 0x0f, 0xa2));
    assert_false(emulate_forced(&fake_vcpu, &regs));
    fake_code(&regs, CODE(0x0f, 0x0b));
    assert_false(emulate_forced(&fake_vcpu, &regs));
    regs.rip = FAKE_VA + FAKE_SIZE - 6; /* cut off by the end */
    memcpy(&fake.memory[FAKE_SIZE - 6], "\x0f\x0bxen\x0f", 6);
    assert_false(emulate_forced(&fake_vcpu, &regs));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(each_is_done_for_the_kernel, reset),
        cmocka_unit_test_setup(each_is_refused_to_the_user, reset),
        cmocka_unit_test_setup(each_is_refused_by_the_policy, reset),
        cmocka_unit_test_setup(interrupt_flag_changes_nothing, reset),
        cmocka_unit_test_setup(what_has_no_row_is_the_guests, reset),
        cmocka_unit_test_setup(control_registers, reset),
        cmocka_unit_test_setup(only_ts_of_cr0_may_change, reset),
        cmocka_unit_test_setup(root_changes_like_new_baseptr, reset),
        cmocka_unit_test_setup(debug_registers, reset),
        cmocka_unit_test_setup(model_specific_registers, reset),
        cmocka_unit_test_setup(time_stamps, reset),
        cmocka_unit_test_setup(extended_states, reset),
        cmocka_unit_test_setup(caches_matter_to_who_has_devices, reset),
        cmocka_unit_test_setup(system_tables_are_dummies, reset),
        cmocka_unit_test_setup(ports_by_register_and_immediate, reset),
        cmocka_unit_test_setup(ports_without_a_right_fault, reset),
        cmocka_unit_test_setup(ports_the_policy_denies_are_empty, reset),
        cmocka_unit_test_setup(strings_in, reset),
        cmocka_unit_test_setup(strings_out_backwards, reset),
        cmocka_unit_test_setup(strings_are_bounded, reset),
        cmocka_unit_test_setup(strings_fault_before_the_port, reset),
        cmocka_unit_test_setup(strings_respect_the_segment, reset),
        cmocka_unit_test_setup(code_32, reset),
        cmocka_unit_test_setup(code_segments_we_do_not_interpret, reset),
        cmocka_unit_test_setup(code_at_the_end_of_memory, reset),
        cmocka_unit_test_setup(single_step_goes_on, reset),
        cmocka_unit_test_setup(forced_cpuid, reset),
        cmocka_unit_test_setup(only_cpuid_may_be_forced, reset),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
