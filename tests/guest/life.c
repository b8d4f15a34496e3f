/* SPDX-License-Identifier: MIT */
/*
 * The life of other domains: made, run, stopped, crashed, resumed, destroyed
 * whatever they do, and nothing left of them, whoever still maps a page.
 *
 * Runner: -s 2
 */
#include "lib/clock.h"
#include "lib/event.h"
#include "lib/paging.h"
#include "lib/tap.h"
#include "lib/toolstack.h"
#include "lib/vcpu.h"

#define CYCLES  200u
#define SECRET  0x7365637265742121ull
#define PATTERN 64u /* pages */

static volatile uint64_t said, said_too;
static volatile uint64_t pattern[PATTERN][512]
    __attribute__((aligned(4096), section(".bss.pages")));

static uint64_t pages_of(domid_t id)
{
    struct xen_domctl op = {0};

    return domctl(XEN_DOMCTL_getdomaininfo, id, &op) == 0 && op.domain == id
               ? op.u.getdomaininfo.tot_pages
               : 0;
}

static long simple(uint32_t cmd, domid_t id)
{
    struct xen_domctl op = {0};

    return domctl(cmd, id, &op);
}

/* A variable of the child's, until unmapped. */
static volatile uint64_t *variable_map(domid_t id, volatile uint64_t *variable)
{
    return toolstack_map(id, (const void *)variable);
}

static void wait_ns(uint64_t ns)
{
    uint64_t end = clock_ns() + ns;

    while (clock_ns() < end) {
        sched_op(SCHEDOP_yield, NULL);
    }
}

/* --- What the children do --- */

static void child_says(void)
{
    said = 0x600d;
}

static void child_counts(void)
{
    for (;;) {
        said++;
    }
}

static void child_crashes(void)
{
    /* A fault that cannot be delivered: there is no stack for it. */
    hypercall(__HYPERVISOR_stack_switch, FLAT_KERNEL_SS, 0);
    __asm__ volatile("xor %%esp, %%esp; push %%rax; ud2" ::: "memory");
}

static void child_suspends(void)
{
    struct sched_shutdown shutdown = {.reason = SHUTDOWN_suspend};

    said = 1;
    sched_op(SCHEDOP_shutdown, &shutdown);
    said = 2;
}

static void child_keeps_a_secret(void)
{
    for (unsigned int i = 0; i < PATTERN; i++) {
        for (unsigned int j = 0; j < 512; j++) {
            pattern[i][j] = SECRET;
        }
    }
}

/* Spins on a second vCPU too, with channels and a timer in use. */
static void child_is_busy(void)
{
    struct vcpu_set_periodic_timer timer = {.period_ns = 1000000};

    event_bind_virq(VIRQ_TIMER, 0);
    event_bind_ipi(0);
    vcpu_op(VCPUOP_set_periodic_timer, 0, &timer);
    if (vcpu_run(1, child_counts) == 0) {
        child_counts();
    }
}

/* --- The tests --- */

static void test_run(void)
{
    domid_t id = toolstack_build(child_says, 0, 1);
    volatile uint64_t *mapped = variable_map(id, &said);

    tap_is(*mapped, 0, "a child begins with variables of its own");
    tap_is(toolstack_flags(id) & XEN_DOMINF_paused, XEN_DOMINF_paused,
           "it is paused");
    tap_is((uint64_t)simple(XEN_DOMCTL_unpausedomain, id), 0, "started");
    tap_is((uint64_t)toolstack_wait(id), SHUTDOWN_poweroff,
           "it ends by itself");
    tap_is(*mapped, 0x600d, "and has run");
    tap_is(said, 0, "on memory of its own");
    toolstack_unmap(mapped);
    tap_is((uint64_t)toolstack_destroy(id), 0, "it is destroyed");
    tap_is(toolstack_flags(id), 0, "and gone");
    tap_is((uint64_t)simple(XEN_DOMCTL_destroydomain, id), -XEN_ESRCH,
           "what is gone cannot be destroyed");
}

static void child_looks_at_clocks(void)
{
    said = clock_ns();
    said_too = (uint64_t)shared_info->wc_sec_hi << 32 | shared_info->wc_sec;
}

