/* SPDX-License-Identifier: MIT */
/*
 * A second vCPU: how many there are, contexts that must be refused, bring-up,
 * events between the two, TLB flushes that reach it, and down again; the
 * bounds of register_vcpu_info (public advisory XSA-327).
 *
 * Runner: -s 2
 */
#include "lib/clock.h"
#include "lib/event.h"
#include "lib/paging.h"
#include "lib/tap.h"
#include "lib/vcpu.h"

#define SECOND        1000000000ull
#define NON_CANONICAL 0x0000800000000000ull

static struct vcpu_guest_context context;
static volatile uint64_t alive, stop, flush_seen;
static unsigned int ping, pong;

static void body(void)
{
    volatile struct vcpu_info *vcpu = vcpu_info_of(1);

    vcpu->evtchn_upcall_mask = 1;
    alive = 1;
    while (stop == 0) {
        if (event_pending(ping)) {
            event_clear(ping);
            event_send(pong);
        }
        if (alive == 2) {
            flush_seen = *(volatile uint64_t *)TEST_VA;
            alive = 3;
        }
        __asm__ volatile("pause");
    }
    vcpu_op(VCPUOP_down, 1, NULL);
    /* Up again: registers are as VCPUOP_down left them. */
    alive = 5;
    for (;;) {
        vcpu_op(VCPUOP_down, 1, NULL);
    }
}

static bool wait_for(const volatile uint64_t *word, uint64_t value)
{
    uint64_t until = clock_ns() + 5 * SECOND;

    while (*word != value) {
        if (clock_ns() > until) {
            return false;
        }
        sched_op(SCHEDOP_yield, NULL);
    }
    return true;
}

static void test_count(void)
{
    tap_is(vcpu_op(VCPUOP_is_up, 0, NULL), 1, "vCPU 0 is up");
    tap_is(vcpu_op(VCPUOP_is_up, 1, NULL), 0, "vCPU 1 exists and is down");
    tap_is(vcpu_op(VCPUOP_is_up, 2, NULL), -XEN_ENOENT,
           "vCPU 2 does not exist");
    tap_is(vcpu_op(VCPUOP_is_up, 8191, NULL), -XEN_ENOENT, "nor vCPU 8191");
    tap_is(vcpu_op(VCPUOP_is_up, 0xffffffff, NULL), -XEN_ENOENT,
           "nor vCPU 2^32-1");
    tap_is(vcpu_op(VCPUOP_up, 1, NULL), -XEN_EINVAL,
           "up before it is initialised");
}

static void refused(const char *what)
{
    tap_refused(vcpu_initialise(1, &context), "a context with %s", what);
    vcpu_context(&context, body);
}

static void test_bad_contexts(void)
{
    vcpu_context(&context, body);
    context.user_regs.rip = NON_CANONICAL;
    refused("a non-canonical rip");
    context.user_regs.rsp = NON_CANONICAL;
    /* Only rip is dangerous to return to: Xen takes such an rsp. */
    context.ctrlreg[3] = ~0xfffull;
    refused("a root that is no frame");
    context.ctrlreg[3] = virt_to_mfn(page_alloc()) << 12;
    refused("a root that is a writable page");
    context.event_callback_eip = NON_CANONICAL;
    refused("a non-canonical event callback");
    context.trap_ctxt[14].address = NON_CANONICAL;
    refused("a non-canonical trap handler");
    context.gs_base_kernel = NON_CANONICAL;
    refused("a non-canonical gs base");
    context.fs_base = NON_CANONICAL;
    refused("a non-canonical fs base");
    context.gdt_ents = 7169;
    refused("7169 descriptors");
    context.gdt_ents = 512;
    context.gdt_frames[0] = virt_to_mfn(page_alloc());
    refused("a writable page for a GDT");
    context.flags = 0;
    refused("user mode without a user root");
    context.flags = 0;
    context.ctrlreg[1] = PAGE_SIZE - 1;
    refused("user mode with a user root that is no frame");
    tap_is(vcpu_op(VCPUOP_initialise, 1, HV_PRIVATE), -XEN_EFAULT,
           "a context in the hypervisor");
    tap_is(vcpu_op(VCPUOP_is_up, 1, NULL), 0, "vCPU 1 is still down");
}

