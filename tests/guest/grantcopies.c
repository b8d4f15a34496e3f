/* SPDX-License-Identifier: MIT */
/*
 * Grant copies, and grant arrays: across page ends, into what may not be
 * written, of what others may not see; arrays that are long, that fault in the
 * middle, and handles that run out.
 */
#include "lib/grant.h"
#include "lib/paging.h"
#include "lib/tap.h"
#include "lib/trap.h"

#define VA(n) (TEST_VA + (n)*PAGE_SIZE)

enum { SOURCE = 9, DEST, READ_ONLY, FOREIGN };

static uint8_t *from, *to;
static uint64_t from_frame, to_frame;

static int copy(struct gnttab_copy op)
{
    op.status = 1;
    if (grant_op(GNTTABOP_copy, &op, 1) != 0) {
        guest_fail("copy as a whole");
    }
    return op.status;
}

/* From a granted frame to one of our own, as netback does. */
static struct gnttab_copy to_own(uint16_t at, uint16_t into, uint16_t size)
{
    return (struct gnttab_copy){
        .source = {.u.ref = SOURCE, .domid = DOMID_SELF, .offset = at},
        .dest = {.u.gmfn = to_frame, .domid = DOMID_SELF, .offset = into},
        .len = size,
        .flags = GNTCOPY_source_gref,
    };
}

static void fill(void)
{
    for (unsigned int i = 0; i < PAGE_SIZE; i++) {
        from[i] = (uint8_t)(i * 7 + i / 256);
        to[i] = 0xee;
    }
}

/* Whether exactly [into, into + size) of the target is what was at. */
static bool is_copied(unsigned int at, unsigned int into, unsigned int size)
{
    for (unsigned int i = 0; i < PAGE_SIZE; i++) {
        bool inside = i >= into && i < into + size;

        if (to[i] != (inside ? from[i - into + at] : 0xee)) {
            return false;
        }
    }
    return true;
}

static void test_pieces(void)
{
    static const struct {
        uint16_t at, into, size;
    } pieces[] = {
        {0, 0, 4096}, {0, 0, 0},        {1, 3, 61},     {4095, 0, 1},
        {0, 4095, 1}, {4000, 4000, 96}, {100, 7, 3000}, {4096, 4096, 0},
    };

    for (unsigned int i = 0; i < ARRAY_SIZE(pieces); i++) {
        fill();
        tap_is((uint64_t)copy(
                   to_own(pieces[i].at, pieces[i].into, pieces[i].size)),
               GNTST_okay, "%u bytes from %u to %u", pieces[i].size,
               pieces[i].at, pieces[i].into);
        tap_ok(is_copied(pieces[i].at, pieces[i].into, pieces[i].size),
               "these and no others");
        tap_is(grants[SOURCE].flags, GTF_permit_access, "the use is over");
    }
}

static void test_kinds(void)
{
    struct gnttab_copy op = to_own(0, 0, 64);

    fill();
    op.flags = 0;
    op.source.u.gmfn = from_frame;
    tap_is((uint64_t)copy(op), GNTST_okay, "from own frame to own frame");
    tap_ok(is_copied(0, 0, 64), "is done");
    fill();
    op = to_own(0, 0, 64);
    op.flags = GNTCOPY_source_gref | GNTCOPY_dest_gref;
    op.dest.u.ref = DEST;
    tap_is((uint64_t)copy(op), GNTST_okay, "from grant to grant");
    tap_ok(is_copied(0, 0, 64), "is done");
    tap_is(grants[DEST].flags, GTF_permit_access, "the use is over");
    fill();
    op.flags = GNTCOPY_dest_gref;
    op.source.u.gmfn = from_frame;
    tap_is((uint64_t)copy(op), GNTST_okay, "from own frame to grant");
    tap_ok(is_copied(0, 0, 64), "is done");
    /* Within one page, overlapping: as if by way of somewhere else. */
    fill();
    op = (struct gnttab_copy){
        .source = {.u.gmfn = to_frame, .domid = DOMID_SELF},
        .dest = {.u.gmfn = to_frame, .domid = DOMID_SELF, .offset = 8},
        .len = 64,
    };
    for (unsigned int i = 0; i < 64; i++) {
        to[i] = (uint8_t)i;
    }
    tap_is((uint64_t)copy(op), GNTST_okay, "within one frame");
    tap_ok_hv(to[8] == 0 && to[71] == 63, true, "is done");
}

