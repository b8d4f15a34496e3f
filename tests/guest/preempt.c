/* SPDX-License-Identifier: MIT */
/*
 * Long hypercalls are preemptible: a batch of tens of thousands of updates, a
 * long multicall, the teardown of a large tree and the end of an extent that
 * unused tables map are done whole and exactly once, and a timer that falls due
 * in the middle is not late by more than a scheduling quantum (the class of
 * XSA-45, 252, 264, 290 and 344).
 *
 * Runner: -m 1024 -i
 */
#include "lib/clock.h"
#include "lib/event.h"
#include "lib/paging.h"
#include "lib/tap.h"

#define MS         1000000ull
#define UPDATES    65536
#define LATE_LIMIT (2 * MS) /* instructions count as ns here */
#define LEAVES     96

static struct mmu_update updates[UPDATES]
    __attribute__((section(".bss.pages")));
static unsigned int timer_port;
static uint64_t deadline;

static void start_timer(uint64_t in_ns)
{
    event_clear(timer_port);
    event_unmask(timer_port);
    event_reset();
    deadline = clock_ns() + in_ns;
    timer_set(deadline);
    events_on();
}

/* How late the upcall was, as the handler's stamp says. */
static void check_timer(const char *name)
{
    uint64_t now = clock_ns(), late;

    while (event_last.upcalls == 0 && clock_ns() < now + 1000 * MS) {
        event_deliver();
    }
    events_off();
    late = event_last.time_ns - deadline;
    tap_ok(event_last.upcalls > 0, "%s: the timer's upcall came", name);
    tap_ok(late < LATE_LIMIT, "%s: not late (%lu us)", name, late / 1000);
}

static void test_mmu_update(void)
{
    uint64_t mfn = virt_to_mfn(page_alloc()), l1e;
    uint32_t done = 0;

    map_prepare(TEST_VA);
    l1e = pte_maddr(TEST_VA, 1);
    for (unsigned int i = 0; i < UPDATES; i++) {
        updates[i].ptr = l1e + i % 512 * 8;
        updates[i].val =
            pte_make(mfn, PTE_P | PTE_US | (i / 512 % 2 != 0 ? PTE_RW : 0));
    }
    start_timer(1 * MS);
    tap_is(mmu_update(updates, UPDATES, &done, DOMID_SELF), 0,
           "65536 updates in one call");
    check_timer("mmu_update");
    tap_is(done, UPDATES, "all are counted");
    for (unsigned int i = 0; i < 512; i++) {
        updates[i].val = 0;
    }
    tap_is(mmu_update(updates, 512, NULL, DOMID_SELF), 0, "and taken back");
    updates[40000].ptr = ~7ull;
    tap_refused(mmu_update(updates, UPDATES, &done, DOMID_SELF),
                "a bad one after 40000");
    tap_is(done, 40000, "is reported as the 40001st");
    updates[40000].ptr = l1e;
    for (unsigned int i = 0; i < 512; i++) {
        updates[i].ptr = l1e + i * 8;
        updates[i].val = 0;
    }
    mmu_update(updates, 512, NULL, DOMID_SELF);
}

static void test_multicall(void)
{
    struct multicall_entry *calls = (struct multicall_entry *)updates;
    const unsigned int count = sizeof(updates) / (sizeof(*calls));
    unsigned int wrong = 0;

    memset(updates, 0, sizeof(updates));
    for (unsigned int i = 0; i < count; i++) {
        calls[i].op = i % 2 != 0 ? __HYPERVISOR_xen_version : 63;
    }
    start_timer(1 * MS);
    tap_is(multicall(calls, count), 0, "16384 calls in one");
    check_timer("multicall");
    for (unsigned int i = 0; i < count; i++) {
        int64_t want = i % 2 != 0 ? 4 << 16 | 17 : -XEN_ENOSYS;

        wrong += (int64_t)calls[i].result != want ? 1 : 0;
    }
    tap_is(wrong, 0, "each has its result");
}

#define PINS  7u  /* about as many as one entry may do */
#define PAIRS 30u

/*
 * Pins as many as there is time for, and then a selector of an LDT that is not
 * there: the fault in the hypervisor is none of the guest's entries, and does not
 * give it the time of a new one.
 */
static void test_multicall_faults(void)
{
    static struct multicall_entry calls[2 * PAIRS];
    static struct mmuext_op pins[PAIRS * PINS];
    uint64_t target = virt_to_mfn(page_alloc());
    struct mmuext_op ldt = {.cmd = MMUEXT_SET_LDT,
                            .arg1.linear_addr = TEST_VA + 0x40000000,
                            .arg2.nr_ents = 8192};
    unsigned int wrong = 0;

    tap_is(mmuext_op(&ldt, 1, NULL, DOMID_SELF), 0, "an LDT that is not mapped");
    for (unsigned int i = 0; i < PAIRS * PINS; i++) {
        uint64_t *l1 = page_alloc();

        for (unsigned int j = 0; j < 512; j++) {
            l1[j] = pte_make(target, PTE_P | PTE_US | PTE_A);
        }
        page_make_ro(l1);
        pins[i].cmd = MMUEXT_PIN_L1_TABLE;
        pins[i].arg1.mfn = virt_to_mfn(l1);
    }
    for (unsigned int i = 0; i < PAIRS; i++) {
        calls[2 * i] = (struct multicall_entry){
            .op = __HYPERVISOR_mmuext_op,
            .args = {(uint64_t)&pins[i * PINS], PINS, 0, DOMID_SELF}};
        calls[2 * i + 1] = (struct multicall_entry){
            .op = __HYPERVISOR_set_segment_base,
            .args = {SEGBASE_GS_USER_SEL, 7}};
    }
    start_timer(1 * MS);
    tap_is(multicall(calls, 2 * PAIRS), 0, "210 pins, and selectors between");
    check_timer("multicall with faults");
    for (unsigned int i = 0; i < 2 * PAIRS; i++) {
        wrong += calls[i].result != 0;
    }
    tap_is(wrong, 0, "each is done");
    ldt.arg2.nr_ents = 0;
    mmuext_op(&ldt, 1, NULL, DOMID_SELF);
}

