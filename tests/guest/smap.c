/* SPDX-License-Identifier: MIT */
/*
 * IRET executed at CPL 3, which kernels use to serialise.  QEMU before 8.0
 * reads its frame with supervisor rights, so that it faults while the
 * hypervisor has CR4.SMAP set: the hypervisor does it instead, and must give
 * the guest no more than the CPU would.  Elsewhere this tests the CPU.
 *
 * Runner: -c max
 */
#include "lib/event.h"
#include "lib/tap.h"
#include "lib/trap.h"
#include "lib/user.h"

#define NON_CANONICAL 0x0000800000000000ull

/* The frame to pop is at the top, with room below for a trap's. */
static uint64_t stack[8192] __attribute__((aligned(16)));
#define FRAME (&stack[ARRAY_SIZE(stack) - 8])

extern const char iret_landed[];

/* The fault is told at the IRET or, for what only the CPU's IRET finds, where
 * it leads to: in both cases on this test's stack. */
static bool restore_stack(struct frame *frame)
{
    if (frame->rsp - (uint64_t)stack <= sizeof(stack)) {
        frame->rsp = frame->r12;
    }
    return false;
}

static void iret(uint64_t rip, uint64_t cs, uint64_t rflags, uint64_t rsp,
                 uint64_t ss)
{
    uint64_t *frame = FRAME;

    frame[0] = rip;
    frame[1] = cs;
    frame[2] = rflags;
    frame[3] = rsp;
    frame[4] = ss;
}

/* What the landing saw. */
static uint64_t landed_rsp, landed_rflags;

static void pop(void)
{
    landed_rsp = landed_rflags = 0;
    TRY("movq %%rsp, %%r12\n\t"
        "movq %0, %%rsp\n\t"
        "iretq\n\t"
        ".globl iret_landed\n"
        "iret_landed:\n\t"
        "movq %%rsp, %1\n\t"
        "pushfq\n\t"
        "popq %2\n\t"
        "movq %%r12, %%rsp",
        NONE, "b"(FRAME), "m"(landed_rsp), "m"(landed_rflags));
}

static void test_kernel(void)
{
    uint64_t elsewhere = (uint64_t)&stack[4096];

    iret((uint64_t)iret_landed, FLAT_KERNEL_CS, 0x202 | EFLAGS_CF, elsewhere,
         FLAT_KERNEL_SS);
    pop();
    tap_is(trap_last.vector, VECTOR_NONE, "IRET in the kernel");
    tap_is(landed_rsp, elsewhere, "the stack is the frame's");
    tap_is(landed_rflags, 0x202 | EFLAGS_CF, "the flags are the frame's");
    iret((uint64_t)iret_landed, FLAT_KERNEL_CS,
         EFLAGS_IOPL | EFLAGS_AC | EFLAGS_DF | 0x2, elsewhere, FLAT_KERNEL_SS);
    pop();
    tap_is(trap_last.vector, VECTOR_NONE, "IRET with system flags");
    tap_is(landed_rflags & (EFLAGS_IF | EFLAGS_IOPL), EFLAGS_IF,
           "IF and IOPL are not the frame's");
    tap_is(landed_rflags & (EFLAGS_AC | EFLAGS_DF), EFLAGS_AC | EFLAGS_DF,
           "AC and DF are");
    __asm__ volatile("pushfq; andq $~0x40400, (%rsp); popfq");
}

static void refused(const char *what, uint64_t rip, uint64_t cs, uint64_t ss,
                    uint64_t error)
{
    iret(rip, cs, 0x202, (uint64_t)&stack[4096], ss);
    pop();
    tap_is(trap_last.vector, GP, "IRET with %s is #GP", what);
    tap_is(trap_last.frame.error, error, "%s: error code", what);
    tap_is(landed_rsp, 0, "%s: it went nowhere", what);
}

static void test_refused(void)
{
    uint64_t here = (uint64_t)iret_landed;

    refused("the hypervisor's CS", here, 0xe008, FLAT_KERNEL_SS, 0xe008);
    refused("a null CS", here, 3, FLAT_KERNEL_SS, 0);
    refused("a CS of RPL 0", here, FLAT_KERNEL_CS & ~3ull, FLAT_KERNEL_SS,
            FLAT_KERNEL_CS & ~3ull);
    refused("an SS of RPL 0", here, FLAT_KERNEL_CS, FLAT_KERNEL_SS & ~3ull,
            FLAT_KERNEL_SS & ~3ull);
    refused("a data CS", here, FLAT_KERNEL_SS, FLAT_KERNEL_SS,
            FLAT_KERNEL_SS & ~3ull);
    refused("a non-canonical RIP", NON_CANONICAL, FLAT_KERNEL_CS,
            FLAT_KERNEL_SS, 0);
}

USER_SNIPPET(user_iret, "movq %rsp, %rbx\n"
                        "movl %ss, %eax\n pushq %rax\n pushq %rbx\n"
                        "pushq $0x203\n movl %cs, %eax\n pushq %rax\n"
                        "leaq 1f(%rip), %rax\n pushq %rax\n iretq\n ud2\n"
                        "1: pushfq\n popq %rdx\n movq %rsp, %rdi\n"
                        "syscall\n ud2");
USER_SNIPPET(user_iret_kernel,
             "pushq $0xe02b\n pushq %rsp\n pushq $0x202\n pushq $0xe030\n"
             "pushq %rdi\n iretq\n ud2");
USER_SNIPPET(user_iret_nowhere, "movq %rdi, %rsp\n iretq\n ud2");

static void test_user(void)
{
    struct frame frame = user_frame(user_iret);
    uint64_t stack_before = frame.rsp;

    user_run(&frame);
    tap_is(frame.vector, VECTOR_SYSCALL, "IRET in user mode");
    tap_is(frame.rdi, stack_before, "the stack is the frame's");
    tap_is(frame.rdx & 0x3f7fd7, 0x203, "the flags are the frame's");
    frame = user_frame(user_iret_kernel);
    frame.rdi = (uint64_t)iret_landed;
    user_run(&frame);
    tap_is(frame.vector, GP, "IRET of a user to a CS of RPL 0 is #GP");
    tap_is(frame.cs & 3, 3, "from user mode");
    frame = user_frame(user_iret_nowhere);
    frame.rdi = USER_DATA + 16 * PAGE_SIZE;
    user_run(&frame);
    tap_is(frame.vector, PF, "IRET from an absent stack is #PF");
    tap_is(trap_last.cr2, USER_DATA + 16 * PAGE_SIZE, "cr2");
    frame = user_frame(user_iret_nowhere);
    frame.rdi = (uint64_t)start_info;
    user_run(&frame);
    tap_is(frame.vector, PF, "IRET of a user from the kernel's stack is #PF");
}

void test_main(void)
{
    if (on_xen) {
        tap_skip("Xen does not run with SMAP on this CPU model");
        tap_done();
        return;
    }
    trap_hook(restore_stack);
    test_kernel();
    test_refused();
    trap_hook(NULL);
    user_init();
    test_user();
    tap_done();
}