static void test_vcpu_info_bounds(void)
{
    static const uint32_t bad[] = {4096,       4040, 4095, 0xffffffff,
                                   0xfffff000, 3,    4};
    struct vcpu_register_vcpu_info info = {0};
    volatile struct vcpu_info *page = page_alloc();

    info.mfn = virt_to_mfn((void *)page);
    for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
        info.offset = bad[i];
        tap_refused(vcpu_op(VCPUOP_register_vcpu_info, 1, &info),
                    "vcpu_info at offset %u", bad[i]);
    }
    info.offset = 64;
    info.mfn = root_mfn();
    tap_refused(vcpu_op(VCPUOP_register_vcpu_info, 1, &info),
                "vcpu_info in a page table");
    info.mfn = 0xffffffffff;
    tap_refused(vcpu_op(VCPUOP_register_vcpu_info, 1, &info),
                "vcpu_info nowhere");
    info.mfn = virt_to_mfn((void *)page);
    tap_is(vcpu_op(VCPUOP_register_vcpu_info, 9, &info), -XEN_ENOENT,
           "vcpu_info of an absent vCPU");
    tap_is(vcpu_op(VCPUOP_register_vcpu_info, 1, &info), 0,
           "vcpu_info at a good place");
    tap_refused(vcpu_op(VCPUOP_register_vcpu_info, 1, &info), "twice");
    tap_is(page[1].evtchn_upcall_pending, 1, "everything is made pending");
    tap_is(page[1].evtchn_pending_sel, ~0ull, "in all words");
    vcpu_info_moved(1, page + 1);
}

static void test_up(void)
{
    ping = event_bind_ipi(1);
    pong = event_bind_ipi(0);
    vcpu_context(&context, body);
    tap_is(vcpu_initialise(1, &context), 0, "initialise");
    tap_is(vcpu_initialise(1, &context), -XEN_EEXIST, "only once");
    tap_is(vcpu_op(VCPUOP_is_up, 1, NULL), 0, "it is down still");
    tap_is(vcpu_op(VCPUOP_up, 1, NULL), 0, "up");
    tap_is(vcpu_op(VCPUOP_is_up, 1, NULL), 1, "it is up");
    tap_ok(wait_for(&alive, 1), "and runs");
    tap_ok((vcpu_info_of(1)->time.version & 1) == 0 &&
               vcpu_info_of(1)->time.tsc_to_system_mul != 0,
           "its clock is set");
}

static void test_ping(void)
{
    unsigned int answered = 0;

    for (unsigned int i = 0; i < 50; i++) {
        event_send(ping);
        answered += event_wait(pong, SECOND) ? 1 : 0;
        event_clear(pong);
    }
    tap_is(answered, 50, "50 events there are answered by 50 back");
}

static void test_flush(void)
{
    struct mmuext_op op = {.cmd = MMUEXT_INVLPG_MULTI};
    uint64_t mask = 2, *a = page_alloc(), *b = page_alloc();
    uint64_t l1e;

    a[0] = 0xa;
    b[0] = 0xb;
    map_page(TEST_VA, pte_make(virt_to_mfn(a), PTE_P | PTE_US));
    l1e = pte_maddr(TEST_VA, 1);
    alive = 2;
    tap_ok(wait_for(&alive, 3) && flush_seen == 0xa, "vCPU 1 reads a page");
    pte_update(l1e, pte_make(virt_to_mfn(b), PTE_P | PTE_US));
    op.arg1.linear_addr = TEST_VA;
    op.arg2.vcpumask.p = &mask;
    tap_is(mmuext_op(&op, 1, NULL, DOMID_SELF), 0, "INVLPG_MULTI of vCPU 1");
    alive = 2;
    tap_ok(wait_for(&alive, 3) && flush_seen == 0xb, "it reads the new one");
    pte_update(l1e, pte_make(virt_to_mfn(a), PTE_P | PTE_US));
    op.cmd = MMUEXT_TLB_FLUSH_ALL;
    mmuext_op(&op, 1, NULL, DOMID_SELF);
    alive = 2;
    tap_ok(wait_for(&alive, 3) && flush_seen == 0xa,
           "TLB_FLUSH_ALL reaches it");
}

/* A page that vCPU 1 could write a moment ago becomes a page table: no stale
 * translation may survive (XSA-241 and 408 class).  Reading back is all a
 * guest can do to see it; the write itself would have to fault. */
static void test_retype(void)
{
    void *table = page_alloc();

    page_make_ro(table);
    tap_is(mmuext_one(MMUEXT_PIN_L1_TABLE, virt_to_mfn(table)), 0,
           "a page becomes a table while another vCPU runs");
    tap_is(mmuext_one(MMUEXT_UNPIN_TABLE, virt_to_mfn(table)), 0, "and not");
    page_make_rw(table);
}

static void test_down(void)
{
    uint64_t until = clock_ns() + 5 * SECOND;

    stop = 1;
    while (vcpu_op(VCPUOP_is_up, 1, NULL) == 1 && clock_ns() < until) {
        sched_op(SCHEDOP_yield, NULL);
    }
    tap_is(vcpu_op(VCPUOP_is_up, 1, NULL), 0, "it goes down");
    tap_is(vcpu_op(VCPUOP_up, 1, NULL), 0, "up again");
    tap_ok(wait_for(&alive, 5), "it goes on where it went down");
    tap_refused(vcpu_op(VCPUOP_up, 9, NULL), "up of an absent vCPU");
}

void test_main(void)
{
    test_count();
    test_bad_contexts();
    test_vcpu_info_bounds();
    test_up();
    test_ping();
    test_flush();
    test_retype();
    test_down();
}
