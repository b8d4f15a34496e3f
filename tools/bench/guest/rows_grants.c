/* SPDX-License-Identifier: MIT */
/*
 * Rows: grant tables, by a guest that grants to itself.  Copies go from a
 * granted frame to one of the guest's own, as netback's do.
 */
#include "measure.h"
#include "tests/guest/lib/grant.h"
#include "tests/guest/lib/paging.h"

#define VA  (TEST_VA + 64 * PAGE_SIZE)
#define REF 20

static void rows_mapping(void)
{
    struct gnttab_map_grant_ref map = {
        .host_addr = VA, .flags = GNTMAP_host_map, .ref = REF};
    struct gnttab_unmap_grant_ref unmap = {.host_addr = VA};

    grant_op(GNTTABOP_map_grant_ref, &map, 1);
    MEASURE(
        "grant.map",
        {
            unmap.handle = map.handle;
            grant_op(GNTTABOP_unmap_grant_ref, &unmap, 1);
        },
        grant_op(GNTTABOP_map_grant_ref, &map, 1));
    MEASURE(
        "grant.unmap",
        {
            grant_op(GNTTABOP_map_grant_ref, &map, 1);
            unmap.handle = map.handle;
        },
        grant_op(GNTTABOP_unmap_grant_ref, &unmap, 1));
    if (map.status != 0 || unmap.status != 0) {
        guest_fail("a row of grants was refused");
    }
}

static void rows_copy(void)
{
    struct gnttab_copy copy = {
        .source = {.u.ref = REF},
        .dest = {.u.gmfn = virt_to_mfn(page_alloc()), .domid = DOMID_SELF},
        .flags = GNTCOPY_source_gref,
        .len = 64,
    };

    MEASURE("grant.copy_64", NOTHING, grant_op(GNTTABOP_copy, &copy, 1));
    copy.len = 4096;
    MEASURE("grant.copy_4096", NOTHING, grant_op(GNTTABOP_copy, &copy, 1));
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

void rows_grants(void)
{
    struct gnttab_query_size size = {.dom = DOMID_SELF};

    grants_init(1);
    grant_give(REF, 0, virt_to_mfn(page_alloc()), 0);
    map_prepare(VA);
    rows_mapping();
    rows_batch();
    rows_copy();
    MEASURE("grant.query_size", NOTHING,
            grant_op(GNTTABOP_query_size, &size, 1));
}
