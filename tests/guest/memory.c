/* SPDX-License-Identifier: MIT */
/*
 * Memory reservation: the balloon down and up, exchange for contiguous frames,
 * what may not be given away (mapped, typed or foreign frames: the public
 * advisories XSA-212, 214 and 217 live here), and what is asked of the map.
 */
#include "lib/event.h"
#include "lib/paging.h"
#include "lib/tap.h"
#include "lib/trap.h"

#define VA(n)   (TEST_VA + (n)*PAGE_SIZE)
#define INVALID (~0ull)

static long reserve(unsigned int cmd, uint64_t *list, uint64_t count,
                    unsigned int order)
{
    struct xen_memory_reservation reservation = {
        .nr_extents = count,
        .extent_order = order,
        .domid = DOMID_SELF,
    };

    set_xen_guest_handle(reservation.extent_start, list);
    return memory_op(cmd, &reservation);
}

static long pages_now(void)
{
    domid_t self = DOMID_SELF;

    return memory_op(XENMEM_current_reservation, &self);
}

static void test_balloon(void)
{
    uint64_t pfn[8], list[8], old[8];
    long before = pages_now();

    tap_ok(before >= (long)start_info->nr_pages, "current_reservation (%ld)",
           before);
    for (unsigned int i = 0; i < 8; i++) {
        pfn[i] = spare_pfn();
        old[i] = list[i] = pfn_to_mfn(pfn[i]);
        p2m_set(pfn[i], INVALID);
    }
    tap_is(reserve(XENMEM_decrease_reservation, list, 8, 0), 8,
           "8 frames are given back");
    tap_is(pages_now(), before - 8, "the reservation is smaller");
    tap_ok(mfn_to_pfn(old[0]) != pfn[0], "the m2p has forgotten them");
    tap_is(reserve(XENMEM_decrease_reservation, old, 1, 0), 0,
           "the same frame cannot be given twice");
    map_prepare(VA(0));
    tap_refused(
        pte_update(pte_maddr(VA(0), 1), pte_make(old[0], PTE_P | PTE_US)),
        "nor mapped again");
    memcpy(list, pfn, sizeof(list));
    tap_is(reserve(XENMEM_populate_physmap, list, 8, 0), 8, "8 are taken back");
    tap_is(pages_now(), before, "the reservation is as before");
    for (unsigned int i = 0; i < 8; i++) {
        p2m_set(pfn[i], list[i]);
    }
    tap_is(mfn_to_pfn(list[7]), pfn[7], "the m2p knows where");
    map_page(VA(0), pte_make(list[0], PTE_P | PTE_RW | PTE_US));
    tap_is(*(volatile uint64_t *)VA(0), 0, "a new frame is scrubbed");
    update_va_mapping(VA(0), 0, UVMF_INVLPG);
}

static void test_kept(void)
{
    volatile uint64_t *mapped = page_alloc();
    uint64_t in_use = virt_to_mfn((void *)mapped), root = root_mfn();
    uint64_t list[64], given;
    unsigned int again = 0;
    uint64_t shared = pte_mfn(start_info->shared_info), nowhere = 0xffffffffff;
    void *table = page_alloc();
    uint64_t pinned = virt_to_mfn(table);
    long before = pages_now();

    /* Xen takes these, and frees them when their last use ends. */
    tap_is_hv(reserve(XENMEM_decrease_reservation, &root, 1, 0), 0, 1,
              "the root cannot be given back");
    tap_is_hv(reserve(XENMEM_decrease_reservation, &shared, 1, 0), 0, 1,
              "nor shared_info");
    tap_is(reserve(XENMEM_decrease_reservation, &nowhere, 1, 0), 0,
           "nor what is not RAM");
    page_make_ro(table);
    mmuext_one(MMUEXT_PIN_L1_TABLE, pinned);
    tap_is_hv(reserve(XENMEM_decrease_reservation, &pinned, 1, 0), 0, 1,
              "nor a pinned table");
    tap_is_hv(reserve(XENMEM_decrease_reservation, &in_use, 1, 0), 0, 1,
              "nor a frame that is mapped");
    tap_is(pages_now(), before, "the reservation is the same");
    *mapped = 0x600d;
    for (unsigned int i = 0; i < ARRAY_SIZE(list); i++) {
        list[i] = spare_pfn();
        given = pfn_to_mfn(list[i]);
        reserve(XENMEM_decrease_reservation, &given, 1, 0);
    }
    tap_is(reserve(XENMEM_populate_physmap, list, ARRAY_SIZE(list), 0),
           ARRAY_SIZE(list), "other frames come and go");
    for (unsigned int i = 0; i < ARRAY_SIZE(list); i++) {
        again += list[i] == in_use || list[i] == pinned ? 1 : 0;
    }
    tap_is(again, 0, "never one that is in use");
    tap_is(*mapped, 0x600d, "which keeps what was in it");
}

