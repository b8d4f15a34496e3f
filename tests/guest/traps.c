/* SPDX-License-Identifier: MIT */
/*
 * Exceptions raised in guest kernel mode: each reaches its handler with the
 * right vector, error code and frame, kernel mode shown as RPL 0, the user bit
 * of page faults recomputed, upcalls masked, and hardware flags filtered.
 */
#include "lib/event.h"
#include "lib/paging.h"
#include "lib/tap.h"
#include "lib/trap.h"

#define NON_CANONICAL   0x8000000000001234ull
#define KERNEL_CS_SAVED (FLAT_KERNEL_CS & ~3ull)

static void check(const char *name, unsigned int vector, uint64_t error,
                  unsigned int advance)
{
    tap_is(trap_last.vector, vector, "%s is vector %u", name, vector);
    tap_is(trap_last.frame.error, error, "%s: error code", name);
    tap_is(trap_last.frame.rip, trap_last.site + advance, "%s: rip", name);
    tap_is(trap_last.frame.cs, KERNEL_CS_SAVED | 1ull << 32,
           "%s: saved cs has RPL 0 and the old upcall mask", name);
    tap_is(trap_last.count, 1, "%s: delivered once", name);
}

static void test_faults(void)
{
    TRY("divl %%ecx", NONE, "a"(1), "d"(0), "c"(0));
    check("#DE", DE, 0, 0);
    TRY("int3", NONE);
    check("#BP", BP, 0, 1);
    TRY("int $4", NONE);
    check("#OF", OF, 0, 2);
    TRY("ud2", NONE);
    check("#UD", UD, 0, 0);
    TRY("movq (%%rcx), %%rcx", NONE, "c"(NON_CANONICAL));
    check("#GP on a non-canonical address", GP, 0, 0);
    TRY("movw %%cx, %%ds", NONE, "c"(0x1238));
    check("#GP on an empty descriptor", GP, 0x1238, 0);
    TRY("hlt", NONE);
    check("HLT", GP, 0, 0);
    TRY("lgdt (%%rcx)", NONE, "c"(start_info));
    check("LGDT", GP, 0, 0);
    TRY("invlpg (%%rcx)", NONE, "c"(start_info));
    check("INVLPG", GP, 0, 0);
}

static void test_page_faults(void)
{
    uint64_t hole = TEST_VA + 0x123000, page = TEST_VA + 0x5000;
    void *frame = page_alloc();

    TRY("movq 8(%%rcx), %%rcx", NONE, "c"(hole));
    check("read of nothing", PF, 0, 0);
    tap_is(trap_last.cr2, hole + 8, "cr2 of the read");
    TRY("movq %%rcx, 16(%%rcx)", NONE, "c"(hole));
    check("write to nothing", PF, PF_WRITE, 0);
    tap_is(trap_last.cr2, hole + 16, "cr2 of the write");

    map_page(page, pte_make(virt_to_mfn(frame), PTE_P | PTE_US | PTE_NX));
    TRY("movb $1, 5(%%rcx)", NONE, "c"(page));
    check("write to a read-only page", PF, PF_PRESENT | PF_WRITE, 0);
    tap_is(trap_last.cr2, page + 5, "cr2 of the refused write");
    TRY("jmp *%%rcx", NONE, "c"(page));
    tap_is(trap_last.vector, PF, "fetch from a no-execute page");
    tap_is(trap_last.frame.error, PF_PRESENT | PF_FETCH,
           "fetch from a no-execute page: error code");
    tap_is(trap_last.frame.rip, page, "fetch: rip is where it jumped to");
    TRY("movq %%rcx, (%%rcx)", NONE, "c"(HV_START));
    check("write to the m2p table", PF, PF_PRESENT | PF_WRITE, 0);
    TRY("movq (%%rcx), %%rcx", NONE, "c"(HV_PRIVATE));
    tap_is(trap_last.vector, PF, "read of hypervisor memory faults");
    tap_is(trap_last.frame.error & ~PF_PRESENT, 0,
           "and tells no more than that");
}

static void test_upcall_mask(void)
{
    events_on();
    TRY("ud2", NONE);
    events_off();
    tap_is(trap_last.frame.cs, KERNEL_CS_SAVED,
           "upcalls unmasked: mask byte of the frame is 0");
    tap_is(trap_last.frame.rflags & EFLAGS_IF, EFLAGS_IF,
           "upcalls unmasked: IF of the frame is 1");
    tap_is(trap_last.handler_mask, 1, "an entry with flag 4 masks upcalls");

    TRY("ud2", NONE);
    tap_is(trap_last.frame.rflags & EFLAGS_IF, 0,
           "upcalls masked: IF of the frame is 0");
    tap_is(trap_last.frame.cs >> 32, 1,
           "upcalls masked: mask byte of the frame is 1");

    trap_set(UD, 0);
    events_on();
    TRY("ud2", NONE);
    tap_is(trap_last.handler_mask, 0, "an entry without it does not");
    tap_is(vcpu_info_self()->evtchn_upcall_mask, 0,
           "the mask is as before after the return");
    events_off();
    trap_set(UD, 4);
}

