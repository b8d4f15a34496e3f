/* SPDX-License-Identifier: MIT */
/*
 * Writes to live L1 tables by ordinary instructions, which Linux relies on:
 * each form is emulated with its exact result (value, old value, flags), the
 * new entry obeys the rules of mmu_update, and what is not an L1 table faults
 * as it should.
 */
#include "lib/event.h"
#include "lib/paging.h"
#include "lib/tap.h"
#include "lib/trap.h"
#include "lib/user.h"

#define VA(n)      (TEST_VA + (n)*PAGE_SIZE)
#define PAGE_FLAGS (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)

static volatile uint64_t *pte;
static uint64_t one, two;

static uint64_t seen(void)
{
    return *pte & ~PTE_ADJUSTED;
}

static void start_with(uint64_t value)
{
    if (pte_update(pte_maddr(VA(0), 1), value) != 0) {
        guest_fail("setting the entry");
    }
}

static void check(const char *name, uint64_t want)
{
    tap_is(trap_last.vector, VECTOR_NONE, "%s: no fault seen", name);
    tap_is(seen(), want & ~PTE_ADJUSTED, "%s: the entry", name);
}

static void test_moves(void)
{
    start_with(0);
    TRY("movq %%rcx, (%%rdx)", NONE, "c"(one), "d"(pte));
    check("mov 64", one);
    TRY("movq $0, (%%rdx)", NONE, "d"(pte));
    check("mov immediate", 0);
    TRY("movl %%ecx, (%%rdx)", NONE, "c"((uint32_t)one), "d"(pte));
    check("mov 32, low half", (uint32_t)one);
    start_with(one);
    TRY("movl $0, 4(%%rdx)", NONE, "d"(pte));
    check("mov 32, high half", (uint32_t)one);
    start_with(one);
    TRY("movq %%rcx, (%%rdx, %%rsi, 8)", NONE, "c"(two), "d"(pte - 6), "S"(6));
    check("mov 64 with an index", two);
    start_with(one);
    TRY("movq %%rdx, %%r12\n\tmovq %%rcx, %%r13\n3:\tmovq %%r13, (%%r12)", NONE,
        "c"(two), "d"(pte));
    check("mov 64, r12 and r13", two);
}

static void test_exchange(void)
{
    uint64_t value = two, old, flags;

    start_with(one);
    TRY("xchgq %0, (%%rdx)", "+c"(value), "d"(pte));
    check("xchg 64", two);
    tap_is(value & ~PTE_ADJUSTED, one & ~PTE_ADJUSTED, "xchg: the old value");

    old = *pte;
    TRY("lock cmpxchgq %%rcx, (%%rdx)\n\tpushfq\n\tpopq %%rbx",
        OUTPUTS("+a"(old), "=&b"(flags)), "c"(one), "d"(pte));
    check("cmpxchg 64, equal", one);
    tap_is(flags & EFLAGS_ZF, EFLAGS_ZF, "cmpxchg equal: ZF");
    old = 0x1234;
    TRY("lock cmpxchgq %%rcx, (%%rdx)\n\tpushfq\n\tpopq %%rbx",
        OUTPUTS("+a"(old), "=&b"(flags)), "c"(two), "d"(pte));
    check("cmpxchg 64, different", one);
    tap_is(flags & EFLAGS_ZF, 0, "cmpxchg different: ZF clear");
    tap_is(old, *pte, "cmpxchg different: rax is the value");
}

static void test_logic(void)
{
    uint64_t flags;

    start_with(one);
    TRY("lock andb $0xfd, (%%rdx)", NONE, "d"(pte));
    check("lock andb (RW off)", one & ~PTE_RW);
    TRY("lock orb $2, (%%rdx)", NONE, "d"(pte));
    check("lock orb (RW on)", one | PTE_RW);
    TRY("lock btrq $6, (%%rdx)\n\tpushfq\n\tpopq %%rbx", "=&b"(flags),
        "d"(pte));
    check("lock btr (D off)", one & ~PTE_D);
    tap_is(flags & EFLAGS_CF, EFLAGS_CF, "lock btr: CF is the old bit");
    TRY("lock btrq $6, (%%rdx)\n\tpushfq\n\tpopq %%rbx", "=&b"(flags),
        "d"(pte));
    tap_is(flags & EFLAGS_CF, 0, "lock btr again: CF clear");
    TRY("lock btsq $6, (%%rdx)", NONE, "d"(pte));
    check("lock bts (D on)", one);
    TRY("lock andq %%rcx, (%%rdx)", NONE, "c"(~PTE_A), "d"(pte));
    check("lock and 64 (A off)", one & ~PTE_A);
    TRY("lock orl $0x20, (%%rdx)", NONE, "d"(pte));
    check("lock or 32 (A on)", one);
}