static void test_ends(void)
{
    static const struct {
        uint16_t at, into, size;
    } wrong[] = {
        {1, 0, 4096},  {0, 1, 4096},    {4096, 0, 1},          {0, 4096, 1},
        {65535, 0, 1}, {0, 65535, 1},   {65535, 65535, 65535}, {0, 0, 65535},
        {0, 0, 4097},  {4095, 4095, 2},
    };

    fill();
    for (unsigned int i = 0; i < ARRAY_SIZE(wrong); i++) {
        tap_is(
            (uint64_t)copy(to_own(wrong[i].at, wrong[i].into, wrong[i].size)),
            (uint64_t)GNTST_bad_copy_arg, "%u bytes from %u to %u",
            wrong[i].size, wrong[i].at, wrong[i].into);
    }
    tap_ok(is_copied(0, 0, 0), "nothing was written");
    tap_is(grants[SOURCE].flags, GTF_permit_access, "no use is left");
}

static void test_bad_copies(void)
{
    struct gnttab_copy op = to_own(0, 0, 64);
    static const uint64_t frames[] = {0xfee00, 1, ~0ull, ~0ull >> 12};
    void *table = page_alloc();

    fill();
    op.source.u.ref = grants_count;
    tap_is((uint64_t)copy(op), (uint64_t)GNTST_bad_gntref,
           "a reference beyond the table");
    op.source.u.ref = FOREIGN;
    tap_ok(copy(op) < 0, "an entry for another domain");
    op = to_own(0, 0, 64);
    op.source.domid = 77;
    tap_is((uint64_t)copy(op), (uint64_t)GNTST_bad_domain, "an absent domain");
    op = to_own(0, 0, 64);
    op.dest.domid = 77;
    op.flags |= GNTCOPY_dest_gref;
    op.dest.u.ref = DEST;
    tap_is((uint64_t)copy(op), (uint64_t)GNTST_bad_domain, "one as the target");
    op.dest.domid = DOMID_SELF;
    op.dest.u.ref = READ_ONLY;
    tap_ok(copy(op) < 0, "an entry that cannot be written");
    op = to_own(0, 0, 64);
    op.dest.domid = grants_from;
    tap_ok(copy(op) < 0, "a frame by number, but of a domain by number");
    for (unsigned int i = 0; i < ARRAY_SIZE(frames); i++) {
        op = to_own(0, 0, 64);
        op.dest.u.gmfn = frames[i];
        tap_ok(copy(op) < 0, "frame %lx as the target", frames[i]);
        op = to_own(0, 0, 64);
        op.flags = 0;
        op.source.u.gmfn = frames[i];
        tap_ok(copy(op) < 0, "and as the source");
    }
    op = to_own(0, 0, 64);
    op.dest.u.gmfn = root_mfn();
    tap_ok(copy(op) < 0, "a page table as the target");
    page_make_ro(table);
    mmuext_one(MMUEXT_PIN_L1_TABLE, virt_to_mfn(table));
    grant_give(DEST, grants_from, virt_to_mfn(table), 0);
    op.flags |= GNTCOPY_dest_gref;
    op.dest.u.ref = DEST;
    tap_ok(copy(op) < 0, "and by an entry");
    tap_is(grants[DEST].flags, GTF_permit_access, "which says no use");
    mmuext_one(MMUEXT_UNPIN_TABLE, virt_to_mfn(table));
    page_make_rw(table);
    grant_give(DEST, grants_from, to_frame, 0);
    tap_is(grants[SOURCE].flags, GTF_permit_access, "nor does the source");
    tap_ok(is_copied(0, 0, 0), "nothing was written");
}

#define MANY 1000u

static struct gnttab_copy many[MANY]
    __attribute__((aligned(4096), section(".bss.pages")));

/* More than one entry into the hypervisor may do. */
static void test_long_array(void)
{
    unsigned int done = 0, failed = 0;

    for (unsigned int i = 0; i < MANY; i++) {
        many[i] = to_own(0, 0, 4096);
        many[i].status = 1;
        many[i].source.u.ref = i % 10 == 3 ? FOREIGN : SOURCE;
    }
    tap_is(grant_op(GNTTABOP_copy, many, MANY), 0, "%u copies", MANY);
    for (unsigned int i = 0; i < MANY; i++) {
        if (i % 10 == 3) {
            failed += many[i].status < 0;
        } else {
            done += many[i].status == GNTST_okay;
        }
    }
    tap_is(done, MANY - MANY / 10, "each that is right is done");
    tap_is(failed, MANY / 10, "and each wrong one refused by itself");
}

