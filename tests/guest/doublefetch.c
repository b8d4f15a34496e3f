/* SPDX-License-Identifier: MIT */
/*
 * Memory that changes while the hypervisor reads it: another vCPU flips
 * arguments between what is allowed and what is not.  Each call must act on
 * one of the values as a whole; a hypervisor that looked twice would check the
 * one and use the other (the class of XSA-155 and XSA-191).
 *
 * Runner: -s 2
 */
#include "lib/clock.h"
#include "lib/event.h"
#include "lib/grant.h"
#include "lib/paging.h"
#include "lib/tap.h"
#include "lib/vcpu.h"

#define TRIES   4000u
#define SECONDS 20u

/* What the other vCPU stores, in turn; NULL: it rests. */
static volatile uint64_t *volatile target;
static volatile uint64_t faces[2];
static volatile uint64_t flips;

static void body(void)
{
    vcpu_info_of(1)->evtchn_upcall_mask = 1;
    for (;;) {
        volatile uint64_t *at = target;

        if (at != NULL) {
            *at = faces[flips++ & 1];
        }
    }
}

/* Whether to go on: until both outcomes were seen often enough, for a while. */
static bool go_on(unsigned int done, unsigned int refused)
{
    static uint64_t until;

    if (done + refused == 0) {
        until = clock_ns() + SECONDS * 1000000000ull;
    }
    return (done + refused < TRIES || done == 0 || refused == 0) &&
           clock_ns() < until;
}

static void flip(volatile uint64_t *at, uint64_t one, uint64_t other)
{
    uint64_t before;

    target = NULL;
    faces[0] = one;
    faces[1] = other;
    *at = one;
    target = at;
    before = flips;
    while (flips < before + 10) {
    }
}

static void rest(void)
{
    uint64_t before;

    target = NULL;
    do { /* the store it may have begun is done when nothing changes */
        before = flips;
        for (unsigned int i = 0; i < 1000; i++) {
            __asm__ volatile("pause");
        }
    } while (before != flips);
}

/* A new entry: a page writable, or a table writable, which must never be. */
static void test_entry(void)
{
    uint64_t *page = page_alloc(), *table = page_alloc();
    uint64_t mfn = virt_to_mfn(page), table_mfn = virt_to_mfn(table);
    uint64_t good = pte_make(mfn, PTE_P | PTE_RW | PTE_US);
    uint64_t bad = pte_make(table_mfn, PTE_P | PTE_RW | PTE_US);
    static struct mmu_update update;
    unsigned int done = 0, refused = 0, wrong = 0;

    page_make_ro(table);
    tap_is(mmuext_one(MMUEXT_PIN_L1_TABLE, table_mfn), 0, "a pinned table");
    map_prepare(TEST_VA);
    update.ptr = pte_maddr(TEST_VA, 1);
    flip((volatile uint64_t *)&update.val, good, bad);
    while (go_on(done, refused)) {
        uint64_t entry;

        if (mmu_update(&update, 1, NULL, DOMID_SELF) == 0) {
            done++;
        } else {
            refused++;
        }
        entry = *pte_pointer(TEST_VA, 1);
        wrong += entry != 0 && pte_mfn(entry) != mfn ? 1 : 0;
    }
    rest();
    tap_ok(done > 0 && refused > 0, "mmu_update: %u allowed, %u refused", done,
           refused);
    tap_is(wrong, 0, "the table is never mapped writable");
    tap_is(pte_update(pte_maddr(TEST_VA, 1), 0), 0, "unmapped again");
    page_make_ro(page);
    tap_is(mmuext_one(MMUEXT_PIN_L1_TABLE, mfn), 0,
           "the page has no writable use left over");
    tap_is(mmuext_one(MMUEXT_UNPIN_TABLE, mfn), 0, "unpinned");
    tap_is(mmuext_one(MMUEXT_UNPIN_TABLE, table_mfn), 0, "so is the table");
    page_make_rw(page);
    page_make_rw(table);
}

