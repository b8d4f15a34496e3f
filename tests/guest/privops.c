/* SPDX-License-Identifier: MIT */
/*
 * What the hypervisor emulates for a guest kernel: control and debug
 * registers, MSRs by an allow list, CLI and STI as no-ops, ports, XSETBV and
 * the forced CPUID.  What is not on the list is the guest's own #GP.
 */
#include "lib/event.h"
#include "lib/paging.h"
#include "lib/tap.h"
#include "lib/trap.h"
#include "lib/user.h"

#define NON_CANONICAL 0x0000800000000000ull

static void emulated(const char *name)
{
    tap_is(trap_last.vector, VECTOR_NONE, "%s is emulated", name);
}

static void is_gp(const char *name)
{
    tap_is(trap_last.vector, GP, "%s is #GP", name);
}

static void test_control_registers(void)
{
    uint64_t value = 0;

    TRY("movq %%cr0, %0", "=b"(value));
    emulated("MOV from CR0");
    tap_is(value & 0x80010001, 0x80010001, "CR0 shows PG, WP and PE");
    tap_is(value & 8, 0, "and TS clear");
    TRY("movq %0, %%cr0", NONE, "b"(value | 8));
    emulated("MOV to CR0 setting TS");
    TRY("movq %%cr0, %0", "=b"(value));
    tap_is(value & 8, 8, "TS is set");
    TRY("clts", NONE);
    emulated("CLTS");
    TRY("movq %%cr0, %0", "=b"(value));
    tap_is(value & 8, 0, "TS is clear");
    TRY("movq %0, %%cr0", NONE, "b"(value & ~0x80000000ull));
    is_gp("MOV to CR0 clearing PG");
    TRY("movq %0, %%cr0", NONE, "b"(value & ~0x10000ull));
    is_gp("MOV to CR0 clearing WP");
    TRY("movq (%0), %0", NONE, "b"(TEST_VA + 0x9000));
    TRY("movq %%cr2, %0", "=b"(value));
    emulated("MOV from CR2");
    tap_is(value, TEST_VA + 0x9000, "CR2 is the faulting address");
    TRY("movq %0, %%cr2", NONE, "b"(0x1230ull));
    emulated("MOV to CR2");
    TRY("movq %%cr2, %0", "=b"(value));
    tap_is(value, 0x1230, "CR2 is what was written");
    TRY("movq %%cr3, %0", "=b"(value));
    emulated("MOV from CR3");
    tap_is(value >> 12, root_mfn(), "CR3 is the root");
    TRY("movq %%cr8, %0", "=b"(value));
    is_gp("MOV from CR8");
}

static void test_cr4(void)
{
    uint64_t value = 0, after = 0;

    TRY("movq %%cr4, %0", "=b"(value));
    emulated("MOV from CR4");
    tap_is(value & 0x620, 0x620, "CR4 shows PAE, OSFXSR, OSXMMEXCPT");
    tap_is(value & 0x3000b0, value & 0x20, "not PGE, PSE, SMEP, SMAP");
    TRY("movq %0, %%cr4", NONE, "b"(value | 0x300090ull));
    emulated("MOV to CR4 with bits a guest may not have");
    TRY("movq %%cr4, %0", "=b"(after));
    tap_is(after & 0x300090, 0, "they are dropped");
    TRY("movq %0, %%cr4", NONE, "b"(value));
}

static bool msr_read(uint32_t index, uint64_t *value)
{
    uint32_t low = 0, high = 0;

    TRY("rdmsr", OUTPUTS("+a"(low), "+d"(high)), "c"(index));
    *value = (uint64_t)high << 32 | low;
    return trap_last.vector == VECTOR_NONE;
}

static bool msr_write(uint32_t index, uint64_t value)
{
    TRY("wrmsr", NONE, "c"(index), "a"((uint32_t)value),
        "d"((uint32_t)(value >> 32)));
    return trap_last.vector == VECTOR_NONE;
}

