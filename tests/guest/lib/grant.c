/* SPDX-License-Identifier: MIT */
/* See grant.h. */
#include "grant.h"

#include "paging.h"

#define FRAMES_MAX 64

volatile struct grant_entry_v1 *grants;
unsigned int grants_count;
domid_t grants_from;

void grants_init(unsigned int frames)
{
    static xen_pfn_t list[FRAMES_MAX];
    struct gnttab_setup_table setup = {.dom = DOMID_SELF, .nr_frames = frames};

    set_xen_guest_handle(setup.frame_list, list);
    if (grant_op(GNTTABOP_setup_table, &setup, 1) != 0 || setup.status != 0) {
        guest_fail("setup_table");
    }
    for (unsigned int i = 0; i < frames; i++) {
        map_page(GRANT_VA + i * PAGE_SIZE,
                 pte_make(list[i], PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D));
    }
    grants = (volatile struct grant_entry_v1 *)GRANT_VA;
    grants_count = frames * (PAGE_SIZE / sizeof(*grants));
}

void grant_give(unsigned int ref, domid_t domain, uint64_t mfn,
                unsigned int flags)
{
    grants[ref].frame = (uint32_t)mfn;
    grants[ref].domid = domain;
    __asm__ volatile("" ::: "memory");
    grants[ref].flags = (uint16_t)(GTF_permit_access | flags);
}

int grant_map(struct gnttab_map_grant_ref *op)
{
    op->status = 1; /* no status there is */
    if (grant_op(GNTTABOP_map_grant_ref, op, 1) != 0) {
        guest_fail("map_grant_ref as a whole");
    }
    return op->status;
}

int grant_map_at(uint64_t va, unsigned int flags, unsigned int ref,
                 grant_handle_t *handle)
{
    struct gnttab_map_grant_ref op = {
        .host_addr = va,
        .flags = flags | GNTMAP_host_map,
        .ref = ref,
        .dom = grants_from,
    };
    int status = grant_map(&op);

    *handle = op.handle;
    return status;
}

int grant_unmap(uint64_t host_addr, uint64_t dev_bus_addr,
                grant_handle_t handle)
{
    struct gnttab_unmap_grant_ref op = {
        .host_addr = host_addr,
        .dev_bus_addr = dev_bus_addr,
        .handle = handle,
        .status = 1,
    };

    if (grant_op(GNTTABOP_unmap_grant_ref, &op, 1) != 0) {
        guest_fail("unmap_grant_ref as a whole");
    }
    return op.status;
}
