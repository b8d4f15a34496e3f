/* SPDX-License-Identifier: MIT */
/*
 * The iret hypercall: to kernel and to user mode, with flags it must filter,
 * with selectors and addresses that make the hypervisor's own IRETQ fault.  A
 * bad frame costs the guest an exception, never the hypervisor anything.
 * Re-creates the public advisories XSA-7 (return by SYSRET to a non-canonical
 * rip) and XSA-213 (iret inside a multicall).
 */
#include "lib/event.h"
#include "lib/paging.h"
#include "lib/tap.h"
#include "lib/user.h"

#define NON_CANONICAL 0x0000800000000000ull
#define TOP_PAGE      0x00007ffffffff000ull

/* iret_try(frame): issues the hypercall; comes back at iret_back, where a
 * good frame of kernel mode points, or by the fixup of a fault. */
void iret_try(struct frame *frame);
extern const char iret_back[];
extern uint64_t iret_landed_flags;
__asm__(".text\n"
        "iret_try:\n"
        "    push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
        "    mov %rsp, iret_saved_rsp(%rip)\n"
        "    lea iret_back(%rip), %rax\n"
        "    mov %rax, trap_fixup(%rip)\n"
        "    jmp frame_resume_at\n"
        "iret_back:\n"
        "    pushfq; popq iret_landed_flags(%rip)\n"
        "    mov iret_saved_rsp(%rip), %rsp\n"
        "    pushq $0x202; popfq\n"
        "    pop %r15; pop %r14; pop %r13; pop %r12; pop %rbp; pop %rbx\n"
        "    ret\n"
        ".data\n"
        "iret_saved_rsp: .quad 0\n"
        "iret_landed_flags: .quad 0\n"
        ".text\n");

static uint8_t landing_stack[8192] __attribute__((aligned(16)));

static struct frame kernel_frame(void)
{
    return (struct frame){
        .rip = (uint64_t)iret_back,
        .cs = FLAT_KERNEL_CS & ~3,
        .rflags = 2,
        .rsp = (uint64_t)landing_stack + sizeof(landing_stack),
        .ss = FLAT_KERNEL_SS & ~3,
    };
}

static void kernel_iret(struct frame frame)
{
    static struct frame copy;

    copy = frame;
    trap_reset();
    iret_try(&copy);
    trap_fixup = 0;
}

static void test_kernel(void)
{
    struct frame frame = kernel_frame();

    kernel_iret(frame);
    tap_is(trap_last.vector, VECTOR_NONE, "iret to kernel mode, RPL 0");
    frame.cs |= 0xabcd0000;
    kernel_iret(frame);
    tap_is(trap_last.vector, VECTOR_NONE, "only 16 bits of cs count");

    frame = kernel_frame();
    frame.rflags = EFLAGS_IOPL | EFLAGS_VM | EFLAGS_CF | 2;
    kernel_iret(frame);
    tap_is(trap_last.vector, VECTOR_NONE, "iret with IOPL and VM set");
    tap_is(iret_landed_flags & (EFLAGS_IOPL | EFLAGS_VM), 0,
           "IOPL and VM are dropped");
    tap_is(iret_landed_flags & (EFLAGS_CF | EFLAGS_IF), EFLAGS_CF | EFLAGS_IF,
           "CF is kept and hardware IF set");
}

static void kernel_fault(struct frame frame, const char *name)
{
    kernel_iret(frame);
    tap_ok(trap_last.vector == GP || trap_last.vector == NP ||
               trap_last.vector == SS,
           "%s: the guest gets an exception (%lu)", name, trap_last.vector);
    tap_is(trap_last.frame.cs & 3, 0, "%s: seen from kernel mode", name);
}

/* IRETQ reads the selector's descriptor from an LDT that is not there: the guest
 * is told where it said that it was. */