static void test_frame(void)
{
    uint64_t rsp, rcx = 0x1111222233334444, r11_ok;

    TRY("movq %%rsp, %0\n\tsubq $5, %%rsp\n\tud2\n2:\tmovq %0, %%rsp",
        "=&b"(rsp));
    tap_is(trap_last.frame.rsp, rsp - 5, "the frame keeps an odd rsp");
    tap_is(trap_last.frame_top, (rsp - 5) & ~15ull,
           "the frame is below it, aligned to 16");
    TRY("ud2", "+c"(rcx));
    tap_is(trap_last.frame.rcx, rcx, "rcx of the interrupted code");
    r11_ok = trap_last.frame.r11 == trap_last.frame.rip;
    tap_is(r11_ok, 1, "r11 of the interrupted code");
    tap_is(rcx, 0x1111222233334444, "rcx comes back through iret");
    tap_is(trap_last.frame.ss & 0xffff, FLAT_KERNEL_SS, "ss of the frame");
}

static void test_handler_flags(void)
{
    const uint64_t odd = EFLAGS_NT | EFLAGS_AC | EFLAGS_DF | EFLAGS_CF;

    TRY("pushfq\n\torq %%rcx, (%%rsp)\n\tpopfq\n\tud2\n"
        "2:\tpushq $0x202\n\tpopfq",
        NONE, "c"(odd));
    tap_is(trap_last.frame.rflags & odd, odd,
           "the frame has the interrupted NT, AC, DF, CF");
    tap_is(trap_last.frame.handler_rflags & (EFLAGS_NT | EFLAGS_AC), 0,
           "the handler starts without NT and AC");
    tap_is(trap_last.frame.handler_rflags & (EFLAGS_IOPL | EFLAGS_VM), 0,
           "and without IOPL and VM");
    tap_is(trap_last.frame.rflags & EFLAGS_IOPL, 0,
           "virtual IOPL 1 is not in the frame's flags");
}

static void test_single_step(void)
{
    uint64_t rip;

    TRY("pushfq\n\torq $0x100, (%%rsp)\n\tpopfq\n"
        "\tnop\n3:\tnop\n2:\tleaq 3b(%%rip), %0",
        "=&b"(rip));
    tap_is(trap_last.vector, DB, "#DB after a single step");
    tap_is(trap_last.frame.rip, rip, "#DB: rip after the stepped instruction");
    tap_is(trap_last.frame.handler_rflags & EFLAGS_TF, 0,
           "#DB: the handler is not stepped");
    tap_is(hypercall(__HYPERVISOR_get_debugreg, 6) & 0x4000, 0x4000,
           "#DB: virtual DR6 says BS");
    hypercall(__HYPERVISOR_set_debugreg, 6, 0);
}

static void test_fpu(void)
{
    uint16_t control = 0x37f & ~4;
    uint32_t mxcsr = 0x1f80 & ~0x200u;

    hypercall(__HYPERVISOR_fpu_taskswitch, 1);
    TRY("fninit", NONE);
    check("#NM with TS set", NM, 0, 0);
    TRY("fninit", NONE);
    tap_is(trap_last.vector, VECTOR_NONE, "#NM clears TS");

    TRY("fldcw %0\n\tfld1\n\tfldz\n\tfdivrp\n\tfwait\n2:\tfninit", NONE,
        "m"(control));
    tap_is(trap_last.vector, MF, "#MF from an unmasked x87 division");

    TRY("ldmxcsr %0\n\txorps %%xmm0, %%xmm0\n\tmovaps %%xmm0, %%xmm1\n"
        "\tpcmpeqd %%xmm1, %%xmm1\n\tcvtdq2ps %%xmm1, %%xmm1\n"
        "\tdivps %%xmm0, %%xmm1\n2:",
        NONE, "m"(mxcsr));
    mxcsr = 0x1f80;
    __asm__ volatile("ldmxcsr %0" ::"m"(mxcsr));
    if (trap_last.vector == VECTOR_NONE) {
        tap_skip("#XM: this CPU model raises no SSE exceptions (QEMU TCG)");
        return;
    }
    tap_is(trap_last.vector, XM, "#XM from an unmasked SSE division");
}

static void test_alignment(void)
{
    static uint64_t words[2];

    TRY("pushfq\n\torq $0x40000, (%%rsp)\n\tpopfq\n\tmovq 1(%%rcx), %%rcx\n"
        "2:\tpushq $0x202\n\tpopfq",
        NONE, "c"(words));
    if (trap_last.vector == VECTOR_NONE) {
        tap_skip("#AC: this CPU model does not check alignment (QEMU TCG)");
        return;
    }
    tap_is(trap_last.vector, AC, "#AC from an unaligned read with AC set");
    tap_is(trap_last.frame.error, 0, "#AC: error code");
}

void test_main(void)
{
    test_faults();
    test_page_faults();
    test_upcall_mask();
    test_frame();
    test_handler_flags();
    test_single_step();
    test_fpu();
    test_alignment();
}
