/* SPDX-License-Identifier: MIT */
/*
 * dom0 at a launched guest whose label closes it: nothing of its memory or its
 * registers can be read or changed.  And before the launch: whoever still uses
 * a page of the guest when it launches ends it.
 *
 * Runner: -s 2
 * Only: vouch
 */
#include "lib/clock.h"
#include "lib/event.h"
#include "lib/grant.h"
#include "lib/launch.h"
#include "lib/paging.h"
#include "lib/tap.h"

#define ATTESTED "tenant01_u:guest_r:attested_t"
#define LAUNCHED "tenant01_u:guest_r:launched_t"
#define RW       (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define RO       (PTE_P | PTE_US | PTE_A)
#define INITRD   (20 * PAGE_SIZE)

enum { SUM_BEFORE, SUM_AFTER, INITRD_WRONG, ASKED };

static uint64_t map_at(unsigned int slot)
{
    uint64_t va = TEST_VA + slot * PAGE_SIZE;

    map_prepare(va);
    return va;
}

static long map_foreign(unsigned int slot, uint64_t mfn, uint64_t flags,
                        domid_t domid)
{
    struct mmu_update update = {.ptr = pte_maddr(map_at(slot), 1),
                                .val = pte_make(mfn, flags)};

    return mmu_update(&update, 1, NULL, domid);
}

/* --- The launched kernel: sums up its memory, twice --- */

/* The image's constants and all plain memory: what nobody here changes. */
static uint64_t memory_sum(void)
{
    uint64_t sum = 0;

    for (uint64_t pfn = start_info->first_p2m_pfn + start_info->nr_p2m_frames;
         pfn < start_info->nr_pages; pfn++) {
        const volatile uint64_t *page = (const volatile uint64_t *)TEST_VA;

        map_page(TEST_VA, pte_make(pfn_to_mfn(pfn), RW));
        for (unsigned int i = 0; i < 512; i++) {
            sum = sum * 31 + page[i];
        }
    }
    return sum;
}

static uint64_t initrd_wrong(void)
{
    uint64_t wrong = 0;

    for (uint64_t i = 0; i < start_info->mod_len; i++) {
        if (i % PAGE_SIZE == 0) {
            map_page(TEST_VA,
                     pte_make(pfn_to_mfn(start_info->mod_start + i / PAGE_SIZE),
                              RW));
        }
        wrong += *(volatile uint8_t *)(TEST_VA + i % PAGE_SIZE) !=
                 LAUNCH_INITRD_BYTE(i);
    }
    return wrong;
}

static void launched(void)
{
    struct launch_report *report = launch_report();

    report->words[SUM_BEFORE] = memory_sum();
    report->words[INITRD_WRONG] = initrd_wrong();
    report->stage = 2;
    while (!report->words[ASKED]) {
        sched_op(SCHEDOP_yield, NULL);
    }
    report->words[INITRD_WRONG] += initrd_wrong();
    report->words[SUM_AFTER] = memory_sum();
}

/* --- The parent --- */

static struct launch_report *report;
static domid_t child;

static void build(void)
{
    launch_order = (struct launch_order){.initrd_size = INITRD,
                                         .entry = launched,
                                         .label = toolstack_sid(ATTESTED)};
    child = launch_build(&report);
}

static void wait_stage(uint64_t stage)
{
    uint64_t until = clock_ns() + 20000000000ull;

    while (report->stage < stage && clock_ns() < until) {
        sched_op(SCHEDOP_yield, NULL);
    }
}

static void end(int reason, const char *what)
{
    tap_is(toolstack_wait(child), reason, "%s", what);
    toolstack_unmap(report);
    tap_is(toolstack_destroy(child), 0, "and is gone");
}

static void try_memory(void)
{
    struct mmuext_op pin = {.cmd = MMUEXT_PIN_L1_TABLE};
    struct mmuext_op clear = {.cmd = MMUEXT_CLEAR_PAGE};
    struct mmuext_op copy = {.cmd = MMUEXT_COPY_PAGE};
    unsigned int mapped = 0, changed = 0;

    for (unsigned int pfn = 0; pfn < 2048; pfn++) {
        uint64_t mfn =
            toolstack_mfn(child, (char *)VIRT_BASE + pfn * PAGE_SIZE);

        mapped += map_foreign(0, mfn, RO, child) == 0;
        mapped += map_foreign(0, mfn, RW, child) == 0;
        pin.arg1.mfn = clear.arg1.mfn = copy.arg1.mfn = mfn;
        copy.arg2.src_mfn = mfn;
        changed += mmuext_op(&pin, 1, NULL, child) == 0;
        changed += mmuext_op(&clear, 1, NULL, child) == 0;
        changed += mmuext_op(&copy, 1, NULL, child) == 0;
    }
    tap_is(mapped, 0, "no frame of it can be mapped");
    tap_is(changed, 0, "nor pinned, cleared or copied");
}