static void test_msrs(void)
{
    static const uint32_t refused_reads[] = {
        0xc0000084 + 0x100, 0x12345678, 0xffffffff, 0x3a,          0x480,
        0xc0010114,         0xc0010117, 0x9e,       0xce + 0x1000,
    };
    static const uint32_t refused_writes[] = {
        0xc0000081, 0xc0000082, 0xc0000083, 0xc0000084, 0x174,      0x175,
        0x176,      0x12345678, 0x1b,       0x277,      0xc0010117, 0x830,
    };
    uint64_t value, efer;

    tap_ok(msr_read(0xc0000080, &efer), "EFER can be read");
    tap_is(efer & 0xd01, 0xd01, "it shows SCE, LME, LMA and NXE");
    tap_is(efer & 0x1000, 0, "not SVME");
    tap_ok(msr_write(0xc0000080, efer), "writing the same value is fine");
    tap_ok(!msr_write(0xc0000080, efer ^ 0x800), "clearing NXE is #GP");
    tap_ok(msr_read(0x277, &value), "PAT can be read");
    tap_is(value, 0x0000050100070406, "it is the ABI's");
    tap_ok(msr_read(0x1b, &value), "APIC_BASE can be read");
    tap_ok(msr_read(0x10, &value), "the TSC can be read");
    tap_ok(value != 0 && value <= rdtsc(), "and is the TSC");
    for (unsigned int i = 0; i < ARRAY_SIZE(refused_reads); i++) {
        tap_ok(!msr_read(refused_reads[i], &value), "RDMSR %x is #GP",
               refused_reads[i]);
        tap_is(trap_last.frame.error, 0, "(error code 0)");
    }
    for (unsigned int i = 0; i < ARRAY_SIZE(refused_writes); i++) {
        bool refused = !msr_write(refused_writes[i], 0);

        /* Xen drops some writes silently; what counts is the effect. */
        tap_ok_hv(refused, true, "WRMSR %x is #GP", refused_writes[i]);
    }
    tap_ok(msr_read(0x277, &value) && value == 0x0000050100070406,
           "PAT is what it was");
}

static void test_bases(void)
{
    static uint64_t words[2] = {0x1111, 0x2222};
    uint64_t value = 0;

    tap_ok(msr_write(0xc0000100, (uint64_t)&words[0]), "write FS_BASE");
    TRY("movq %%fs:0, %0", "=b"(value));
    tap_is(value, 0x1111, "fs follows");
    tap_ok(msr_read(0xc0000100, &value), "read FS_BASE");
    tap_is(value, (uint64_t)&words[0], "it is the same");
    tap_ok(msr_write(0xc0000101, (uint64_t)&words[1]), "write GS_BASE");
    TRY("movq %%gs:0, %0", "=b"(value));
    tap_is(value, 0x2222, "gs follows");
    tap_ok(msr_write(0xc0000102, (uint64_t)&words[0]), "write KERNEL_GS_BASE");
    tap_ok(msr_read(0xc0000102, &value), "read KERNEL_GS_BASE");
    tap_is(value, (uint64_t)&words[0], "it is the inactive base");
    TRY("movq %%gs:0, %0", "=b"(value));
    tap_is(value, 0x2222, "gs does not follow that");
    for (uint32_t index = 0xc0000100; index <= 0xc0000102; index++) {
        tap_ok(!msr_write(index, NON_CANONICAL),
               "a non-canonical base in MSR %x is #GP", index);
    }
    tap_is(hypercall(__HYPERVISOR_set_segment_base, SEGBASE_FS, &words[1]), 0,
           "set_segment_base FS");
    TRY("movq %%fs:0, %0", "=b"(value));
    tap_is(value, 0x2222, "fs follows");
    tap_is(
        hypercall(__HYPERVISOR_set_segment_base, SEGBASE_GS_KERNEL, &words[0]),
        0, "set_segment_base GS_KERNEL");
    TRY("movq %%gs:0, %0", "=b"(value));
    tap_is(value, 0x1111, "gs follows");
    for (unsigned int which = 0; which < 3; which++) {
        tap_is(hypercall(__HYPERVISOR_set_segment_base, which, NON_CANONICAL),
               -XEN_EINVAL, "set_segment_base %u, non-canonical", which);
    }
    tap_is(
        hypercall(__HYPERVISOR_set_segment_base, SEGBASE_GS_USER_SEL, 0x1238),
        0, "a bad user GS selector is taken for null");
    tap_is(hypercall(__HYPERVISOR_set_segment_base, 4, 0), -XEN_EINVAL,
           "set_segment_base of no such register");
    msr_write(0xc0000100, 0);
}