/* An array that leaves the mapped pages: what was done stays done. */
static void test_faults(void)
{
    struct gnttab_copy *last = (void *)(VA(9) - sizeof(*last));
    uint64_t flags = PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D;

    map_page(VA(8), pte_make(virt_to_mfn(page_alloc()), flags));
    *last = to_own(0, 0, 8);
    last->status = 1;
    tap_is(grant_op(GNTTABOP_copy, last, 2), -XEN_EFAULT,
           "an array that ends where nothing is");
    tap_is((uint64_t)last->status, GNTST_okay, "its beginning is done");
    tap_is(grant_op(GNTTABOP_copy, VA(9), 1), -XEN_EFAULT, "none of it there");
    tap_is(grant_op(GNTTABOP_copy, HV_PRIVATE, 1), -XEN_EFAULT,
           "one in the hypervisor");
    tap_is(grant_op(GNTTABOP_copy, HV_START - 8, 1), -XEN_EFAULT,
           "one that reaches into it");
    tap_refused(grant_op(GNTTABOP_copy, 0x1000, ~0u),
                "one of all there can be");
    update_va_mapping(
        VA(8),
        pte_make(pte_mfn(*pte_pointer(VA(8), 1)), PTE_P | PTE_US | PTE_A),
        UVMF_INVLPG);
    tap_is(grant_op(GNTTABOP_copy, last, 1), -XEN_EFAULT,
           "one whose status cannot be written");
    tap_is(grants[SOURCE].flags, GTF_permit_access, "no use is left");
    update_va_mapping(VA(8), 0, UVMF_INVLPG);
}

/* Until the domain has as many mappings as it may have. */
static void test_exhaustion(void)
{
    static struct gnttab_map_grant_ref maps[64];
    struct gnttab_unmap_grant_ref unmap = {.dev_bus_addr =
                                               from_frame * PAGE_SIZE};
    unsigned int made = 0, refused = 0, undone = 0;
    grant_handle_t highest = 0;

    while (refused == 0 && made < 1u << 20) {
        for (unsigned int i = 0; i < ARRAY_SIZE(maps); i++) {
            maps[i] = (struct gnttab_map_grant_ref){
                .flags = GNTMAP_device_map | GNTMAP_readonly,
                .ref = SOURCE,
                .dom = grants_from,
            };
        }
        grant_op(GNTTABOP_map_grant_ref, maps, ARRAY_SIZE(maps));
        for (unsigned int i = 0; i < ARRAY_SIZE(maps); i++) {
            if (maps[i].status == GNTST_okay) {
                made++;
                highest = maps[i].handle > highest ? maps[i].handle : highest;
            } else {
                refused += maps[i].status == GNTST_no_space;
            }
        }
    }
    tap_ok(refused != 0, "after %u mappings there are no more handles", made);
    for (grant_handle_t handle = 0; handle <= highest; handle++) {
        unmap.handle = handle;
        grant_op(GNTTABOP_unmap_grant_ref, &unmap, 1);
        undone += unmap.status == GNTST_okay;
    }
    tap_is(undone, made, "each of them is unmapped");
    tap_is(grants[SOURCE].flags, GTF_permit_access, "the use is over");
    grant_op(GNTTABOP_map_grant_ref, maps, 1);
    tap_is((uint64_t)maps[0].status, GNTST_okay, "then there is one again");
    unmap.handle = maps[0].handle;
    grant_op(GNTTABOP_unmap_grant_ref, &unmap, 1);
}

void test_main(void)
{
    grants_init(1);
    from = page_alloc();
    to = page_alloc();
    from_frame = virt_to_mfn(from);
    to_frame = virt_to_mfn(to);
    grant_give(SOURCE, grants_from, from_frame, 0);
    grant_give(DEST, grants_from, to_frame, 0);
    grant_give(READ_ONLY, grants_from, to_frame, GTF_readonly);
    grant_give(FOREIGN, 77, from_frame, 0);
    test_pieces();
    test_kinds();
    test_ends();
    test_bad_copies();
    test_long_array();
    test_faults();
    if (!on_xen) { /* it has so many that this takes minutes */
        test_exhaustion();
    }
}
