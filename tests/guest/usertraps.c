/* SPDX-License-Identifier: MIT */
/*
 * Exceptions and system calls from guest user mode: they arrive on the kernel
 * stack with RPL 3 and the user bit, DF is cleared for the system-call handler
 * only, and user mode gets nothing that belongs to the kernel (privileged
 * instructions, gates of DPL below 3, supervisor pages).
 */
#include "lib/event.h"
#include "lib/paging.h"
#include "lib/tap.h"
#include "lib/user.h"

#define NON_CANONICAL 0x8000000000001234ull

USER_SNIPPET(user_syscall, "syscall; ud2");
USER_SNIPPET(user_syscall_df, "std; movl $7, %eax; syscall; ud2");
USER_SNIPPET(user_div, "xorl %edx, %edx; xorl %ecx, %ecx; divl %ecx");
USER_SNIPPET(user_int3, "int3");
USER_SNIPPET(user_int4, "int $4");
USER_SNIPPET(user_int80, "int $0x80");
USER_SNIPPET(user_int41, "int $0x41");
USER_SNIPPET(user_int0e, "int $0x0e");
USER_SNIPPET(user_ud2, "ud2");
USER_SNIPPET(user_read, "movq (%rdi), %rax; syscall; ud2");
USER_SNIPPET(user_write, "movq %rax, (%rdi); syscall; ud2");
USER_SNIPPET(user_jump, "jmp *%rdi");
USER_SNIPPET(user_step, "pushfq; orq $0x100, (%rsp); popfq; nop; nop; ud2");
USER_SNIPPET(user_hlt, "hlt");
USER_SNIPPET(user_cli, "cli");
USER_SNIPPET(user_in, "movl $0x80, %edx; inb %dx, %al");
USER_SNIPPET(user_cr0, "movq %cr0, %rax");
USER_SNIPPET(user_rdmsr, "movl $0xc0000080, %ecx; rdmsr");
USER_SNIPPET(user_flags, "pushfq; popq %rbx; syscall; ud2");

static struct frame run(const char *snippet, uint64_t rdi)
{
    struct frame frame = user_frame(snippet);

    frame.rdi = rdi;
    user_run(&frame);
    return frame;
}

static void fault(const char *name, const char *snippet, uint64_t rdi,
                  unsigned int vector, uint64_t error, unsigned int advance)
{
    struct frame frame = run(snippet, rdi);

    tap_is(frame.vector, vector, "user %s is vector %u", name, vector);
    tap_is(frame.error, error, "user %s: error code", name);
    tap_is(frame.rip, user_address(snippet) + advance, "user %s: rip", name);
    tap_is(frame.cs & 0xffff, FLAT_USER_CS64 | 3, "user %s: cs has RPL 3",
           name);
}

static void test_faults(void)
{
    fault("#DE", user_div, 0, DE, 0, 4);
    fault("#BP", user_int3, 0, BP, 0, 1);
    fault("#OF", user_int4, 0, OF, 0, 2);
    fault("#UD", user_ud2, 0, UD, 0, 0);
    fault("#GP", user_read, NON_CANONICAL, GP, 0, 0);
    fault("HLT", user_hlt, 0, GP, 0, 0);
    fault("CLI", user_cli, 0, GP, 0, 0);
    fault("IN", user_in, 0, GP, 0, 5);
    fault("MOV from CR0", user_cr0, 0, GP, 0, 0);
    fault("RDMSR", user_rdmsr, 0, GP, 0, 5);
}

static void test_page_faults(void)
{
    uint64_t hole = USER_DATA + 16 * PAGE_SIZE, kernel = (uint64_t)start_info;

    fault("read of nothing", user_read, hole, PF, PF_USER, 0);
    tap_is(trap_last.cr2, hole, "user read: cr2");
    fault("write to its code", user_write, USER_CODE, PF,
          PF_PRESENT | PF_WRITE | PF_USER, 0);
    fault("read of kernel memory", user_read, kernel, PF, PF_USER, 0);
    fault("write to kernel memory", user_write, kernel, PF, PF_USER | PF_WRITE,
          0);
    tap_is(run(user_read, HV_START).vector, PF,
           "user read of the m2p table faults");
    tap_is(run(user_read, HV_PRIVATE).vector, PF,
           "user read of hypervisor memory faults");
    tap_is(trap_last.frame.error & ~PF_PRESENT, PF_USER,
           "and tells no more than that");
    tap_is(run(user_jump, hole).error, PF_USER | PF_FETCH,
           "user fetch from nothing: error code");
    tap_is(run(user_jump, NON_CANONICAL).vector, GP,
           "user jump to a non-canonical address");
}

static void test_syscall(void)
{
    struct frame frame = run(user_syscall, 0x55);

    tap_is(frame.vector, VECTOR_SYSCALL, "SYSCALL reaches the callback");
    tap_is(frame.rip, user_address(user_syscall) + 2, "rip after SYSCALL");
    tap_is(frame.rcx, frame.rip, "rcx of the frame");
    tap_is(frame.rsp, USER_STACK_TOP, "rsp of the frame");
    tap_is(frame.rdi, 0x55, "registers pass through");
    tap_is(frame.cs & 3, 3, "cs shows user mode");
    tap_is(trap_last.handler_mask, 1, "CALLBACKF_mask_events masks");
    frame = run(user_syscall_df, 0);
    tap_is(frame.rflags & EFLAGS_DF, EFLAGS_DF, "the frame keeps user's DF");
    /* Linux's system-call entry relies on it; Xen 4.17 does not always. */
    tap_ok_hv((frame.handler_rflags & EFLAGS_DF) == 0, true,
              "the handler starts with DF=0");
    tap_is(frame.rax, 7, "rax is the user's");
}