static void test_flags(void)
{
    uint8_t mask = vcpu_info_self()->evtchn_upcall_mask;

    TRY("cli", NONE);
    emulated("CLI");
    TRY("sti", NONE);
    emulated("STI");
    tap_is(vcpu_info_self()->evtchn_upcall_mask, mask,
           "and they leave the upcall mask alone");
}

static uint32_t port_in(uint16_t port, unsigned int size)
{
    uint32_t value = 0x5a5a5a5a;

    if (size == 1) {
        TRY("inb %%dx, %%al", "+a"(value), "d"(port));
    } else if (size == 2) {
        TRY("inw %%dx, %%ax", "+a"(value), "d"(port));
    } else {
        TRY("inl %%dx, %%eax", "+a"(value), "d"(port));
    }
    return value;
}

static void test_ports(void)
{
    struct physdev_set_iopl iopl = {.iopl = 4};

    tap_is(port_in(0x21, 1), 0x5a5a5aff, "IN 8 from the PIC reads ones");
    emulated("IN from a denied port");
    tap_is(port_in(0xa0, 2), 0x5a5affff, "IN 16 from the PIC reads ones");
    tap_is(port_in(0x40, 1), 0x5a5a5aff, "so does PIT channel 0");
    TRY("outb %%al, %%dx", NONE, "a"(0xff), "d"((uint16_t)0x21));
    emulated("OUT to a denied port");
    TRY("outb %%al, $0x80", NONE, "a"(0));
    emulated("OUT to port 0x80");
    TRY("inb $0x80, %%al", NONE, "a"(0));
    emulated("IN from port 0x80");
    TRY("outl %%eax, %%dx", NONE, "a"(0x80000000), "d"((uint16_t)0xcf8));
    emulated("OUT to the PCI address port");
    tap_is(port_in(0xcf8, 4), 0x80000000, "it reads back");
    tap_is(port_in(0xcfc, 4) & 0xffff, 0x8086,
           "and the host bridge answers behind it");
    tap_is(physdev_op(PHYSDEVOP_set_iopl, &iopl), -XEN_EINVAL, "IOPL 4");
    iopl.iopl = 0;
    tap_is(physdev_op(PHYSDEVOP_set_iopl, &iopl), 0, "IOPL 0");
    port_in(0x80, 1);
    is_gp("IN without the right");
    TRY("cli", NONE);
    is_gp("CLI without the right");
    iopl.iopl = 1;
    physdev_op(PHYSDEVOP_set_iopl, &iopl);
}

USER_SNIPPET(user_in, "movl $0x80, %edx; inb %dx, %al; syscall; ud2");
USER_SNIPPET(user_cli, "cli; syscall; ud2");

static unsigned int user_vector(const char *snippet)
{
    struct frame frame = user_frame(snippet);

    user_run(&frame);
    return (unsigned int)frame.vector;
}

