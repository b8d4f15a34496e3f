/* SPDX-License-Identifier: MIT */
/*
 * Grant tables, version 1, with one guest on both sides: what a mapping is and
 * what is left when it is gone, and every kind of wrong argument.
 */
#include "lib/grant.h"
#include "lib/paging.h"
#include "lib/tap.h"
#include "lib/trap.h"

#define VA(n)    (TEST_VA + (n)*PAGE_SIZE)
#define US_ALONE (GTF_permit_access)

static domid_t self; /* by number: an entry cannot say DOMID_SELF */
static volatile uint64_t *page;
static uint64_t page_frame;

static uint64_t pte_at(uint64_t va)
{
    return *pte_pointer(va, 1);
}

static void test_questions(void)
{
    struct gnttab_query_size size = {.dom = DOMID_SELF};
    struct gnttab_setup_table setup = {.dom = DOMID_SELF, .nr_frames = 1};
    struct gnttab_get_version get = {.dom = DOMID_SELF};
    struct gnttab_set_version set = {.version = 1};
    static xen_pfn_t list[2];

    tap_is(grant_op(GNTTABOP_query_size, &size, 1), 0, "query_size");
    tap_is(size.status, GNTST_okay, "has a status");
    tap_ok(size.nr_frames >= 1 && size.max_nr_frames >= size.nr_frames,
           "%u frames of %u", size.nr_frames, size.max_nr_frames);
    tap_refused(grant_op(GNTTABOP_query_size, &size, 2),
                "two of them are no query");
    size.dom = 77;
    tap_is(grant_op(GNTTABOP_query_size, &size, 1), 0, "of an absent domain");
    tap_is((uint64_t)size.status, (uint64_t)GNTST_bad_domain, "its status");
    set_xen_guest_handle(setup.frame_list, list);
    tap_is(grant_op(GNTTABOP_setup_table, &setup, 1), 0, "setup_table");
    tap_is(setup.status, GNTST_okay, "has a status");
    tap_ok(list[0] != 0 && list[1] == 0, "and one frame");
    setup.nr_frames = size.max_nr_frames + 1;
    grant_op(GNTTABOP_setup_table, &setup, 1);
    tap_is((uint64_t)setup.status, (uint64_t)GNTST_general_error,
           "more than the limit");
    setup.nr_frames = 1;
    set_xen_guest_handle(setup.frame_list, (void *)HV_PRIVATE);
    tap_is(grant_op(GNTTABOP_setup_table, &setup, 1), -XEN_EFAULT,
           "a list in the hypervisor");
    tap_is(grant_op(GNTTABOP_set_version, &set, 1), 0, "set_version(1)");
    tap_is(grant_op(GNTTABOP_get_version, &get, 1), 0, "get_version");
    tap_is(get.version, 1, "is 1");
    set.version = 3;
    tap_is(grant_op(GNTTABOP_set_version, &set, 1), -XEN_EINVAL, "no 3");
    if (!on_xen) {
        set.version = 2;
        tap_is(grant_op(GNTTABOP_set_version, &set, 1), -XEN_ENOSYS, "no 2");
        for (unsigned int op = 3; op < 16; op++) {
            if (op != 5 && op != 6 && op != 8 && op != 10) {
                tap_is(grant_op(op, &set, 1), -XEN_ENOSYS,
                       "operation %u is not there", op);
            }
        }
    }
    tap_is(grant_op(1ull << 32, &set, 1), on_xen ? 0 : -XEN_ENOSYS,
           "an operation has no upper half");
}