static void test_kernel_absent_ldt(void)
{
    struct frame frame = kernel_frame();
    struct mmuext_op op = {.cmd = MMUEXT_SET_LDT,
                           .arg1.linear_addr = TEST_VA + 0x600000,
                           .arg2.nr_ents = 16};

    tap_is(mmuext_op(&op, 1, NULL, DOMID_SELF), 0, "an LDT that is not mapped");
    frame.cs = 3 << 3 | 4;
    kernel_iret(frame);
    tap_is(trap_last.vector, PF, "code selector in it: a page fault");
    tap_is(trap_last.cr2, TEST_VA + 0x600000 + 3 * 8, "at the guest's address");
    frame = kernel_frame();
    frame.ss = 2 << 3 | 4;
    kernel_iret(frame);
    tap_is(trap_last.vector, PF, "stack selector in it: a page fault");
    tap_is(trap_last.cr2, TEST_VA + 0x600000 + 2 * 8, "at the guest's address");
    op.arg2.nr_ents = 0;
    mmuext_op(&op, 1, NULL, DOMID_SELF);
}

static void test_kernel_bad(void)
{
    struct frame frame = kernel_frame();

    frame.cs = 0x1238;
    kernel_fault(frame, "empty code selector");
    frame.cs = 0;
    kernel_fault(frame, "null code selector");
    frame.cs = 0xe008;
    kernel_fault(frame, "the hypervisor's code segment");
    frame.cs = FLAT_RING3_DS32 & ~3;
    kernel_fault(frame, "data segment for code");
    frame.cs = 0x1234 & ~3;
    kernel_fault(frame, "selector into the local table");
    frame.cs = FLAT_KERNEL_CS & ~3;
    frame.ss = 0x1238;
    kernel_fault(frame, "empty stack selector");
    frame.ss = 0xe040;
    kernel_fault(frame, "system segment for the stack");
    frame.ss = FLAT_KERNEL_SS & ~3;
    frame.rip = NON_CANONICAL;
    kernel_fault(frame, "non-canonical rip");
    frame.rip = HV_PRIVATE;
    kernel_iret(frame);
    tap_is(trap_last.vector, PF, "rip in the hypervisor is a page fault");
}

USER_SNIPPET(user_back, "pushfq; popq %rbx; syscall; ud2");

static struct frame user_iret(struct frame frame)
{
    user_run(&frame);
    return frame;
}

static void user_fault(struct frame frame, const char *name)
{
    frame = user_iret(frame);
    tap_ok(frame.vector == GP || frame.vector == NP || frame.vector == SS,
           "user, %s: the guest gets an exception (%lu)", name, frame.vector);
    tap_is(frame.cs & 3, 3, "user, %s: seen from user mode", name);
}

static void test_user(void)
{
    struct frame frame = user_frame(user_back);

    frame.rflags |= EFLAGS_IOPL | EFLAGS_VM | EFLAGS_DF;
    frame = user_iret(frame);
    tap_is(frame.vector, VECTOR_SYSCALL, "iret to user mode");
    tap_is(frame.rbx & (EFLAGS_IOPL | EFLAGS_VM), 0, "IOPL and VM are dropped");
    tap_is(frame.rbx & (EFLAGS_DF | EFLAGS_IF), EFLAGS_DF | EFLAGS_IF,
           "DF is kept and hardware IF set");

    frame = user_frame(user_back);
    frame.cs = 0x123b;
    user_fault(frame, "empty code selector");
    frame.cs = 0xe00b;
    user_fault(frame, "the hypervisor's code segment");
    frame = user_frame(user_back);
    frame.ss = 0x123b;
    user_fault(frame, "empty stack selector");
    frame = user_frame(user_back);
    frame.rip = NON_CANONICAL;
    user_fault(frame, "non-canonical rip");
    tap_is(trap_last.frame.rip, NON_CANONICAL, "and rip says so");
    frame = user_frame(user_back);
    frame.rip = HV_PRIVATE;
    tap_is(user_iret(frame).vector, PF, "user rip in the hypervisor");
}

