/* SPDX-License-Identifier: MIT */
/*
 * One page-table entry: which flags a guest may set, and the references that
 * a present entry stands for.  What entry_get took, entry_put drops; the owner
 * is found from the frame table, never from an argument.
 */
#include "hv/abi/xen.h"
#include "hv/base/errno.h"
#include "hv/cpu/cpu.h"
#include "hv/mem/heap.h"
#include "hv/mem/table.h"

/* Never allowed in a present entry of any level above L1. */
#define TABLE_FORBIDDEN (PTE_PAT_PS | PTE_G | PTE_PWT | PTE_PCD)

static bool is_io_frame(const struct page *page)
{
    return page == NULL || page->owner == OWNER_IO;
}

static int ram_get(struct memory *memory, struct page *page, uint64_t entry,
                   struct memory *l1_owner)
{
    bool is_uncached = (entry & PTE_CACHE) != 0;
    int rc;

    if (unlikely(is_uncached &&
                 (memory->iomem.denied == NULL || l1_owner != memory ||
                  page_type(page) == PAGE_SHARED))) {
        return -EINVAL;
    }
    if (entry & PTE_RW) {
        rc = page_get_and_type(page, l1_owner, PAGE_WRITABLE);
    } else {
        rc = page_get(page, l1_owner) ? 0 : -EINVAL;
    }
    if (unlikely(is_uncached && rc == 0)) {
        page->flags |= PAGE_UNCACHED; /* only now is it known to be our own */
    }
    return rc;
}

/* Device memory: nobody counts who maps it. */
static noinline int device_get(struct memory *memory, uint64_t *entry,
                               struct memory *l1_owner)
{
    mfn_t mfn = pte_mfn(*entry);

    if ((*entry & PTE_MFN_MASK) >> cpu_features.physical_bits != 0) {
        return -EINVAL;
    }
    if (!iomem_permitted(&memory->iomem, mfn) ||
        (l1_owner != memory && l1_owner->id != DOMID_IO)) {
        return -EPERM;
    }
    if (number_in_range(mfn.n, &memory->iomem.read_only)) {
        *entry &= ~PTE_RW;
    }
    return 0;
}

static int l1_get(struct memory *memory, uint64_t *entry,
                  struct memory *l1_owner)
{
    struct page *page = page_of(pte_mfn(*entry));
    int rc = unlikely(is_io_frame(page)) ? device_get(memory, entry, l1_owner)
                                     : ram_get(memory, page, *entry, l1_owner);
    if (likely(rc == 0)) {
        if (!(*entry & PTE_US)) {
            *entry |= PTE_US | PTE_KERNEL;
        }
        *entry &= ~PTE_G;
    }
    return rc;
}

int entry_get(struct memory *memory, enum page_type type, uint64_t *entry,
              struct memory *l1_owner)
{
    struct page *page;
    int rc;

    if (!(*entry & PTE_P)) {
        return 0;
    }
    if (type == PAGE_L1) {
        return l1_get(memory, entry, l1_owner);
    }
    page = page_of(pte_mfn(*entry));
    if (page == NULL || (*entry & TABLE_FORBIDDEN)) {
        return -EINVAL;
    }
    rc = page_get_and_type(page, memory, type - 1);
    if (rc == 0) {
        *entry |= PTE_US;
    }
    return rc;
}

void entry_put(enum page_type type, uint64_t entry)
{
    struct page *page;

    if (!(entry & PTE_P)) {
        return;
    }
    page = page_of(pte_mfn(entry));
    if (type == PAGE_L1) {
        if (unlikely(is_io_frame(page))) {
            return;
        }
        if (entry & PTE_RW) {
            page_put_type(page);
        } else {
            page_stamp(page);
        }
    } else {
        page_put_type(page);
    }
    page_put(page);
}