static void test_map(void)
{
    grant_handle_t handle, other;
    uint64_t value = 0;

    grant_give(9, self, page_frame, 0);
    map_prepare(VA(0));
    *page = 0x5eed;
    tap_is(grant_map_at(VA(0), 0, 9, &handle), GNTST_okay, "map");
    tap_is(*(volatile uint64_t *)VA(0), 0x5eed, "the frame is there");
    *(volatile uint64_t *)VA(0) = 0xfeed;
    tap_is(*page, 0xfeed, "and can be written");
    *page = 0; /* as it is pinned later, it has to pass for a table */
    tap_is(grants[9].flags, US_ALONE | GTF_reading | GTF_writing,
           "the entry says so");
    tap_is(pte_at(VA(0)) & ~PTE_ADJUSTED & ~PTE_NX,
           pte_make(page_frame, PTE_P | PTE_RW | PTE_A | PTE_D),
           "its page-table entry");
    tap_is(grant_map_at(VA(1), GNTMAP_readonly, 9, &other), GNTST_okay,
           "a second time, read-only");
    tap_is(*(volatile uint64_t *)VA(1), 0, "is there");
    TRY("movq %%rax, (%%rdi)", NONE, "D"(VA(1)), "a"(value));
    tap_ok(trap_was(PF, PF_PRESENT | PF_WRITE), "and cannot be written");
    tap_ok(other != handle, "it has a handle of its own");
    tap_is(grant_unmap(VA(0), 0, handle), GNTST_okay, "unmap the first");
    tap_is(pte_at(VA(0)), 0, "its page-table entry is gone");
    TRY("movq (%%rdi), %%rax", "=a"(value), "D"(VA(0)));
    tap_ok(trap_was(PF, 0), "and so is the translation");
    tap_is(grants[9].flags, US_ALONE | GTF_reading, "one that reads is left");
    tap_is(grant_unmap(VA(1), 0, other), GNTST_okay, "unmap the second");
    tap_is(grants[9].flags, US_ALONE, "none is left");
}

static void test_by_pte(void)
{
    struct gnttab_map_grant_ref op = {
        .host_addr = pte_maddr(VA(0), 1),
        .flags = GNTMAP_host_map | GNTMAP_contains_pte |
                 GNTMAP_application_map | 5u << _GNTMAP_guest_avail0,
        .ref = 9,
        .dom = self,
    };
    uint64_t table = virt_to_mfn((void *)pte_pointer(VA(0), 1));

    tap_is(grant_map(&op), GNTST_okay, "map by the address of the entry");
    tap_is(
        pte_at(VA(0)) & ~(PTE_NX | PTE_G),
        pte_make(page_frame, PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D | 5u << 9),
        "with the guest's own bits, for applications");
    tap_is(op.dev_bus_addr, page_frame * PAGE_SIZE, "its machine address");
    tap_is(grant_unmap(op.host_addr, 0, op.handle), GNTST_okay, "unmap");
    tap_is(pte_at(VA(0)), 0, "the entry is gone");

    for (unsigned int i = 1; i < 8; i++) { /* XSA-227 */
        op.host_addr = pte_maddr(VA(0), 1) + i;
        tap_ok(grant_map(&op) < 0, "an entry at %u of 8", i);
    }
    op.host_addr = page_frame * PAGE_SIZE;
    tap_ok(grant_map(&op) < 0, "a frame that is no page table");
    op.host_addr = root_mfn() * PAGE_SIZE;
    tap_ok(grant_map(&op) < 0, "a table that is no L1");
    op.host_addr = pte_maddr(VA(0), 2);
    tap_ok(grant_map(&op) < 0, "an L2");
    op.host_addr = ~7ull;
    tap_ok(grant_map(&op) < 0, "an address beyond the machine");
    op.host_addr = pte_mfn(start_info->shared_info) * PAGE_SIZE;
    tap_ok(grant_map(&op) < 0, "shared_info");
    tap_is(grants[9].flags, US_ALONE, "none of them is a use");
    tap_is(pte_at(VA(0)), 0, "nor an entry");
    tap_refused(mmuext_one(MMUEXT_UNPIN_TABLE, table), "the table is no more");
}