static void test_user_ports(void)
{
    static uint8_t bitmap[8192];
    struct physdev_set_iobitmap set = {.nr_ports = 65536};
    struct physdev_set_iopl iopl = {.iopl = 3};

    set_xen_guest_handle(set.bitmap, bitmap);
    memset(bitmap, 0xff, sizeof(bitmap));
    tap_is(user_vector(user_in), GP, "user IN is #GP");
    tap_is(physdev_op(PHYSDEVOP_set_iobitmap, &set), 0, "set_iobitmap");
    tap_is(user_vector(user_in), GP, "with a bitmap that forbids it, too");
    bitmap[0x80 / 8] = 0xfe;
    tap_is(user_vector(user_in), VECTOR_SYSCALL, "its bit clear: allowed");
    set.nr_ports = 0x80;
    physdev_op(PHYSDEVOP_set_iobitmap, &set);
    tap_is(user_vector(user_in), GP, "beyond the bitmap: #GP");
    set.nr_ports = 65537;
    tap_refused(physdev_op(PHYSDEVOP_set_iobitmap, &set), "65537 ports");
    set.nr_ports = 0;
    physdev_op(PHYSDEVOP_set_iobitmap, &set);
    tap_is(user_vector(user_cli), GP, "user CLI with IOPL 1 is #GP");
    physdev_op(PHYSDEVOP_set_iopl, &iopl);
    tap_is(user_vector(user_in), VECTOR_SYSCALL, "IOPL 3: user IN is allowed");
    tap_is(user_vector(user_cli), VECTOR_SYSCALL, "IOPL 3: so is user CLI");
    iopl.iopl = 1;
    physdev_op(PHYSDEVOP_set_iopl, &iopl);
}

static void test_debug_registers(void)
{
    const long nr = __HYPERVISOR_set_debugreg;

    tap_is(hypercall(nr, 0, 0x1000), 0, "DR0 with a guest address");
    tap_is(hypercall(__HYPERVISOR_get_debugreg, 0), 0x1000, "reads back");
    for (unsigned int i = 0; i < 4; i++) {
        tap_is(hypercall(nr, i, HV_PRIVATE), -XEN_EPERM,
               "DR%u in the hypervisor is refused (XSA-265 class)", i);
    }
    tap_refused(hypercall(nr, 0, NON_CANONICAL), "DR0, non-canonical");
    tap_refused(hypercall(nr, 6, 1ull << 32), "DR6, high half");
    tap_refused(hypercall(nr, 7, 1ull << 32), "DR7, high half");
    tap_refused(hypercall(nr, 7, 1u << 13), "DR7 with GD");
    tap_refused(hypercall(nr, 7, 2u << 16 | 3), "DR7 with an I/O breakpoint");
    tap_refused(hypercall(nr, 8, 0), "DR8");
    tap_is(hypercall(__HYPERVISOR_get_debugreg, 0), 0x1000, "DR0 is kept");
    tap_is(hypercall(nr, 7, 0), 0, "DR7 cleared");
    TRY("movq %%dr0, %%rbx", NONE);
    emulated("MOV from DR0");
    hypercall(nr, 0, 0);
}

static void test_breakpoint(void)
{
    static volatile uint64_t watched;

    hypercall(__HYPERVISOR_set_debugreg, 0, &watched);
    hypercall(__HYPERVISOR_set_debugreg, 7, 1u << 16 | 3u << 18 | 3);
    TRY("movq $1, (%%rbx)\n2:", NONE, "b"(&watched));
    hypercall(__HYPERVISOR_set_debugreg, 7, 0);
    tap_is(trap_last.vector, DB, "a data breakpoint fires");
    tap_is(hypercall(__HYPERVISOR_get_debugreg, 6) & 15, 1, "DR6 says which");
    hypercall(__HYPERVISOR_set_debugreg, 6, 0);
}

struct cpuid {
    uint32_t a, b, c, d;
};

static struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid out = {.a = leaf, .c = subleaf};

    TRY(".byte 0x0f, 0x0b, 0x78, 0x65, 0x6e, 0x0f, 0xa2",
        OUTPUTS("+a"(out.a), "=b"(out.b), "+c"(out.c), "=d"(out.d)));
    return out;
}