/* A root over one L3, one L2 and many full L1 tables. */
static void test_tree(void)
{
    uint64_t *l4 = page_alloc(), *l3 = page_alloc(), *l2 = page_alloc();
    uint64_t target = virt_to_mfn(page_alloc()), *l1[LEAVES];

    for (unsigned int i = 0; i < LEAVES; i++) {
        l1[i] = page_alloc();
        for (unsigned int j = 0; j < 512; j++) {
            l1[i][j] = pte_make(target, PTE_P | PTE_US | PTE_A);
        }
        page_make_ro(l1[i]);
        l2[i] = pte_make(virt_to_mfn(l1[i]), PTE_P | PTE_RW | PTE_US);
    }
    l3[0] = pte_make(virt_to_mfn(l2), PTE_P | PTE_RW | PTE_US);
    l4[0] = pte_make(virt_to_mfn(l3), PTE_P | PTE_RW | PTE_US);
    page_make_ro(l2);
    page_make_ro(l3);
    page_make_ro(l4);
    start_timer(1 * MS);
    tap_is(mmuext_one(MMUEXT_PIN_L4_TABLE, virt_to_mfn(l4)), 0,
           "pin of a tree of 96 full L1 tables");
    check_timer("pin");
    start_timer(1 * MS);
    tap_is(mmuext_one(MMUEXT_UNPIN_TABLE, virt_to_mfn(l4)), 0, "unpin of it");
    check_timer("unpin");
    for (unsigned int i = 0; i < LEAVES; i++) {
        page_make_rw(l1[i]);
    }
    page_make_rw(l2);
    page_make_rw(l3);
    page_make_rw(l4);
    tap_ok(true, "all its tables are plain pages again");
}

#define EXTENT_ORDER 9u /* to free it is more work than one entry may do */
#define UNUSED       24u

static long reserve(unsigned int cmd, uint64_t *extent)
{
    struct xen_memory_reservation reservation = {
        .nr_extents = 1, .extent_order = EXTENT_ORDER, .domid = DOMID_SELF};

    set_xen_guest_handle(reservation.extent_start, extent);
    return memory_op(cmd, &reservation);
}

/* Full tables that map a frame, under an L2; soon nobody uses any. */
static void map_in_tables(uint64_t *l2, uint64_t **l1, uint64_t mfn)
{
    for (unsigned int i = 0; i < UNUSED; i++) {
        l1[i] = page_alloc();
        for (unsigned int j = 0; j < 512; j++) {
            l1[i][j] = pte_make(mfn, PTE_P | PTE_US | PTE_A);
        }
        page_make_ro(l1[i]);
        l2[i] = pte_make(virt_to_mfn(l1[i]), PTE_P | PTE_RW | PTE_US);
    }
    page_make_ro(l2);
}

/*
 * Its frame is in more unused tables than one entry drops: each time the extent
 * was paid for first, there was nothing left to drop one, and the call went on
 * for ever.
 */
static void test_extent(void)
{
    uint64_t *l2 = page_alloc(), *l1[UNUSED], extent = spare_pfn();

    tap_is(reserve(XENMEM_populate_physmap, &extent), 1, "an extent of order 9");
    map_in_tables(l2, l1, extent + 300);
    tap_is(mmuext_one(MMUEXT_PIN_L2_TABLE, virt_to_mfn(l2)), 0,
           "one of its frames is in %u tables", UNUSED);
    for (unsigned int i = 0; i < UNUSED; i++) {
        updates[i].ptr = virt_to_mfn(l2) * PAGE_SIZE + i * 8;
        updates[i].val = 0;
    }
    tap_is_hv(reserve(XENMEM_decrease_reservation, &extent), 0, 1,
              "it cannot be given back");
    if (on_xen) {
        return;
    }
    start_timer(1 * MS);
    tap_is(mmu_update(updates, UNUSED, NULL, DOMID_SELF), 0,
           "nobody uses them any more");
    tap_is(reserve(XENMEM_decrease_reservation, &extent), 1, "now it is given");
    check_timer("an extent");
    tap_is(mmuext_one(MMUEXT_UNPIN_TABLE, virt_to_mfn(l2)), 0, "unpin");
    for (unsigned int i = 0; i < UNUSED; i++) {
        page_make_rw(l1[i]);
    }
    page_make_rw(l2);
}

void test_main(void)
{
    timer_port = event_bind_virq(VIRQ_TIMER, 0);
    vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
    test_mmu_update();
    test_multicall();
    test_multicall_faults();
    test_tree();
    test_extent();
}
