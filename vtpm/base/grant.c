/* SPDX-License-Identifier: MIT */
/*
 * See grant.h. One frame of version 1 entries; those that the toolstack uses
 * for the console and xenstore are left alone.
 */
#include "vtpm/base/grant.h"

#include "vtpm/base/errno.h"
#include "vtpm/base/hypercall.h"
#include "vtpm/base/page.h"
#include "vtpm/base/window.h"

#define ENTRY_COUNT (PAGE_SIZE / sizeof(grant_entry_v1_t))

static grant_entry_v1_t *entries;

void grant_init(void)
{
    xen_pfn_t frame = 0;
    struct gnttab_setup_table setup = {.dom = DOMID_SELF, .nr_frames = 1};

    set_xen_guest_handle(setup.frame_list, &frame);
    if (grant_table_op(GNTTABOP_setup_table, &setup, 1) != 0 ||
        setup.status != GNTST_okay) {
        return; /* then nothing can be granted */
    }
    entries = window_map(frame);
}

int grant_give(uint16_t domid, const void *page, uint32_t *ref)
{
    if (entries == NULL) {
        return -ENOSYS;
    }
    for (uint32_t i = GNTTAB_NR_RESERVED_ENTRIES; i < ENTRY_COUNT; i++) {
        if (READ_ONCE(entries[i].flags) != 0) {
            continue;
        }
        entries[i].frame = (uint32_t)page_mfn(page);
        entries[i].domid = domid;
        memory_barrier();
        WRITE_ONCE(entries[i].flags, GTF_permit_access);
        *ref = i;
        return 0;
    }
    return -ENOSPC;
}

bool grant_end(uint32_t ref)
{
    uint16_t flags = READ_ONCE(entries[ref].flags);

    do {
        if ((flags & (GTF_reading | GTF_writing)) != 0) {
            return false;
        }
    } while (!__atomic_compare_exchange_n(&entries[ref].flags, &flags, 0, false,
                                          __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
    return true;
}

int grant_map(uint16_t domid, uint32_t ref, struct grant_mapping *out)
{
    struct gnttab_map_grant_ref map = {
        .flags = GNTMAP_host_map,
        .ref = ref,
        .dom = domid,
    };
    void *address = window_alloc();

    if (address == NULL) {
        return -ENOSPC;
    }
    map.host_addr = (uint64_t)address;
    if (grant_table_op(GNTTABOP_map_grant_ref, &map, 1) != 0 ||
        map.status != GNTST_okay) {
        window_free(address);
        return -EINVAL;
    }
    *out = (struct grant_mapping){.page = address, .handle = map.handle};
    return 0;
}

void grant_unmap(struct grant_mapping *mapping)
{
    struct gnttab_unmap_grant_ref unmap = {
        .host_addr = (uint64_t)mapping->page,
        .handle = mapping->handle,
    };

    if (mapping->page == NULL) {
        return;
    }
    if (grant_table_op(GNTTABOP_unmap_grant_ref, &unmap, 1) != 0 ||
        unmap.status != GNTST_okay) {
        kernel_panic("the hypervisor refuses to unmap a grant");
    }
    window_free(mapping->page);
    mapping->page = NULL;
}