static void test_result(void)
{
    uint64_t *second = mfn_to_virt(pte_mfn(two));

    *second = 0x5150;
    start_with(0);
    TRY("movq %%rcx, (%%rdx)", NONE, "c"(two), "d"(pte));
    update_va_mapping(VA(1), 0, UVMF_TLB_FLUSH | UVMF_LOCAL);
    tap_is(*(volatile uint64_t *)VA(0), 0x5150, "the mapping is live");
}

static void refuse(const char *name, uint64_t value)
{
    uint64_t before = *pte;

    TRY("movq %%rcx, (%%rdx)", NONE, "c"(value), "d"(pte));
    tap_is(trap_last.vector, PF, "%s: the write faults", name);
    tap_is(trap_last.frame.error, PF_PRESENT | PF_WRITE, "%s: error code",
           name);
    tap_is(trap_last.cr2, (uint64_t)pte, "%s: cr2", name);
    tap_is(*pte, before, "%s: the entry is as it was", name);
}

static void test_refused(void)
{
    volatile uint64_t *l4 = mfn_to_virt(root_mfn());
    volatile uint64_t *l2 = pte_pointer(VA(0), 2);

    start_with(0);
    refuse("a root, writable", pte_make(root_mfn(), PAGE_FLAGS));
    refuse("this L1, writable", pte_make(pte_mfn(*l2), PAGE_FLAGS));
    refuse("the local APIC", pte_make(0xfee00, PAGE_FLAGS));
    refuse("no RAM", pte_make(0xffffffffffull, PAGE_FLAGS));
    TRY("movq %%rcx, (%%rdx)", NONE, "c"(0), "d"(l4));
    tap_is(trap_last.vector, PF, "a write to a live L4 faults");
    TRY("movq %%rcx, (%%rdx)", NONE, "c"(*l2), "d"(l2));
    tap_is(trap_last.vector, PF, "a write to a live L2 faults");
    TRY("movb $1, (%%rdx)", NONE, "d"(HV_PRIVATE));
    tap_is(trap_last.vector, PF, "a write to the hypervisor faults");
}

static void test_odd_forms(void)
{
    /* Xen completes or refuses these; a guest must survive either way. */
    start_with(0);
    TRY("movw $0, (%%rdx)", NONE, "d"(pte));
    tap_ok(trap_last.vector == VECTOR_NONE || trap_last.vector == PF,
           "mov 16: done or refused");
    tap_is(*pte, 0, "mov 16 of zero over zero");
    TRY("movq $0, 4(%%rdx)", NONE, "d"(pte));
    tap_ok(trap_last.vector == VECTOR_NONE || trap_last.vector == PF,
           "a misaligned write: done or refused");
    tap_is(pte[0] | pte[1], 0, "and nothing strange came of it");
    TRY("movups %%xmm0, (%%rdx)", NONE, "d"(pte));
    tap_is(trap_last.vector, PF, "a 16-byte vector write is refused");
}

/* The same instruction from user mode is no business of the kernel's. */
USER_SNIPPET(user_store, "movq %rax, (%rdi); syscall; ud2");

static void test_user(void)
{
    struct frame frame;
    uint64_t l1 = pte_mfn(*pte_pointer(VA(0), 2));
    uint64_t alias = USER_DATA + PAGE_SIZE;

    user_init();
    map_page(alias, pte_make(l1, PTE_P | PTE_US));
    start_with(one);
    frame = user_frame(user_store);
    frame.rdi = alias;
    frame.rax = 0;
    user_run(&frame);
    tap_is(frame.vector, PF, "a write by user mode through an alias faults");
    tap_is(frame.error, PF_PRESENT | PF_WRITE | PF_USER, "its error code");
    tap_is(seen(), one & ~PTE_ADJUSTED, "the entry is as it was");
}

void test_main(void)
{
    one = pte_make(virt_to_mfn(page_alloc()), PAGE_FLAGS);
    two = pte_make(virt_to_mfn(page_alloc()), PAGE_FLAGS);
    hypercall(__HYPERVISOR_vm_assist, VMASST_CMD_enable,
              VMASST_TYPE_writable_pagetables);
    map_prepare(VA(0));
    pte = pte_pointer(VA(0), 1);
    test_moves();
    test_exchange();
    test_logic();
    test_result();
    test_refused();
    test_odd_forms();
    test_user();
}