static long reserve(unsigned int cmd, uint64_t *list)
{
    struct xen_memory_reservation reservation = {
        .extent_start.p = list, .nr_extents = 1, .domid = child};

    return memory_op(cmd, &reservation);
}

static void try_lent(void)
{
    struct xen_domctl op = {0};
    uint64_t frame = 0, list[1] = {0x7000};
    struct xen_mem_acquire_resource resource = {.domid = child,
                                                .type =
                                                    XENMEM_resource_grant_table,
                                                .nr_frames = 1,
                                                .frame_list.p = &frame};

    tap_is(domctl(XEN_DOMCTL_getdomaininfo, child, &op), 0, "it is listed");
    tap_refused(map_foreign(0, op.u.getdomaininfo.shared_info_frame, RW, child),
                "its shared page is not ours");
    tap_is(memory_op(XENMEM_acquire_resource, &resource), -XEN_ESRCH,
           "nor is its grant table");
    tap_is(reserve(XENMEM_populate_physmap, list), -XEN_ESRCH,
           "it gets no memory from us");
    list[0] = toolstack_mfn(child, (char *)VIRT_BASE);
    tap_is(reserve(XENMEM_decrease_reservation, list), -XEN_ESRCH,
           "and loses none");
}

static void try_registers(void)
{
    static struct vcpu_guest_context context;
    struct xen_domctl op = {.u.vcpucontext.ctxt.p = &context};
    struct xen_domctl name = {0};
    struct xen_foreign_memory_map map = {.domid = child};
    struct evtchn_alloc_unbound port = {.dom = child, .remote_dom = 0};
    struct xen_domctl create;

    tap_is(domctl(XEN_DOMCTL_pausedomain, child, &(struct xen_domctl){0}), 0,
           "it may be paused");
    tap_is(domctl(XEN_DOMCTL_getvcpucontext, child, &op), -XEN_ESRCH,
           "its registers are its own");
    tap_is(domctl(XEN_DOMCTL_setvcpucontext, child, &op), -XEN_ESRCH,
           "they cannot be set");
    tap_is(domctl(XEN_DOMCTL_setdomainhandle, child, &name), -XEN_ESRCH,
           "it keeps its name");
    tap_is(memory_op(XENMEM_set_memory_map, &map), -XEN_ESRCH,
           "and its memory map");
    tap_is(evtchn_op(EVTCHNOP_alloc_unbound, &port), -XEN_ESRCH,
           "no port is opened in its name");
    tap_is(domctl(XEN_DOMCTL_unpausedomain, child, &(struct xen_domctl){0}), 0,
           "it may go on");
    toolstack_config(&create, 1);
    create.u.createdomain.ssidref = toolstack_sid(LAUNCHED);
    tap_is(domctl(XEN_DOMCTL_createdomain, 0, &create), -XEN_EPERM,
           "nothing is created as if it had been launched");
}

static void test_closed(void)
{
    struct vouch_launch_info info;

    build();
    info.domid = child;
    tap_is(vouch_op(VOUCHOP_launch_info, &info), -XEN_EAGAIN,
           "before its launch nothing is known");
    tap_is(map_foreign(0, toolstack_mfn(child, (char *)VIRT_BASE), RW, child),
           0, "its frames can be mapped");
    update_va_mapping(TEST_VA, 0, UVMF_INVLPG | UVMF_ALL);
    toolstack_start(child);
    wait_stage(2);
    tap_is(report->stage, 2, "it launches");
    tap_is(vouch_op(VOUCHOP_launch_info, &info), 0, "its launch is known");
    tap_is(memcmp(info.label, LAUNCHED, sizeof(LAUNCHED)), 0,
           "under the label of what was launched");
    try_memory();
    try_lent();
    try_registers();
    report->words[ASKED] = 1;
    end(SHUTDOWN_poweroff, "it ends by itself");
}

static void test_unchanged(void)
{
    build();
    toolstack_start(child);
    wait_stage(2);
    try_memory();
    try_lent();
    report->words[ASKED] = 1;
    tap_is(toolstack_wait(child), SHUTDOWN_poweroff, "after all of that");
    tap_is(report->words[SUM_AFTER], report->words[SUM_BEFORE],
           "its memory is as it was");
    tap_is(report->words[INITRD_WRONG], 0, "its initrd is what it was given");
    end(SHUTDOWN_poweroff, "it has ended");
}

/* --- Whoever uses its pages when it launches --- */

