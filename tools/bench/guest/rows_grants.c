/* SPDX-License-Identifier: MIT */
/*
 * Rows: grant tables, by a guest that grants to itself, and of what another
 * domain grants.  Copies go from a granted frame to one of the guest's own, as
 * netback's do.
 */
#include "measure.h"
#include "tests/guest/lib/grant.h"
#include "tests/guest/lib/paging.h"
#include "tests/guest/lib/toolstack.h"

#define VA  (TEST_VA + 64 * PAGE_SIZE)
#define REF 20

static void rows_mapping(domid_t granter, const char *name_of_map,
                         const char *name_of_unmap)
{
    struct gnttab_map_grant_ref map = {
        .host_addr = VA, .flags = GNTMAP_host_map, .ref = REF, .dom = granter};
    struct gnttab_unmap_grant_ref unmap = {.host_addr = VA};

    grant_op(GNTTABOP_map_grant_ref, &map, 1);
    MEASURE(
        name_of_map,
        {
            unmap.handle = map.handle;
            grant_op(GNTTABOP_unmap_grant_ref, &unmap, 1);
        },
        grant_op(GNTTABOP_map_grant_ref, &map, 1));
    MEASURE(
        name_of_unmap,
        {
            grant_op(GNTTABOP_map_grant_ref, &map, 1);
            unmap.handle = map.handle;
        },
        grant_op(GNTTABOP_unmap_grant_ref, &unmap, 1));
    if (map.status != 0 || unmap.status != 0) {
        guest_fail("a row of grants was refused");
    }
}

static void rows_copy(domid_t granter, const char *name_of_64,
                      const char *name_of_4096)
{
    struct gnttab_copy copy = {
        .source = {.u.ref = REF, .domid = granter},
        .dest = {.u.gmfn = virt_to_mfn(page_alloc()), .domid = DOMID_SELF},
        .flags = GNTCOPY_source_gref,
        .len = 64,
    };

    MEASURE(name_of_64, NOTHING, grant_op(GNTTABOP_copy, &copy, 1));
    copy.len = 4096;
    MEASURE(name_of_4096, NOTHING, grant_op(GNTTABOP_copy, &copy, 1));
    if (copy.status != 0) {
        guest_fail("a copy was refused");
    }
}

#define BATCH 32

/* What netback does with a burst: many in one call, one flush. */
static void rows_batch(void)
{
    static struct gnttab_map_grant_ref maps[BATCH];
    static struct gnttab_unmap_grant_ref unmaps[BATCH];

    for (unsigned int i = 0; i < BATCH; i++) {
        map_prepare(VA + i * PAGE_SIZE);
        maps[i] = (struct gnttab_map_grant_ref){
            .host_addr = VA + i * PAGE_SIZE,
            .flags = GNTMAP_host_map,
            .ref = REF,
        };
        unmaps[i].host_addr = maps[i].host_addr;
    }
    grant_op(GNTTABOP_map_grant_ref, maps, BATCH);
#define HANDLES                                                                \
    for (unsigned int i = 0; i < BATCH; i++) {                                 \
        unmaps[i].handle = maps[i].handle;                                     \
    }
    MEASURE(
        "grant.map_32",
        {
            HANDLES;
            grant_op(GNTTABOP_unmap_grant_ref, unmaps, BATCH);
        },
        grant_op(GNTTABOP_map_grant_ref, maps, BATCH));
    MEASURE(
        "grant.unmap_32",
        {
            grant_op(GNTTABOP_map_grant_ref, maps, BATCH);
            HANDLES;
        },
        grant_op(GNTTABOP_unmap_grant_ref, unmaps, BATCH));
}

static void nothing(void)
{
}

/* A domain that need not run: its first entries are its toolstack's to write.
 */
static void rows_of_another(void)
{
    domid_t domid = toolstack_build(nothing, 0, 1);
    struct xen_mem_acquire_resource resource = {
        .domid = domid, .type = XENMEM_resource_grant_table, .nr_frames = 1};
    volatile struct grant_entry_v1 *table;
    xen_pfn_t frame = 0;

    set_xen_guest_handle(resource.frame_list, &frame);
    if (memory_op(XENMEM_acquire_resource, &resource) != 0) {
        guest_fail("a child's grant table");
    }
    table = toolstack_map_frame(domid, frame, true);
    table[REF].frame = (uint32_t)toolstack_mfn(domid, (void *)VIRT_BASE);
    table[REF].domid = 0;
    table[REF].flags = GTF_permit_access;
    rows_mapping(domid, "grant.map_other", "grant.unmap_other");
    rows_copy(domid, "grant.copy_64_other", "grant.copy_4096_other");
    toolstack_unmap(table);
    toolstack_destroy(domid);
}

void rows_grants(void)
{
    struct gnttab_query_size size = {.dom = DOMID_SELF};

    grants_init(1);
    grant_give(REF, 0, virt_to_mfn(page_alloc()), 0);
    map_prepare(VA);
    rows_mapping(0, "grant.map", "grant.unmap");
    rows_batch();
    rows_copy(0, "grant.copy_64", "grant.copy_4096");
    rows_of_another();
    MEASURE("grant.query_size", NOTHING,
            grant_op(GNTTABOP_query_size, &size, 1));
}