static void test_bad_maps(void)
{
    grant_handle_t handle;
    struct gnttab_map_grant_ref op = {
        .host_addr = VA(0), .flags = 0, .ref = 9, .dom = self};
    static const struct {
        const char *what;
        unsigned int flags;
        int domid; /* less that of the guest */
        uint64_t frame;
    } bad[] = {
        {"an entry that is not used", GTF_invalid, 0, 0},
        {"one for a transfer", GTF_accept_transfer, 0, 0},
        {"a transitive one", GTF_transitive, 0, 0},
        {"one for another domain", GTF_permit_access, 1, 0},
        {"one that cannot be written", GTF_permit_access | GTF_readonly, 0, 0},
        {"a frame that is not RAM", GTF_permit_access, 0, 0xffffffff},
        {"a frame of firmware", GTF_permit_access, 0, 1},
        {"a device's frame", GTF_permit_access, 0, 0xfee00},
    };

    tap_ok(grant_map(&op) < 0, "a mapping for nothing");
    tap_is((uint64_t)grant_map_at(VA(0), 0, grants_count, &handle),
           (uint64_t)GNTST_bad_gntref, "a reference beyond the table");
    tap_is((uint64_t)grant_map_at(VA(0), 0, ~0u, &handle),
           (uint64_t)GNTST_bad_gntref, "the last reference there could be");
    tap_ok(grant_map_at(HV_PRIVATE, 0, 9, &handle) < 0,
           "an address in the hypervisor");
    tap_ok(grant_map_at(1ull << 60, 0, 9, &handle) < 0,
           "one that is not canonical");
    tap_ok(grant_map_at(0xffffcb0000000000, 0, 9, &handle) < 0,
           "one that no table maps");
    tap_is_hv((uint64_t)grant_map_at(0, 0, 9, &handle),
              (uint64_t)GNTST_bad_virt_addr, (uint64_t)GNTST_general_error,
              "address 0 would say, in an unmap, that nothing is there");
    op.flags = GNTMAP_host_map;
    op.dom = 77;
    tap_is((uint64_t)grant_map(&op), (uint64_t)GNTST_bad_domain,
           "an absent domain");
    op.dom = DOMID_IO;
    tap_is((uint64_t)grant_map(&op), (uint64_t)GNTST_bad_domain, "DOMID_IO");
    for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
        grants[10].flags = 0;
        grants[10].frame =
            (uint32_t)(bad[i].frame != 0 ? bad[i].frame : page_frame);
        grants[10].domid = (domid_t)(self + bad[i].domid);
        grants[10].flags = (uint16_t)bad[i].flags;
        tap_ok(grant_map_at(VA(0), 0, 10, &handle) < 0, "%s", bad[i].what);
        tap_is(grants[10].flags, bad[i].flags, "which says no use");
    }
    tap_is(grants[9].flags, US_ALONE, "nor does the good one");
    tap_is(pte_at(VA(0)), 0, "and nothing was mapped");
}

static void test_types(void)
{
    uint64_t *table = page_alloc();
    grant_handle_t handle;

    grant_give(11, self, virt_to_mfn(table), 0);
    page_make_ro(table);
    mmuext_one(MMUEXT_PIN_L1_TABLE, virt_to_mfn(table));
    tap_ok(grant_map_at(VA(0), 0, 11, &handle) < 0,
           "a page table cannot be mapped to be written");
    tap_is(grants[11].flags, US_ALONE, "no use is left");
    tap_is(grant_map_at(VA(0), GNTMAP_readonly, 11, &handle), GNTST_okay,
           "but to be read");
    tap_is(grant_unmap(VA(0), 0, handle), GNTST_okay, "(unmap)");
    mmuext_one(MMUEXT_UNPIN_TABLE, virt_to_mfn(table));
    page_make_rw(table);
    page_make_ro(table);
    tap_is(grant_map_at(VA(0), 0, 11, &handle), GNTST_okay,
           "when it is none any more it can");
    tap_refused(mmuext_one(MMUEXT_PIN_L1_TABLE, virt_to_mfn(table)),
                "and then it cannot become one");
    tap_is(grant_unmap(VA(0), 0, handle), GNTST_okay, "(unmap)");
    tap_is(mmuext_one(MMUEXT_PIN_L1_TABLE, virt_to_mfn(table)), 0,
           "before the mapping is gone");
    mmuext_one(MMUEXT_UNPIN_TABLE, virt_to_mfn(table));
    page_make_rw(table);
    grant_give(11, self, pte_mfn(start_info->shared_info), 0);
    tap_is_hv((uint64_t)grant_map_at(VA(0), 0, 11, &handle),
              (uint64_t)GNTST_general_error, GNTST_okay,
              "what the hypervisor lent is not to be passed on");
    if (on_xen) {
        grant_unmap(VA(0), 0, handle);
    }
}