static void test_used(const char *what, uint64_t mfn, uint64_t flags)
{
    tap_is(map_foreign(1, mfn, flags, child), 0, "%s mapped", what);
    toolstack_start(child);
    tap_is(toolstack_wait(child), SHUTDOWN_crash, "it does not launch");
    tap_is(report->stage, 1, "nothing was launched");
    end(SHUTDOWN_crash, "it has ended");
    update_va_mapping(TEST_VA + PAGE_SIZE, 0, UVMF_INVLPG | UVMF_ALL);
}

static void used_is_refused(void)
{
    struct xen_domctl op = {0};
    uint64_t frame = 0;
    struct xen_mem_acquire_resource resource = {.type =
                                                    XENMEM_resource_grant_table,
                                                .nr_frames = 1,
                                                .frame_list.p = &frame};

    build();
    test_used("a page of its image,",
              toolstack_mfn(child, (char *)VIRT_BASE + 0x100000), RO);
    build();
    test_used("a page of its memory,",
              toolstack_mfn(child, (char *)VIRT_BASE + 1900 * PAGE_SIZE), RW);
    build();
    domctl(XEN_DOMCTL_getdomaininfo, child, &op);
    test_used("its shared page,", op.u.getdomaininfo.shared_info_frame, RW);
    build();
    resource.domid = child;
    tap_is(memory_op(XENMEM_acquire_resource, &resource), 0, "its grant table");
    test_used("its grant table,", frame, RW);
}

/* --- Whoever writes to its grant table in the middle, and lets go --- */

#define PLANTED 8u /* the first entry that no ring has */

static void plant(volatile struct grant_entry_v1 *entries, uint64_t mfn)
{
    for (unsigned int ref = PLANTED; ref < PAGE_SIZE / sizeof(*entries);
         ref++) {
        entries[ref].frame = (uint32_t)mfn;
        entries[ref].domid = 0;
        entries[ref].flags = GTF_permit_access;
    }
}

/* Writes until the table was emptied under us, or for so long. */
static void plant_for(uint64_t ns, uint64_t mfn)
{
    volatile struct grant_entry_v1 *entries = (void *)map_at(1);
    uint64_t until = clock_ns() + ns;

    plant(entries, mfn);
    while (entries[PLANTED].flags != 0 && clock_ns() < until &&
           !(toolstack_flags(child) & XEN_DOMINF_shutdown)) {
        sched_op(SCHEDOP_yield, NULL);
    }
    plant(entries, mfn);
}

static unsigned int granted_count(void)
{
    unsigned int granted = 0;

    for (unsigned int ref = PLANTED; ref < PLANTED + 8; ref++) {
        struct gnttab_map_grant_ref op = {.host_addr = map_at(2),
                                          .flags = GNTMAP_host_map,
                                          .ref = ref,
                                          .dom = child};

        granted += grant_map(&op) == GNTST_okay;
    }
    return granted;
}

/* So long is one tenth of a launch, or it never ends by itself. */
static bool launches_planted(uint64_t ns)
{
    uint64_t frame = 0, mfn, until = clock_ns() + 20000000000ull;
    struct xen_mem_acquire_resource resource = {.type =
                                                    XENMEM_resource_grant_table,
                                                .nr_frames = 1,
                                                .frame_list.p = &frame};
    bool is_launched;

    build();
    mfn = toolstack_mfn(child, (char *)VIRT_BASE + 1000 * PAGE_SIZE);
    resource.domid = child;
    tap_is(memory_op(XENMEM_acquire_resource, &resource), 0, "its grant table");
    tap_is(map_foreign(1, frame, RW, child), 0, "mapped");
    toolstack_start(child);
    plant_for(ns, mfn);
    update_va_mapping(TEST_VA + PAGE_SIZE, 0, UVMF_INVLPG | UVMF_ALL);
    while (report->stage < 2 && clock_ns() < until &&
           !(toolstack_flags(child) & XEN_DOMINF_shutdown)) {
        sched_op(SCHEDOP_yield, NULL);
    }
    is_launched = report->stage == 2;
    tap_is(is_launched ? granted_count() : 0, 0,
           "nothing that was planted is granted");
    report->words[ASKED] = 1;
    end(is_launched ? SHUTDOWN_poweroff : SHUTDOWN_crash, "it has ended");
    return is_launched;
}

static void planted_is_gone(void)
{
    unsigned int launched = 0;

    for (unsigned int i = 0; i < 10; i++) {
        launched += launches_planted(i * 300000ull);
    }
    launched += launches_planted(20000000000ull);
    tap_ok(launched > 0, "%u of 11 launch", launched);
}

void test_main(void)
{
    test_closed();
    test_unchanged();
    used_is_refused();
    planted_is_gone();
}
