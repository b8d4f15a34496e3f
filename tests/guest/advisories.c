/* SPDX-License-Identifier: MIT */
/*
 * Public Xen advisories about PV guests, re-created from their text alone, as
 * far as no other guest does it already (iret: XSA-7 and 213; ptes: 148, 182,
 * 240; pins: 167, 279, 299; hypercalls: 212; vcpus: 296 and 327; privops: 193
 * and 333).  Each ends with the guest alive and the hypervisor unharmed.
 */
#include "lib/event.h"
#include "lib/paging.h"
#include "lib/tap.h"
#include "lib/user.h"

USER_SNIPPET(user_int80, "int $0x80; syscall; ud2");
USER_SNIPPET(user_icebp, ".byte 0xf1; syscall; ud2");
USER_SNIPPET(user_step_syscall,
             "pushfq; orq $0x100, (%rsp); popfq; syscall; ud2");
USER_SNIPPET(user_sysenter,
             "pushfq; orq $0x4000, (%rsp); popfq; sysenter; ud2");
USER_SNIPPET(user_clear_if,
             "pushfq; andq $~0x200, (%rsp); popfq; pushfq; popq %rbx;"
             "syscall; ud2");
USER_SNIPPET(user_mov_ss_syscall, "movw %cx, %ss; syscall; ud2");
USER_SNIPPET(user_mov_ss_int3, "movw (%rdi), %ss; int3");

static struct frame run(const char *snippet)
{
    struct frame frame = user_frame(snippet);

    user_run(&frame);
    return frame;
}

/* XSA-122: version strings came with the hypervisor's stack behind them. */
static void test_version_leak(void)
{
    static uint8_t text[1024];
    static const struct {
        unsigned int cmd, size;
    } calls[] = {
        {XENVER_extraversion, 16},
        {XENVER_changeset, 64},
        {XENVER_compile_info, 144},
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++) {
        unsigned int at = calls[i].cmd == XENVER_compile_info ? 112 : 0;
        unsigned int after = 0;

        memset(text, 0xee, sizeof(text));
        if (xen_version(calls[i].cmd, text) != 0) {
            continue;
        }
        while (at < calls[i].size && text[at] != 0) {
            at++;
        }
        for (; at < calls[i].size; at++) {
            after |= text[at] != 0 && text[at] != 0xee ? 1 : 0;
        }
        tap_is(after, 0, "XSA-122: nothing behind string %u", calls[i].cmd);
        tap_is(text[calls[i].size], 0xee, "XSA-122: and no more than its size");
    }
}

/* XSA-259: INT 0x80 while no handler for it is registered. */
static void test_int80_unset(void)
{
    struct trap_info table[64];
    unsigned int count = trap_table(table), kept = 0;

    for (unsigned int i = 0; i <= count; i++) {
        if (table[i].vector != 0x80) {
            table[kept++] = table[i];
        }
    }
    hypercall(__HYPERVISOR_set_trap_table, NULL);
    hypercall(__HYPERVISOR_set_trap_table, table);
    tap_is(run(user_int80).vector, GP,
           "XSA-259: INT 0x80 without a handler is #GP");
    trap_set(0x80, 4 | 3);
    tap_is(run(user_int80).vector, 0x80, "XSA-259: with one it arrives");
}

/* XSA-260 and 265: debug exceptions that would hit in the hypervisor. */
static void test_debug(void)
{
    struct frame frame = user_frame(user_mov_ss_int3);
    static volatile uint64_t watched;

    TRY(".byte 0xf1", NONE);
    /* QEMU 7.2 has no ICEBP: #UD there. */
    tap_ok(trap_last.vector == DB || trap_last.vector == UD,
           "XSA-265: ICEBP in the kernel (%lu)", trap_last.vector);
    frame.vector = run(user_icebp).vector;
    tap_ok(frame.vector == DB || frame.vector == UD,
           "XSA-265: ICEBP in user mode (%lu)", frame.vector);
    frame.vector = run(user_step_syscall).vector;
    tap_ok(frame.vector == VECTOR_SYSCALL || frame.vector == DB,
           "XSA-265: a single-stepped SYSCALL (%lu)", frame.vector);
    tap_is(trap_last.frame.handler_rflags & EFLAGS_TF, 0,
           "XSA-265: its handler is not stepped");
    hypercall(__HYPERVISOR_set_debugreg, 6, 0);

    user_data()[0] = FLAT_USER_SS64 | 3;
    frame = user_frame(user_mov_ss_int3);
    frame.rdi = USER_DATA;
    hypercall(__HYPERVISOR_set_debugreg, 0, USER_DATA);
    hypercall(__HYPERVISOR_set_debugreg, 7, 3u << 16 | 3);
    user_run(&frame);
    tap_ok(frame.vector == DB || frame.vector == BP,
           "XSA-260: a breakpoint on MOV SS before INT3 (%lu)", frame.vector);
    frame = user_frame(user_mov_ss_syscall);
    frame.rcx = FLAT_USER_SS64 | 3;
    user_run(&frame);
    tap_ok(frame.vector == DB || frame.vector == VECTOR_SYSCALL,
           "XSA-260: MOV SS before SYSCALL (%lu)", frame.vector);
    hypercall(__HYPERVISOR_set_debugreg, 7, 0);
    hypercall(__HYPERVISOR_set_debugreg, 6, 0);
    hypercall(__HYPERVISOR_set_debugreg, 0, 0);
    watched = 1;
    tap_is(watched, 1, "XSA-260: and the vCPU goes on");
}