static void test_bad_unmaps(void)
{
    grant_handle_t handle, again;
    uint64_t pte;

    tap_is((uint64_t)grant_unmap(VA(0), 0, 0), (uint64_t)GNTST_bad_handle,
           "a handle that is free");
    tap_is((uint64_t)grant_unmap(VA(0), 0, ~0u), (uint64_t)GNTST_bad_handle,
           "one there cannot be");
    tap_is((uint64_t)grant_unmap(VA(0), 0, 1u << 20),
           (uint64_t)GNTST_bad_handle, "one beyond the limit");
    grant_map_at(VA(0), 0, 9, &handle);
    pte = pte_at(VA(0));
    tap_ok(grant_unmap(VA(1), 0, handle) < 0, "another address");
    tap_ok(grant_unmap(HV_PRIVATE, 0, handle) < 0,
           "an address in the hypervisor");
    tap_is(grant_unmap(0, 0, handle), GNTST_okay, "none at all");
    tap_is(pte_at(VA(0)), pte, "leave it as it is");
    tap_is(grants[9].flags, US_ALONE | GTF_reading | GTF_writing, "and in use");
    tap_is(grant_unmap(VA(0), 0, handle), GNTST_okay, "the right one");
    tap_is((uint64_t)grant_unmap(VA(0), 0, handle), (uint64_t)GNTST_bad_handle,
           "but not twice");
    grant_map_at(VA(1), 0, 9, &again);
    tap_is((uint64_t)grant_unmap(VA(0), 0, handle),
           handle == again
               ? (uint64_t)(on_xen ? GNTST_general_error : GNTST_bad_virt_addr)
               : (uint64_t)GNTST_bad_handle,
           "nor by a handle that is another mapping's by now");
    tap_is(grants[9].flags, US_ALONE | GTF_reading | GTF_writing,
           "which stays");
    tap_is(grant_unmap(VA(1), 0, again), GNTST_okay, "(unmap)");
    tap_is(grants[9].flags, US_ALONE, "no use is left");
}

/* The mapper changes the entry by other means: XSA-234's class. */
static void test_overwritten(void)
{
    grant_handle_t handle;
    uint64_t other = virt_to_mfn(page_alloc());

    grant_map_at(VA(0), 0, 9, &handle);
    update_va_mapping(VA(0), pte_make(other, PTE_P | PTE_RW | PTE_US), 0);
    tap_is((uint64_t)grant_unmap(VA(0), 0, handle),
           (uint64_t)GNTST_general_error, "an entry that maps something else");
    tap_is(pte_at(VA(0)) & PTE_MFN_MASK, other * PAGE_SIZE, "is left alone");
    tap_is_hv(grants[9].flags, US_ALONE, US_ALONE | GTF_reading | GTF_writing,
              "the use is over");
    update_va_mapping(VA(0), 0, UVMF_INVLPG);

    grant_map_at(VA(0), 0, 9, &handle);
    update_va_mapping(VA(0), pte_make(page_frame, PTE_P | PTE_US), UVMF_INVLPG);
    tap_is((uint64_t)grant_unmap(VA(0), 0, handle),
           (uint64_t)GNTST_general_error, "an entry with other rights");
    tap_is(pte_at(VA(0)) & (PTE_MFN_MASK | PTE_RW), page_frame * PAGE_SIZE,
           "is left alone");
    update_va_mapping(VA(0), 0, UVMF_INVLPG);

    grant_map_at(VA(0), 0, 9, &handle);
    update_va_mapping(VA(0), 0, 0);
    tap_is((uint64_t)grant_unmap(VA(0), 0, handle),
           (uint64_t)GNTST_general_error, "an entry that is gone");
    tap_is_hv((uint64_t)grant_unmap(VA(0), 0, handle),
              (uint64_t)GNTST_bad_handle, (uint64_t)GNTST_general_error,
              "and the handle with it");
    tap_is(mmuext_one(MMUEXT_PIN_L1_TABLE, page_frame), -XEN_EINVAL,
           "the frame is mapped writable by the guest itself");
    page_make_ro((void *)page);
    tap_is(mmuext_one(MMUEXT_PIN_L1_TABLE, page_frame), 0,
           "and by nobody else: each reference was dropped once");
    mmuext_one(MMUEXT_UNPIN_TABLE, page_frame);
    page_make_rw((void *)page);
}