/*
 * A frame that only unused tables still map, more of them than one operation
 * drops: a kernel counts on its being taken (Linux's balloon has a BUG_ON).
 */
static void test_unused_tables(void)
{
    enum { TABLES = 150 };
    uint64_t *l2 = page_alloc(), *l1[TABLES];
    uint64_t pfn = spare_pfn(), mfn = pfn_to_mfn(pfn), list[1] = {mfn};

    for (unsigned int i = 0; i < TABLES; i++) {
        l1[i] = page_alloc();
        l1[i][i] = pte_make(mfn, PTE_P | PTE_US);
        l2[i] = pte_make(virt_to_mfn(l1[i]), PTE_P | PTE_RW | PTE_US);
        page_make_ro(l1[i]);
    }
    page_make_ro(l2);
    tap_is(mmuext_one(MMUEXT_PIN_L2_TABLE, virt_to_mfn(l2)), 0,
           "%u tables map a frame", TABLES);
    tap_is_hv(reserve(XENMEM_decrease_reservation, list, 1, 0), 0, 1,
              "which cannot be given back");
    tap_is(mmuext_one(MMUEXT_UNPIN_TABLE, virt_to_mfn(l2)), 0,
           "nobody uses them any more");
    if (!on_xen) {
        tap_is(reserve(XENMEM_decrease_reservation, list, 1, 0), 1,
               "now it is given");
    }
    list[0] = pfn;
    tap_is(reserve(XENMEM_populate_physmap, list, 1, 0), 1, "and back");
    p2m_set(pfn, list[0]);
    for (unsigned int i = 0; i < TABLES; i++) {
        page_make_rw(l1[i]);
    }
    page_make_rw(l2);
}

static long exchange(struct xen_memory_exchange *ex, uint64_t *in,
                     unsigned int in_count, unsigned int in_order,
                     uint64_t *out, unsigned int out_order)
{
    *ex = (struct xen_memory_exchange){
        .in = {.nr_extents = in_count,
               .extent_order = in_order,
               .domid = DOMID_SELF},
        .out = {.nr_extents = in_count << in_order >> out_order,
                .extent_order = out_order,
                .domid = DOMID_SELF},
    };
    set_xen_guest_handle(ex->in.extent_start, in);
    set_xen_guest_handle(ex->out.extent_start, out);
    return memory_op(XENMEM_exchange, ex);
}

static void test_exchange(void)
{
    struct xen_memory_exchange ex;
    uint64_t in[16], out[16], pfn = spare_pfn(), root = root_mfn();
    uint64_t first;
    long before = pages_now();

    in[0] = pfn_to_mfn(pfn);
    for (unsigned int i = 1; i < 16; i++) {
        in[i] = pfn_to_mfn(spare_pfn());
    }
    out[0] = pfn;
    tap_is(exchange(&ex, in, 16, 0, out, 4), 0, "16 frames for one of order 4");
    tap_is(ex.nr_exchanged, 16, "nr_exchanged says so");
    first = out[0];
    tap_is(first & 15, 0, "the extent is aligned");
    for (unsigned int i = 0; i < 16; i++) {
        p2m_set(pfn + i, first + i);
    }
    tap_is(mfn_to_pfn(first + 15), pfn + 15, "the m2p has its last frame");
    tap_is(pages_now(), before, "the reservation is the same");
    tap_ok(mfn_to_pfn(in[3]) >= start_info->nr_pages ||
               (in[3] >= first && in[3] < first + 16),
           "the old frames are gone from the m2p");

    in[0] = root;
    out[0] = pfn;
    tap_refused(exchange(&ex, in, 1, 0, out, 0), "exchange of the root");
    tap_is(ex.nr_exchanged, 0, "nothing was exchanged");
    in[0] = first;
    tap_refused(exchange(&ex, in, 1, 0, out, 4), "exchange of 1 for 16");
    tap_is(pages_now(), before, "the reservation is the same");
    /* XSA-212: the number of extents must not overflow the check. */
    ex.in.nr_extents = 1ull << 61;
    ex.out.nr_extents = 1ull << 61;
    ex.in.extent_start.p = (void *)HV_PRIVATE;
    ex.out.extent_start.p = (void *)HV_PRIVATE;
    ex.out.extent_order = ex.in.extent_order = 0;
    ex.nr_exchanged = 1ull << 60;
    tap_refused(memory_op(XENMEM_exchange, &ex), "counts that overflow");
    ex.in.nr_extents = ex.out.nr_extents = 8;
    ex.nr_exchanged = 9;
    tap_refused(memory_op(XENMEM_exchange, &ex), "more exchanged than asked");
}