/* XSA-339: SYSENTER with NT set; without a callback it is the guest's #GP
 * (#UD on a CPU that has no SYSENTER in long mode). */
static void test_sysenter(void)
{
    struct frame frame = run(user_sysenter);

    tap_ok(frame.vector == GP || frame.vector == UD,
           "XSA-339: SYSENTER with NT is an exception (%lu)", frame.vector);
    tap_is(frame.cs & 3, 3, "XSA-339: in user mode");
    tap_is(frame.handler_rflags & EFLAGS_NT, 0,
           "XSA-339: NT does not reach the handler");
    tap_is(run(user_clear_if).vector, VECTOR_SYSCALL, "XSA-339: life goes on");
}

/* XSA-202: a guest must never run with hardware interrupts off. */
static void test_interrupt_flag(void)
{
    uint64_t flags;

    tap_is(run(user_clear_if).rbx & EFLAGS_IF, EFLAGS_IF,
           "XSA-202: user mode cannot clear IF");
    TRY("cli\n\tpushfq\n\tpopq %0", "=b"(flags));
    tap_is(flags & EFLAGS_IF, EFLAGS_IF, "XSA-202: nor the kernel by CLI");
    TRY("pushfq\n\tandq $~0x200, (%%rsp)\n\tpopfq\n\tpushfq\n\tpopq %0",
        "=b"(flags));
    tap_is(flags & EFLAGS_IF, EFLAGS_IF, "XSA-202: nor by POPF");
    TRY("pushfq\n\tandq $~0x200, (%%rsp)\n\tpopfq\n\t"
        "movq %%cr0, %%r12\n\tpushfq\n\tpopq %0",
        "=b"(flags));
    tap_is(flags & EFLAGS_IF, EFLAGS_IF,
           "XSA-202: nor through an emulated instruction");
}

/* XSA-298 class: emulation in a code segment with a limit, and in one that
 * is no flat segment at all, must not read past it. */
static void test_segment_limit(void)
{
    uint64_t *gdt = page_alloc();
    struct frame frame = user_frame(user_int80);
    uint8_t *code = (uint8_t *)user_data();

    /* Entry 2: 32-bit code, DPL 3, base USER_DATA, limit 15. */
    gdt[2] = 0x0040fb000000000full | (USER_DATA & 0xffffff) << 16;
    page_make_ro(gdt);
    if (hypercall(__HYPERVISOR_set_gdt, (uint64_t[]){virt_to_mfn(gdt)}, 16) !=
        0) {
        guest_fail("a GDT with a small code segment");
    }
    memset(code, 0x90, 64);
    code[14] = 0x0f;
    code[15] = 0x01; /* LGDT [disp32]: its operand lies beyond the limit */
    code[16] = 0x15;
    frame.cs = 2 << 3 | 3;
    frame.rip = 14;
    frame.ss = FLAT_RING3_SS32 | 3;
    user_run(&frame);
    tap_is(frame.vector, GP, "XSA-298: an instruction across the limit");
    tap_is(frame.rip, 14, "XSA-298: is a #GP where it starts");
    code[4] = 0xe4; /* IN AL, imm8 with the immediate inside: no right */
    frame.cs = 2 << 3 | 3;
    frame.rip = 4;
    user_run(&frame);
    tap_is(frame.vector, GP, "XSA-298: IN in that segment is #GP");
    tap_is(frame.rip, 4, "XSA-298: rip is relative to the segment");
    hypercall(__HYPERVISOR_set_gdt, NULL, 0);
}

void test_main(void)
{
    user_init();
    test_version_leak();
    test_int80_unset();
    test_debug();
    test_sysenter();
    test_interrupt_flag();
    test_segment_limit();
}