/* The granter changes the entry while it is in use. */
static void test_entry_changes(void)
{
    uint64_t other = virt_to_mfn(page_alloc());
    grant_handle_t first, second;

    grant_give(12, self, page_frame, 0);
    grant_map_at(VA(0), 0, 12, &first);
    grants[12].flags = 0;
    grant_give(12, self, other, 0);
    tap_ok(grant_map_at(VA(1), 0, 12, &second) == GNTST_okay,
           "an entry that was changed can be mapped");
    tap_is(grant_unmap(VA(0), 0, first), GNTST_okay, "the old one unmapped");
    tap_is_hv(grants[12].flags, US_ALONE | GTF_reading | GTF_writing, US_ALONE,
              "one use is left"); /* Xen set them in the entry that was */
    tap_is(grant_unmap(VA(1), 0, second), GNTST_okay, "and the new one");
    tap_is(grants[12].flags, US_ALONE, "none is left");

    grant_map_at(VA(0), 0, 12, &first);
    grants[12].flags = 0;
    tap_is(grant_unmap(VA(0), 0, first), GNTST_okay,
           "unmap what was revoked meanwhile");
    tap_is(grants[12].flags, 0, "leaves the entry as it is");
}

static void test_given_away(void)
{
    uint64_t pfn = spare_pfn(), frame = pfn_to_mfn(pfn), list = frame;
    struct xen_memory_reservation reservation = {.nr_extents = 1,
                                                 .domid = DOMID_SELF};
    grant_handle_t handle;

    if (on_xen) {
        return; /* it takes the frame, and frees it when it is unmapped */
    }
    set_xen_guest_handle(reservation.extent_start, &list);
    grant_give(13, self, frame, 0);
    grant_map_at(VA(0), 0, 13, &handle);
    tap_is(memory_op(XENMEM_decrease_reservation, &reservation), 0,
           "a frame that is mapped cannot be given back");
    *(volatile uint64_t *)VA(0) = 0x600d;
    tap_is(*(volatile uint64_t *)VA(0), 0x600d, "it is still there");
    tap_is(grant_unmap(VA(0), 0, handle), GNTST_okay, "(unmap)");
    tap_is(memory_op(XENMEM_decrease_reservation, &reservation), 1,
           "afterwards it can");
    tap_ok(grant_map_at(VA(0), 0, 13, &handle) < 0,
           "and then it is not to be mapped any more");
    tap_is(grants[13].flags, US_ALONE, "nor in use");
}

static void test_device(void)
{
    struct gnttab_map_grant_ref op = {
        .flags = GNTMAP_device_map, .ref = 14, .dom = self};
    uint64_t at = page_frame * PAGE_SIZE;

    grant_give(14, self, page_frame, 0);
    tap_is(grant_map(&op), GNTST_okay, "map for devices");
    tap_is(op.dev_bus_addr, at, "at the machine address");
    tap_is(grants[14].flags, US_ALONE | GTF_reading | GTF_writing, "is a use");
    page_make_ro((void *)page);
    tap_refused(mmuext_one(MMUEXT_PIN_L1_TABLE, page_frame),
                "a device could write the table");
    tap_ok(grant_unmap(0, at + PAGE_SIZE, op.handle) < 0, "another address");
    tap_is(grant_unmap(0, at, op.handle), GNTST_okay, "unmap");
    tap_is(mmuext_one(MMUEXT_PIN_L1_TABLE, page_frame), 0, "now it can");
    mmuext_one(MMUEXT_UNPIN_TABLE, page_frame);
    page_make_rw((void *)page);
    tap_is(grants[14].flags, US_ALONE, "the use is over");

    op.flags |= GNTMAP_host_map;
    op.host_addr = VA(0);
    tap_is(grant_map(&op), GNTST_okay, "map for both");
    tap_is(grant_unmap(VA(0), 0, op.handle), GNTST_okay, "unmap one");
    tap_is(pte_at(VA(0)), 0, "its entry is gone");
    tap_ok(grants[14].flags & GTF_reading, "the other is a use still");
    tap_is(grant_unmap(0, at, op.handle), GNTST_okay, "unmap the other");
    tap_is(grants[14].flags, US_ALONE, "the use is over");
    op.status = 0;
    tap_is(grant_map(&op), GNTST_okay, "map for both");
    tap_is(grant_unmap(VA(0), at, op.handle), GNTST_okay, "unmap both");
    tap_is(grants[14].flags, US_ALONE, "the use is over");
}

void test_main(void)
{
    self = (domid_t)cmdline_number("domid", 0);
    grants_from = self;
    grants_init(2);
    page = page_alloc();
    page_frame = virt_to_mfn((void *)page);
    test_questions();
    test_map();
    test_by_pte();
    test_bad_maps();
    test_types();
    test_bad_unmaps();
    test_overwritten();
    test_entry_changes();
    test_given_away();
    test_device();
}