static void test_syscall_unset(void)
{
    struct callback_register call = {.type = CALLBACKTYPE_syscall};
    struct frame frame;

    tap_is(hypercall(__HYPERVISOR_callback_op, CALLBACKOP_register, &call), 0,
           "a null syscall callback is accepted");
    frame = run(user_syscall, 0);
    tap_is(frame.vector, UD, "SYSCALL without a callback is #UD");
    tap_is(frame.rip, user_address(user_syscall), "with rip at SYSCALL");
    tap_is(frame.cs & 3, 3, "from user mode");
    call.address = (uint64_t)trap_stub_257;
    call.flags = CALLBACKF_mask_events;
    tap_is(hypercall(__HYPERVISOR_callback_op, CALLBACKOP_register, &call), 0,
           "the callback is put back");
    tap_is(run(user_syscall, 0).vector, VECTOR_SYSCALL, "and works again");
}

static void test_masks(void)
{
    struct frame frame;

    events_on();
    frame = run(user_ud2, 0);
    tap_is(frame.cs >> 32 & 0xff, 0, "upcalls on: mask byte is 0");
    tap_is(frame.rflags & EFLAGS_IF, EFLAGS_IF, "upcalls on: IF is 1");
    events_off();
    frame = user_frame(user_ud2);
    frame.rflags &= ~EFLAGS_IF;
    user_run(&frame);
    tap_is(frame.cs >> 32 & 0xff, 1, "iret with IF=0 masks: byte is 1");
    tap_is(frame.rflags & EFLAGS_IF, 0, "iret with IF=0: IF is 0");
    frame = run(user_step, 0);
    tap_is(frame.vector, DB, "single step in user mode");
    tap_is(frame.rip, user_address(user_step) + 11, "rip after the step");
    hypercall(__HYPERVISOR_set_debugreg, 6, 0);
}

/* QEMU 7.2 puts n*16+2 in the error code of a refused INT n, not n*8+2, so
 * a hypervisor that goes by it sees vector 2n: both have an entry here. */
static bool is_vector(uint64_t vector, unsigned int n)
{
    return vector == n || vector == 2 * n;
}

static void soft_gate(unsigned int flags)
{
    trap_set(0x41, flags);
    trap_set(0x82, flags);
}

static void test_soft_interrupts(void)
{
    struct frame frame;

    soft_gate(4 | 3);
    frame = run(user_int41, 0);
    tap_ok(is_vector(frame.vector, 0x41), "user INT 0x41 through DPL 3");
    tap_is(frame.rip, user_address(user_int41) + 2, "rip after the INT");
    for (unsigned int dpl = 0; dpl < 3; dpl++) {
        soft_gate(4 | dpl);
        frame = run(user_int41, 0);
        tap_is(frame.vector, GP, "user INT 0x41 through DPL %u is #GP", dpl);
        tap_ok(frame.error == 0x41 * 8 + 2 || frame.error == 0x41 * 16 + 2,
               "its error code names the vector");
        tap_is(frame.rip, user_address(user_int41), "rip at the INT");
    }
    for (unsigned int dpl = 0; dpl < 4; dpl++) {
        soft_gate(4 | dpl);
        TRY("int $0x41", NONE);
        if (dpl == 0) {
            tap_is(trap_last.vector, GP, "kernel INT 0x41, DPL 0: #GP");
        } else {
            tap_ok(is_vector(trap_last.vector, 0x41) &&
                       trap_last.frame.rip == trap_last.site + 2,
                   "kernel INT 0x41 through DPL %u", dpl);
        }
    }
    frame = run(user_int0e, 0);
    tap_is(frame.vector, GP, "user INT 14 cannot fake a page fault");
}

static void test_int80(void)
{
    struct frame frame = run(user_int80, 0);

    tap_is(frame.vector, 0x80, "INT 0x80 from user mode");
    tap_is(frame.rip, user_address(user_int80) + 2, "rip after INT 0x80");
    trap_set(0x80, 4);
    frame = run(user_int80, 0);
    /* Xen's fast gate for 0x80 does not look at the DPL. */
    tap_is_hv(frame.vector, GP, 0x80, "INT 0x80 through DPL 0 is #GP");
    trap_set(0x80, 4 | 3);
}

static void test_kernel_stack(void)
{
    static uint8_t other[8192] __attribute__((aligned(16)));
    struct frame frame;
    uint64_t top = (uint64_t)other + sizeof(other);

    tap_is(hypercall(__HYPERVISOR_stack_switch, FLAT_KERNEL_SS, top - 8), 0,
           "stack_switch to an odd top");
    frame = run(user_ud2, 0);
    tap_is(frame.vector, UD, "a trap lands there");
    tap_is(trap_last.frame_top, top - 16, "aligned down to 16");
    hypercall(__HYPERVISOR_stack_switch, FLAT_KERNEL_SS, top);
    frame = run(user_flags, 0);
    tap_is(trap_last.frame_top, top, "a system call lands there too");
    tap_is(frame.rbx & EFLAGS_IF, EFLAGS_IF, "user runs with hardware IF set");
}

void test_main(void)
{
    user_init();
    test_faults();
    test_page_faults();
    test_syscall();
    test_syscall_unset();
    test_masks();
    test_soft_interrupts();
    test_int80();
    test_kernel_stack();
}
