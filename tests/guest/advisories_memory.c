/* SPDX-License-Identifier: MIT */
/*
 * Public Xen advisories about a PV guest's memory operations and page types,
 * re-created from their text alone, as far as no other guest does it already
 * (memory: XSA-29, 212, 214, 217; ptes and pins: 109, 148, 182, 185, 240, 279,
 * 286, 299, 309; preempt: 45, 252, 264, 290; races: 242, 345, 401; stale: 241,
 * 292, 408; foreign: 287).  Each ends with the same frames as it began with.
 */
#include "lib/paging.h"
#include "lib/tap.h"

#define VA(n)   (TEST_VA + (n)*PAGE_SIZE)
#define INVALID (~0ull)

static long reserve(unsigned int cmd, uint64_t *list, uint64_t count,
                    unsigned int order, unsigned int flags)
{
    struct xen_memory_reservation reservation = {.extent_start.p = list,
                                                 .nr_extents = count,
                                                 .extent_order = order,
                                                 .mem_flags = flags,
                                                 .domid = DOMID_SELF};

    return memory_op(cmd, &reservation);
}

static long pages_now(void)
{
    domid_t self = DOMID_SELF;

    return memory_op(XENMEM_current_reservation, &self);
}

/* One frame given back, its PFN free to be filled. */
static uint64_t make_room(void)
{
    uint64_t pfn = spare_pfn(), mfn = pfn_to_mfn(pfn);

    p2m_set(pfn, INVALID);
    if (reserve(XENMEM_decrease_reservation, &mfn, 1, 0, 0) != 1) {
        guest_fail("giving a frame back");
    }
    return pfn;
}

static void fill(uint64_t pfn, const char *what)
{
    uint64_t list[1] = {pfn};

    tap_is((uint64_t)reserve(XENMEM_populate_physmap, list, 1, 0, 0), 1,
           "%s: and memory can be had as before", what);
    p2m_set(pfn, list[0]);
}

/* XSA-14: populate on demand is for translated guests; asked for by another
 * it hit a BUG. */
static void test_populate_on_demand(void)
{
    uint64_t pfn = make_room(), list[1] = {pfn};
    long before = pages_now();
    long rc = reserve(XENMEM_populate_physmap, list, 1, 0,
                      XENMEMF_populate_on_demand);

    tap_ok(rc <= 1, "XSA-14: populate on demand (%ld)", rc);
    tap_is((uint64_t)pages_now(), (uint64_t)(before + (rc > 0 ? rc : 0)),
           "XSA-14: the reservation says what was done");
    if (rc == 1) {
        p2m_set(pfn, list[0]);
    } else {
        fill(pfn, "XSA-14");
    }
}

/* XSA-31: an extent order that shifts the count out of its word. */
static void test_orders(void)
{
    static const unsigned int orders[] = {19, 20, 31, 32, 33, 51,
                                          52, 53, 63, 64, 0xffffffff};
    uint64_t list[2] = {virt_to_mfn(list), 0};
    long before = pages_now();

    for (unsigned int i = 0; i < ARRAY_SIZE(orders); i++) {
        tap_ok(reserve(XENMEM_increase_reservation, list, 2, orders[i], 0) <= 0,
               "XSA-31: increase by order %u", orders[i]);
        tap_ok(reserve(XENMEM_populate_physmap, list, 2, orders[i], 0) <= 0,
               "XSA-31: populate by order %u", orders[i]);
        tap_ok(reserve(XENMEM_decrease_reservation, list, 2, orders[i], 0) <= 0,
               "XSA-31: decrease by order %u", orders[i]);
    }
    tap_is((uint64_t)pages_now(), (uint64_t)before,
           "XSA-31: the reservation is as it was");
}

/* XSA-231: a NUMA node that is not there indexed an array. */
static void test_nodes(void)
{
    static const unsigned int nodes[] = {0, 1, 62, 63, 64, 254, 255};

    for (unsigned int i = 0; i < ARRAY_SIZE(nodes); i++) {
        for (unsigned int exact = 0; exact < 2; exact++) {
            uint64_t pfn = make_room(), list[1] = {pfn};
            unsigned int flags = ((nodes[i] + 1) & 0xff) << 8 |
                                 (exact ? 1u << 17 : 0);
            long rc = reserve(XENMEM_populate_physmap, list, 1, 0, flags);

            tap_ok(rc <= 1, "XSA-231: memory of node %u (%ld)", nodes[i], rc);
            if (rc == 1) {
                p2m_set(pfn, list[0]);
            } else {
                fill(pfn, "XSA-231");
            }
        }
    }
}

/* XSA-100: frames came with what was in them before. */
static void test_scrubbing(void)
{
    enum { COUNT = 64 };
    uint64_t pfns[COUNT], list[COUNT];
    unsigned int dirty = 0;

    for (unsigned int i = 0; i < COUNT; i++) {
        pfns[i] = spare_pfn();
        list[i] = pfn_to_mfn(pfns[i]);
        map_page(VA(0), pte_make(list[i], PTE_P | PTE_RW | PTE_US));
        memset((void *)VA(0), 0x5a, PAGE_SIZE);
        update_va_mapping(VA(0), 0, UVMF_INVLPG);
        p2m_set(pfns[i], INVALID);
    }
    if (reserve(XENMEM_decrease_reservation, list, COUNT, 0, 0) != COUNT) {
        guest_fail("giving frames back");
    }
    memcpy(list, pfns, sizeof(list));
    if (reserve(XENMEM_populate_physmap, list, COUNT, 0, 0) != COUNT) {
        guest_fail("taking frames");
    }
    for (unsigned int i = 0; i < COUNT; i++) {
        const uint64_t *words = (const uint64_t *)VA(0);

        p2m_set(pfns[i], list[i]);
        map_page(VA(0), pte_make(list[i], PTE_P | PTE_US));
        for (unsigned int j = 0; j < 512; j++) {
            dirty += words[j] != 0 ? 1 : 0;
        }
        update_va_mapping(VA(0), 0, UVMF_INVLPG);
    }
    /* Xen spares itself that for frames that the same domain had. */
    tap_ok(dirty == 0 || on_xen, "XSA-100: %u frames come empty", COUNT);
}