static void test_clocks(void)
{
    uint64_t before = clock_ns();
    domid_t id = toolstack_create(child_looks_at_clocks, 0, 1);
    volatile uint64_t *mapped = variable_map(id, &said);

    toolstack_wait(id);
    tap_ok(*mapped > before && *mapped < clock_ns(),
           "a child has the same time, whatever its builder did to its page");
    toolstack_unmap(mapped);
    mapped = variable_map(id, &said_too);
    tap_is(*mapped, (uint64_t)shared_info->wc_sec_hi << 32 |
                        shared_info->wc_sec,
           "and date");
    toolstack_unmap(mapped);
    toolstack_destroy(id);
}

/* It becomes something else than before, within some seconds. */
static bool comes(volatile uint64_t *where, uint64_t before)
{
    uint64_t end = clock_ns() + 10000000000ull;

    while (*where == before && clock_ns() < end) {
        sched_op(SCHEDOP_yield, NULL);
    }
    return *where != before;
}

static void test_pauses(void)
{
    domid_t id = toolstack_create(child_counts, 0, 1);
    volatile uint64_t *counted = variable_map(id, &said);
    uint64_t before;

    tap_ok(comes(counted, 0), "a running child runs");
    tap_is((uint64_t)simple(XEN_DOMCTL_pausedomain, id), 0, "paused");
    tap_is((uint64_t)simple(XEN_DOMCTL_pausedomain, id), 0, "twice");
    tap_is((uint64_t)simple(XEN_DOMCTL_unpausedomain, id), 0, "let go once");
    wait_ns(20000000); /* it is off its CPU by now */
    before = *counted;
    wait_ns(20000000);
    tap_is(*counted, before, "it still stands");
    tap_is((uint64_t)simple(XEN_DOMCTL_unpausedomain, id), 0, "let go again");
    tap_ok(comes(counted, before), "it runs");
    tap_is((uint64_t)simple(XEN_DOMCTL_unpausedomain, id), -XEN_EINVAL,
           "a pause that nobody made cannot be undone");
    for (unsigned int i = 0; i < 255; i++) {
        simple(XEN_DOMCTL_pausedomain, id);
    }
    tap_is((uint64_t)simple(XEN_DOMCTL_pausedomain, id), -XEN_EOVERFLOW,
           "pauses are counted up to a limit");
    toolstack_unmap(counted);
    tap_is((uint64_t)toolstack_destroy(id), 0, "a paused child is destroyed");
}

static void test_ends(void)
{
    unsigned int port = event_bind_virq(VIRQ_DOM_EXC, 0);
    struct sched_remote_shutdown remote = {.reason = SHUTDOWN_reboot};
    volatile uint64_t *mapped;
    domid_t id = toolstack_create(child_crashes, 0, 1);

    tap_is((uint64_t)toolstack_wait(id), SHUTDOWN_crash,
           "a child that crashes says so");
    tap_ok(event_wait(port, 10000000000), "and the toolstack is told");
    event_clear(port);
    toolstack_destroy(id);
    tap_ok(event_pending(port), "as when it is destroyed");
    event_clear(port);

    id = toolstack_create(child_counts, 0, 1);
    remote.domain_id = id;
    tap_is((uint64_t)sched_op(SCHEDOP_remote_shutdown, &remote), 0,
           "a child is shut down from outside");
    tap_is((uint64_t)toolstack_wait(id), SHUTDOWN_reboot, "for that reason");
    tap_is((uint64_t)sched_op(SCHEDOP_remote_shutdown, &remote), 0,
           "a second time changes nothing");
    tap_is((uint64_t)simple(XEN_DOMCTL_resumedomain, id), 0, "resumed");
    tap_is(toolstack_flags(id) & XEN_DOMINF_shutdown, 0, "it lives on");
    tap_is((uint64_t)simple(XEN_DOMCTL_resumedomain, id), 0,
           "resuming what runs changes nothing");
    toolstack_destroy(id);

    id = toolstack_create(child_suspends, 0, 1);
    mapped = variable_map(id, &said);
    tap_is((uint64_t)toolstack_wait(id), SHUTDOWN_suspend, "suspended");
    tap_is(*mapped, 1, "where it asked for it");
    simple(XEN_DOMCTL_resumedomain, id);
    tap_is((uint64_t)toolstack_wait(id), SHUTDOWN_poweroff, "resumed");
    tap_is(*mapped, 2, "right behind it");
    toolstack_unmap(mapped);
    toolstack_destroy(id);
    event_close(port);
}