static void test_cpuid(void)
{
    struct cpuid c = cpuid(0x40000000, 0);

    emulated("forced CPUID");
    tap_is(c.b, 0x566e6558, "leaf 0x40000000: Xen");
    tap_is(c.c, 0x65584d4d, "leaf 0x40000000: VMMX");
    tap_is(c.d, 0x4d4d566e, "leaf 0x40000000: enVMM");
    tap_ok(c.a >= 0x40000002 && c.a < 0x40000100, "its highest leaf");
    tap_is(cpuid(0x40000001, 0).a, 4 << 16 | 17, "version 4.17");
    tap_is(cpuid(0x40000002, 0).c & 1, 1, "MMU_PT_UPDATE_PRESERVE_AD");
    c = cpuid(1, 0);
    tap_is(c.d & (1u << 3 | 1u << 13 | 1u << 17), 0, "no PSE, PGE, PSE36");
    tap_is(c.c & (1u << 3 | 1u << 5 | 1u << 17 | 1u << 21 | 1u << 24), 0,
           "no MONITOR, VMX, PCID, X2APIC, TSC_DEADLINE");
    tap_is(c.c >> 31, 1, "HYPERVISOR");
    tap_is(c.d & 0x06000171, 0x06000171, "FPU, TSC, MSR, PAE, CX8, SSE, SSE2");
    c = cpuid(7, 0);
    tap_is(c.b & (1u << 7 | 1u << 10 | 1u << 20), 0, "no SMEP, INVPCID, SMAP");
    tap_is(c.c & (1u << 2 | 1u << 3 | 1u << 7 | 1u << 16), 0,
           "no UMIP, PKU, CET, LA57");
    c = cpuid(0x80000001, 0);
    tap_is(c.d & (1u << 26), 0, "no 1 GiB pages");
    tap_is(c.d & (1u << 29 | 1u << 20 | 1u << 11),
           1u << 29 | 1u << 20 | 1u << 11, "LM, NX, SYSCALL");
    tap_is(c.c & (1u << 2 | 1u << 22), 0, "no SVM, TOPOEXT");
    tap_is(cpuid(0xd, 1).a & 8, 0, "no XSAVES");
    TRY(".byte 0x0f, 0x0b, 0x78, 0x65, 0x6e, 0x90", NONE);
    tap_is(trap_last.vector, UD, "the prefix before anything else is #UD");
    tap_is(trap_last.frame.rip, trap_last.site, "with rip at the prefix");
}

USER_SNIPPET(user_cpuid, "movl $0x40000000, %eax; xorl %ecx, %ecx;"
                         ".byte 0x0f, 0x0b, 0x78, 0x65, 0x6e, 0x0f, 0xa2;"
                         "syscall; ud2");

static void test_user_cpuid(void)
{
    struct frame frame = user_frame(user_cpuid);

    user_run(&frame);
    tap_is(frame.vector, VECTOR_SYSCALL, "forced CPUID in user mode");
    tap_is(frame.rbx, 0x566e6558, "gives the same");
}

static void test_xsetbv(void)
{
    uint64_t cr4 = 0;

    if ((cpuid(1, 0).c & 1u << 26) == 0) {
        tap_skip("XSETBV: no XSAVE on this CPU model");
        return;
    }
    tap_is(cpuid(1, 0).c >> 27 & 1, 1, "OSXSAVE is shown with XSAVE");
    TRY("movq %%cr4, %0", "=b"(cr4));
    TRY("movq %0, %%cr4", NONE, "b"(cr4 | 1u << 18));
    emulated("MOV to CR4 setting OSXSAVE");
    TRY("xsetbv", NONE, "c"(0), "a"(3), "d"(0));
    emulated("XSETBV of x87 and SSE");
    TRY("xsetbv", NONE, "c"(0), "a"(2), "d"(0));
    is_gp("XSETBV without x87");
    TRY("xsetbv", NONE, "c"(0), "a"(3), "d"(0x80000000u));
    is_gp("XSETBV of an unknown state");
    TRY("xsetbv", NONE, "c"(1), "a"(3), "d"(0));
    is_gp("XSETBV of XCR1");
}

void test_main(void)
{
    user_init();
    test_control_registers();
    test_cr4();
    test_msrs();
    test_bases();
    test_flags();
    test_ports();
    test_user_ports();
    test_debug_registers();
    test_breakpoint();
    test_cpuid();
    test_user_cpuid();
    test_xsetbv();
}