/* XSA-113: each m2p update that failed kept a reference for good. */
static void test_machphys(void)
{
    uint64_t pfn = spare_pfn(), mfn = pfn_to_mfn(pfn);
    uint64_t others = virt_to_mfn(start_info) + 0xffffff;
    uint32_t done;

    for (unsigned int i = 0; i < 100; i++) {
        struct mmu_update updates[3] = {
            {mfn * PAGE_SIZE | MMU_MACHPHYS_UPDATE, i % 2 ? pfn : INVALID},
            {others * PAGE_SIZE | MMU_MACHPHYS_UPDATE, pfn},
            {mfn * PAGE_SIZE | MMU_MACHPHYS_UPDATE, pfn},
        };

        mmu_update(updates, 3, &done, DOMID_SELF);
        mmu_update(updates, 1, &done, DOMID_IO);
    }
    tap_is(done, 0, "XSA-113: m2p updates, and others that fail");
    p2m_set(pfn, INVALID);
    tap_is((uint64_t)reserve(XENMEM_decrease_reservation, &mfn, 1, 0, 0), 1,
           "XSA-113: leave no reference on the frame");
    fill(pfn, "XSA-113");
}

/*
 * XSA-58 and 310: a validation that is interrupted, goes on and then fails
 * gave back more, or less, than it took.  A tree of several tables, so that it
 * takes more than one entry into the hypervisor, with a bad entry at its end.
 */
static void test_failing_tree(void)
{
    enum { TABLES = 40 };
    uint64_t *l2 = page_alloc(), *l1[TABLES];
    uint64_t l2_mfn = virt_to_mfn(l2);
    uint64_t bad = pte_make(l2_mfn, PTE_P | PTE_RW | PTE_US);
    unsigned int kept = 0;

    for (unsigned int i = 0; i < TABLES; i++) {
        l1[i] = page_alloc();
        l1[i][0] = pte_make(virt_to_mfn(start_info), PTE_P | PTE_US);
        l2[i] = pte_make(virt_to_mfn(l1[i]), PTE_P | PTE_RW | PTE_US);
    }
    l1[TABLES - 1][511] = bad; /* the L2 itself, writable */
    for (unsigned int i = 0; i < TABLES; i++) {
        page_make_ro(l1[i]);
    }
    page_make_ro(l2);
    for (unsigned int i = 0; i < 20; i++) {
        if (mmuext_one(MMUEXT_PIN_L2_TABLE, l2_mfn) == 0) {
            guest_fail("a table that maps itself writable was taken");
        }
    }
    for (unsigned int i = 0; i < TABLES; i++) {
        kept += update_va_mapping(l1[i],
                                  pte_make(virt_to_mfn(l1[i]),
                                           PTE_P | PTE_RW | PTE_US | PTE_A),
                                  UVMF_INVLPG) != 0;
    }
    tap_is(kept, 0, "XSA-58: no table below keeps its type");
    page_make_rw(l2);
    l1[TABLES - 1][511] = 0;
    for (unsigned int i = 0; i < TABLES; i++) {
        page_make_ro(l1[i]);
    }
    page_make_ro(l2);
    tap_is((uint64_t)mmuext_one(MMUEXT_PIN_L2_TABLE, l2_mfn), 0,
           "XSA-58: without the bad entry it is taken");
    tap_is((uint64_t)mmuext_one(MMUEXT_UNPIN_TABLE, l2_mfn), 0,
           "XSA-58: and let go");
    page_make_rw(l2);
    for (unsigned int i = 0; i < TABLES; i++) {
        page_make_rw(l1[i]);
    }
}

/* XSA-37: operations in the name of I/O memory or of nobody ended in an
 * assertion. */
static void test_names(void)
{
    static const domid_t names[] = {DOMID_IO, DOMID_XEN, DOMID_COW,
                                    DOMID_INVALID, DOMID_IDLE, 0xffff};
    uint64_t mfn = virt_to_mfn(page_alloc());

    for (unsigned int i = 0; i < ARRAY_SIZE(names); i++) {
        unsigned int allowed = 0;

        for (unsigned int cmd = 0; cmd <= MMUEXT_UNMARK_SUPER; cmd++) {
            struct mmuext_op op = {.cmd = cmd, .arg1.mfn = mfn};

            allowed += mmuext_op(&op, 1, NULL, names[i]) == 0 ? 1 : 0;
        }
        tap_ok(allowed == 0 || on_xen, /* which lets some flushes pass */
               "XSA-37: %u operations in the name of %x", allowed, names[i]);
    }
}

void test_main(void)
{
    long before = pages_now();

    map_prepare(VA(0));
    test_populate_on_demand();
    test_orders();
    test_nodes();
    test_scrubbing();
    test_machphys();
    test_failing_tree();
    test_names();
    tap_is((uint64_t)pages_now(), (uint64_t)before,
           "the reservation is what it was");
}