static void test_pending(void)
{
    struct frame frame = kernel_frame();
    unsigned int port[2];

    event_loopback(port);
    event_unmask(port[1]);
    event_reset();
    event_send(port[0]);
    kernel_iret(frame);
    tap_is(event_last.upcalls, 0, "iret with IF=0 delivers nothing");
    tap_is(vcpu_info_self()->evtchn_upcall_mask, 1, "and leaves the mask set");
    frame.rflags |= EFLAGS_IF;
    kernel_iret(frame);
    tap_is(event_last.upcalls, 1, "iret with IF=1 delivers what is pending");
    tap_is(event_last.frame.rip, (uint64_t)iret_back,
           "before the first instruction of the target");
    tap_is(vcpu_info_self()->evtchn_upcall_mask, 0,
           "and leaves the mask clear");
    events_off();
    event_close(port[0]);
    event_close(port[1]);
}

/* XSA-7: SYSCALL in the last two bytes of the lower half returns to a
 * non-canonical address; a kernel that asks for SYSRET passes it on. */
static void test_sysret(void)
{
    uint64_t *page = page_alloc();
    struct frame frame;

    ((uint8_t *)page)[4094] = 0x0f;
    ((uint8_t *)page)[4095] = 0x05;
    map_page(TOP_PAGE, pte_make(virt_to_mfn(page), PTE_P | PTE_US));
    if (pte_update(user_root_mfn() * PAGE_SIZE + 255 * 8,
                   *pte_pointer(TOP_PAGE, 4)) != 0) {
        guest_fail("user root slot 255");
    }
    frame = user_frame(user_back);
    frame.rip = TOP_PAGE + 4094;
    frame = user_iret(frame);
    tap_is(frame.vector, VECTOR_SYSCALL, "SYSCALL at the top of user space");
    tap_is(frame.rip, NON_CANONICAL, "its return address is non-canonical");
    iret_flags = VGCF_in_syscall;
    frame = user_iret(frame);
    iret_flags = 0;
    tap_is(frame.vector, GP, "returning there is the guest's #GP");
    tap_is(frame.cs & 3, 3, "in user mode");
    iret_flags = VGCF_in_syscall;
    frame = user_iret(user_frame(user_back));
    iret_flags = 0;
    tap_is(frame.vector, VECTOR_SYSCALL, "a good return by that flag works");
}

/* XSA-213: the list must stop when iret has left kernel mode. */
struct multicall_entry calls[3];
struct iret_context context;
void multicall_enter(struct frame *frame);
__asm__(".text\n"
        "multicall_enter:\n"
        "    push %rbx; push %rbp; push %r12; push %r13; push %r14; push %r15\n"
        "    mov %rsp, user_return_rsp(%rip)\n"
        "    lea context(%rip), %rsp\n"
        "    lea calls(%rip), %rdi\n"
        "    mov $3, %esi\n"
        "    mov $13, %eax\n"
        "    syscall\n"
        "    ud2\n");

static void test_multicall(void)
{
    struct frame frame = user_frame(user_back);

    context = (struct iret_context){
        .rip = frame.rip,
        .cs = frame.cs,
        .rflags = frame.rflags,
        .rsp = frame.rsp,
        .ss = frame.ss,
    };
    memset(calls, 0, sizeof(calls));
    calls[0].op = __HYPERVISOR_xen_version;
    calls[1].op = __HYPERVISOR_iret;
    calls[2].op = __HYPERVISOR_xen_version;
    calls[0].result = calls[2].result = 0x5a5a;
    user_run_by(multicall_enter, &frame);
    tap_is(frame.vector, VECTOR_SYSCALL, "iret in a multicall reaches user");
    tap_ok(calls[0].result != 0x5a5a, "the call before it was made");
    tap_is(calls[2].result, 0x5a5a, "the call after it was not");
}

void test_main(void)
{
    user_init();
    test_kernel();
    test_kernel_bad();
    test_kernel_absent_ldt();
    test_user();
    test_pending();
    test_sysret();
    test_multicall();
}
