/* SPDX-License-Identifier: MIT */
/*
 * Unmapping is a row of its own: under a policy that lets dom0 map and not
 * unmap, what is mapped stays mapped, and nothing changes by asking.
 * (What is denied before there is a mapping: tests/guest/denied.c.)
 *
 * Runner: -p build/policy/no-unmap
 * Only: vouch
 */
#include "lib/grant.h"
#include "lib/paging.h"
#include "lib/tap.h"

void test_main(void)
{
    volatile uint64_t *page = page_alloc();
    struct gnttab_copy copy = {
        .source = {.u.ref = 9, .domid = DOMID_SELF},
        .dest = {.u.ref = 9, .domid = DOMID_SELF, .offset = 8},
        .len = 8,
        .flags = GNTCOPY_source_gref | GNTCOPY_dest_gref,
    };
    grant_handle_t handle;
    uint64_t pte;

    grants_init(1);
    grant_give(9, grants_from, virt_to_mfn((void *)page), 0);
    map_prepare(TEST_VA);
    tap_is((uint64_t)grant_map_at(TEST_VA, 0, 9, &handle), GNTST_okay, "map");
    pte = *pte_pointer(TEST_VA, 1);
    for (unsigned int i = 0; i < 3; i++) {
        tap_is((uint64_t)grant_unmap(TEST_VA, 0, handle),
               (uint64_t)GNTST_bad_domain, "unmap, time %u, is refused", i);
        tap_is(*pte_pointer(TEST_VA, 1), pte, "the entry is as it was");
        tap_is(grants[9].flags, GTF_permit_access | GTF_reading | GTF_writing,
               "so is the use");
    }
    *page = 5;
    tap_is(*(volatile uint64_t *)TEST_VA, 5, "it is mapped still");
    /* A copy needs two permissions; here it has only that to read. */
    tap_is(grant_op(GNTTABOP_copy, &copy, 1), 0, "copy");
    tap_is((uint64_t)copy.status, (uint64_t)GNTST_bad_domain,
           "is refused for its second half alone");
    tap_is(page[1], 0, "nothing was written");
}