/* Where the element itself points: at a slot of ours, or at one of nobody. */
static void test_address(void)
{
    uint64_t *page = page_alloc();
    uint64_t value = pte_make(virt_to_mfn(page), PTE_P | PTE_US);
    static struct mmu_update update;
    unsigned int done = 0, refused = 0;

    update.val = value;
    flip((volatile uint64_t *)&update.ptr, pte_maddr(TEST_VA, 1),
         0xfee00000ull);
    while (go_on(done, refused)) {
        if (mmu_update(&update, 1, NULL, DOMID_SELF) == 0) {
            done++;
        } else {
            refused++;
        }
    }
    rest();
    tap_ok(done > 0 && refused > 0, "its address: %u allowed, %u refused", done,
           refused);
    tap_is(pte_mfn(*pte_pointer(TEST_VA, 1)), pte_mfn(value),
           "the allowed ones were done");
    pte_update(pte_maddr(TEST_VA, 1), 0);
}

static long pages_now(void)
{
    domid_t self = DOMID_SELF;

    return memory_op(XENMEM_current_reservation, &self);
}

/* The frame to give back: a spare one, or one that is mapped. */
static void test_frame(void)
{
    volatile uint64_t *kept = page_alloc();
    uint64_t mapped = virt_to_mfn((void *)kept);
    static volatile uint64_t list[1];
    unsigned int given = 0, wrong = 0;
    long before = pages_now();

    *kept = 0x600d;
    for (unsigned int i = 0; i < 64; i++) {
        uint64_t pfn = spare_pfn(), spare = pfn_to_mfn(pfn);
        struct xen_memory_reservation reservation = {
            .nr_extents = 1,
            .domid = DOMID_SELF,
        };
        long was = pages_now(), rc;

        p2m_set(pfn, ~0ull);
        set_xen_guest_handle(reservation.extent_start, (xen_pfn_t *)list);
        flip(list, spare, on_xen ? spare : mapped);
        rc = memory_op(XENMEM_decrease_reservation, &reservation);
        rest();
        given += rc == 1 ? 1 : 0;
        wrong += pages_now() != was - rc ? 1 : 0;
    }
    tap_is(wrong, 0, "what is counted as given is gone, and nothing else");
    tap_is(pages_now(), before - given, "%u of 64 were given", given);
    tap_is(*kept, 0x600d, "the mapped one was never among them");
}

/* A structure's pointer: to our memory, or to the hypervisor's. */
static void test_pointer(void)
{
    static struct xen_memory_map map;
    static uint8_t entries[64 * 20];
    unsigned int done = 0, refused = 0, others = 0;

    flip((volatile uint64_t *)&map.buffer.p, (uint64_t)entries, HV_PRIVATE);
    while (go_on(done, refused)) {
        long rc;

        map.nr_entries = 64;
        rc = memory_op(XENMEM_machine_memory_map, &map);
        if (rc == 0) {
            done++;
        } else {
            refused++;
            others += rc == -XEN_EFAULT ? 0 : 1;
        }
    }
    rest();
    tap_ok(done > 0 && refused > 0, "a pointer: %u allowed, %u refused", done,
           refused);
    tap_is(others, 0, "for the pointer and nothing else");
}

/* The frames of a GDT: a page that may be one, or the root. */
static void test_gdt(void)
{
    uint64_t *gdt = page_alloc(), root = root_mfn();
    static volatile uint64_t list[1];
    unsigned int done = 0, refused = 0;

    page_make_ro(gdt);
    flip(list, virt_to_mfn(gdt), root);
    while (go_on(done, refused)) {
        if (hypercall(__HYPERVISOR_set_gdt, list, 512) == 0) {
            done++;
        } else {
            refused++;
        }
    }
    rest();
    hypercall(__HYPERVISOR_set_gdt, list, 0);
    tap_ok(done > 0 && refused > 0, "set_gdt: %u allowed, %u refused", done,
           refused);
    page_make_rw(gdt);
    tap_is(*pte_pointer((uint64_t)gdt, 1) & PTE_RW, PTE_RW,
           "the page is a plain one again");
}

/* --- Grants: of a page, and of a page table that nobody may write --- */

#define REF 9