static void test_zombie(void)
{
    uint64_t before = toolstack_free_pages();
    domid_t id = toolstack_create(child_says, 0, 1);
    volatile uint64_t *mapped = variable_map(id, &said);
    void *second = toolstack_map(id, child_says);
    struct mmu_update update;
    uint64_t mfn = toolstack_mfn(id, child_says);

    toolstack_wait(id);
    tap_is((uint64_t)toolstack_destroy(id), 0,
           "a child two pages of which are mapped is destroyed");
    tap_is(toolstack_flags(id) & XEN_DOMINF_dying, XEN_DOMINF_dying,
           "what is left of it is listed as dying");
    tap_is(pages_of(id), 2, "and is the two pages");
    tap_is(*mapped, 0x600d, "which still are what they were");
    update = (struct mmu_update){
        .ptr = pte_maddr((uint64_t)second & ~(PAGE_SIZE - 1), 1),
        .val = pte_make(mfn, PTE_P | PTE_US)};
    tap_refused_hv(mmu_update(&update, 1, NULL, id), 0,
                   "nobody can map more of it");
    tap_refused_hv(simple(XEN_DOMCTL_max_mem, id), 0, "nor give it memory");
    tap_refused_hv(simple(XEN_DOMCTL_setvcpucontext, id), 0,
                   "nor let it run");
    tap_is((uint64_t)simple(XEN_DOMCTL_destroydomain, id), 0,
           "destroying it again changes nothing");
    toolstack_unmap(mapped);
    tap_is(pages_of(id), 1, "a page less is mapped, a page less is there");
    toolstack_unmap(second);
    tap_is(toolstack_flags(id), 0, "with the last mapping it is gone");
    toolstack_memory_is(before, "and its memory is back");
}

static uint64_t secrets_found(domid_t id)
{
    uint64_t found = 0;

    for (unsigned int i = 0; i < PATTERN; i++) {
        volatile uint64_t *page = toolstack_map(id, (void *)pattern[i]);

        for (unsigned int j = 0; j < 512; j++) {
            found += page[j] == SECRET;
        }
        toolstack_unmap(page);
    }
    return found;
}

static void test_scrubbed(void)
{
    domid_t id = toolstack_create(child_keeps_a_secret, 0, 1);

    toolstack_wait(id);
    tap_is(secrets_found(id), PATTERN * 512, "a child fills pages");
    toolstack_destroy(id);
    id = toolstack_build(child_says, 0, 1);
    tap_is(secrets_found(id), 0, "the next one finds nothing in its own");
    toolstack_destroy(id);
}

static void test_busy(void)
{
    uint64_t before = toolstack_free_pages();
    unsigned int destroyed = 0;

    for (unsigned int i = 0; i < 20; i++) {
        domid_t id = toolstack_create(child_is_busy, 0, 2);

        wait_ns(i * 1000000); /* at any point of its life */
        destroyed += toolstack_destroy(id) == 0 && toolstack_flags(id) == 0;
    }
    tap_is(destroyed, 20, "children that run on two vCPUs are destroyed");
    toolstack_memory_is(before, "and leave all memory as it was");
}

static void test_leaks(void)
{
    uint64_t before = toolstack_free_pages();
    unsigned int ends = 0, destroyed = 0;

    for (unsigned int i = 0; i < CYCLES; i++) {
        domid_t id = toolstack_create(child_says, 0, 1 + i % 4);

        if (i % 2 == 0) { /* the others are destroyed while they run */
            ends += toolstack_wait(id) == SHUTDOWN_poweroff;
        }
        destroyed += toolstack_destroy(id) == 0;
    }
    tap_is(destroyed, CYCLES, "%u domains come and go", CYCLES);
    tap_is(ends, CYCLES / 2, "every one that was let run came to its end");
    toolstack_memory_is(before, "all memory is as it was");
}

void test_main(void)
{
    test_run();
    test_clocks();
    test_pauses();
    test_ends();
    test_zombie();
    test_scrubbed();
    test_busy();
    test_leaks();
}