/* The out list in the hypervisor: MFNs would be written over it. */
static void test_exchange_out(void)
{
    struct xen_memory_exchange ex;
    uint64_t in = pfn_to_mfn(spare_pfn());
    volatile uint64_t *m2p = (volatile uint64_t *)HV_START;
    uint64_t before = m2p[5];
    long error = exchange(&ex, &in, 1, 0, (uint64_t *)(HV_START + 40), 0);

    tap_refused(error, "exchange with its out list in the m2p");
    tap_is(m2p[5], before, "the m2p is as it was");
}

static void test_populate(void)
{
    uint64_t list[4] = {spare_pfn(), 0, 0, 0};
    uint64_t far = 1ull << 52;
    struct xen_memory_reservation other = {.nr_extents = 1, .domid = 77};

    tap_is(reserve(XENMEM_populate_physmap, list, 1, 40), 0,
           "an extent of order 40");
    set_xen_guest_handle(other.extent_start, list);
    tap_ok(memory_op(XENMEM_populate_physmap, &other) <= 0,
           "memory for an absent domain");
    tap_ok(memory_op(XENMEM_decrease_reservation, &other) <= 0,
           "memory from an absent domain");
    tap_ok(reserve(XENMEM_populate_physmap, &far, 1, 0) <= 1,
           "a PFN of 2^52 does no harm");
    tap_is(reserve(XENMEM_decrease_reservation, list, 0, 0), 0,
           "an empty list");
}

static void test_maps(void)
{
    static struct {
        uint64_t address, size;
        uint32_t type;
    } __attribute__((packed)) entries[128];
    struct xen_memory_map map = {.nr_entries = 128};
    struct xen_machphys_mapping m2p = {0};
    unsigned int overlaps = 0;
    domid_t self = DOMID_SELF;

    set_xen_guest_handle(map.buffer, (void *)entries);
    tap_is(memory_op(XENMEM_machine_memory_map, &map), 0, "machine_memory_map");
    tap_ok(map.nr_entries > 2 && map.nr_entries < 128, "has %u entries",
           map.nr_entries);
    for (unsigned int i = 1; i < map.nr_entries; i++) {
        overlaps +=
            entries[i].address < entries[i - 1].address + entries[i - 1].size
                ? 1
                : 0;
    }
    tap_is(overlaps, 0, "sorted and without overlaps");
    map.nr_entries = 1;
    tap_refused(memory_op(XENMEM_machine_memory_map, &map),
                "too small a buffer");
    tap_is(memory_op(XENMEM_machphys_mapping, &m2p), 0, "machphys_mapping");
    tap_is(m2p.v_start, HV_START, "starts at the hypervisor's window");
    tap_ok(m2p.max_mfn >= virt_to_mfn(start_info), "covers our frames");
    tap_ok(memory_op(XENMEM_maximum_ram_page, NULL) > 0x1000,
           "maximum_ram_page");
    tap_ok(memory_op(XENMEM_maximum_reservation, &self) >= pages_now(),
           "maximum_reservation");
    tap_refused(memory_op(XENMEM_add_to_physmap, HV_PRIVATE),
                "add_to_physmap is for translated guests");
}

void test_main(void)
{
    test_balloon();
    test_kept();
    test_unused_tables();
    test_exchange();
    test_exchange_out();
    test_populate();
    test_maps();
}