static void *granted_table, *granted_page;

/* Maps REF and unmaps it; whether it could, and what it was, if that is wrong. */
static bool map_once(struct gnttab_map_grant_ref *op, uint64_t writable_mfn,
                     unsigned int *wrong)
{
    uint64_t entry;

    grant_op(GNTTABOP_map_grant_ref, op, 1);
    entry = *pte_pointer(TEST_VA, 1);
    if (op->status != GNTST_okay) {
        *wrong += entry != 0;
        return false;
    }
    *wrong += (entry & PTE_RW) != 0 && pte_mfn(entry) != writable_mfn;
    *wrong += op->dev_bus_addr != pte_mfn(entry) * PAGE_SIZE;
    *wrong += grant_unmap(TEST_VA, 0, op->handle) != GNTST_okay;
    return true;
}

static void check_grants(const char *what, unsigned int done,
                         unsigned int refused, unsigned int wrong)
{
    tap_ok(done > 0 && refused > 0, "%s: %u allowed, %u refused", what, done,
           refused);
    tap_is(wrong, 0, "never the table to be written");
    page_make_ro(granted_page);
    tap_is(mmuext_one(MMUEXT_PIN_L1_TABLE, virt_to_mfn(granted_page)), 0,
           "no writable use of the page is left over");
    tap_is(mmuext_one(MMUEXT_UNPIN_TABLE, virt_to_mfn(granted_page)), 0,
           "(unpin)");
    page_make_rw(granted_page);
}

/* The call's flags: to be read, or to be written. */
static void test_grant_flags(void)
{
    static struct gnttab_map_grant_ref op __attribute__((aligned(8)));
    unsigned int done = 0, refused = 0, wrong = 0;

    grant_give(REF, grants_from, virt_to_mfn(granted_table), 0);
    op.host_addr = TEST_VA;
    op.dom = grants_from;
    flip((volatile uint64_t *)&op.flags,
         (uint64_t)REF << 32 | GNTMAP_host_map | GNTMAP_readonly,
         (uint64_t)REF << 32 | GNTMAP_host_map);
    while (go_on(done, refused)) {
        bool could = map_once(&op, ~0ull, &wrong);

        done += could;
        refused += !could;
    }
    rest();
    check_grants("flags of a map", done, refused, wrong);
}

/* The granter's entry: for the page, or for the table. */
static void test_grant_entry(void)
{
    struct gnttab_map_grant_ref op = {
        .host_addr = TEST_VA,
        .flags = GNTMAP_host_map,
        .ref = REF,
        .dom = grants_from,
    };
    uint64_t rest_of_it = (uint64_t)grants_from << 16 | GTF_permit_access;
    uint64_t mfn = virt_to_mfn(granted_page);
    unsigned int done = 0, refused = 0, wrong = 0;

    flip((volatile uint64_t *)&grants[REF], mfn << 32 | rest_of_it,
         virt_to_mfn(granted_table) << 32 | rest_of_it);
    while (go_on(done, refused)) {
        bool could = map_once(&op, mfn, &wrong);

        done += could;
        refused += !could;
    }
    rest();
    grants[REF].flags = 0;
    check_grants("a grant's entry", done, refused, wrong);
}

static void test_grants(void)
{
    grants_init(1);
    granted_page = page_alloc();
    granted_table = page_alloc();
    page_make_ro(granted_table);
    mmuext_one(MMUEXT_PIN_L1_TABLE, virt_to_mfn(granted_table));
    update_va_mapping(TEST_VA, 0, UVMF_INVLPG);
    test_grant_flags();
    test_grant_entry();
    tap_is(mmuext_one(MMUEXT_UNPIN_TABLE, virt_to_mfn(granted_table)), 0,
           "the table is unpinned");
    page_make_rw(granted_table);
}

void test_main(void)
{
    tap_is(vcpu_run(1, body), 0, "a second vCPU");
    test_entry();
    test_address();
    test_frame();
    test_pointer();
    test_gdt();
    test_grants();
    tap_is(vcpu_op(VCPUOP_down, 1, NULL), 0, "it is stopped");
}
