/* SPDX-License-Identifier: MIT */
/*
 * One page-table entry: which flags a guest may set, and the references that
 * a present entry stands for.  What entry_get took, entry_put drops; the owner
 * is found from the frame table, never from an argument.
 */
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

bool iomem_permitted(const struct domain *domain, mfn_t mfn)
{
    if (!domain->is_hardware) {
        return false;
    }
    for (uint32_t i = 0; i < domain->iomem_denied_count; i++) {
        const struct number_range *denied = &domain->iomem_denied[i];

        if (mfn.n >= denied->first && mfn.n <= denied->last) {
            return false;
        }
    }
    return true;
}

static bool address_fits(uint64_t entry)
{
    return (entry & PTE_MFN_MASK) >> cpu_features.physical_bits == 0;
}

static int ram_get(struct domain *domain, struct page *page, uint64_t entry,
                   struct domain *l1_owner)
{
    if (unlikely((entry & PTE_CACHE) != 0)) {
        if (!domain->is_hardware || l1_owner != domain ||
            page_type(page) == PAGE_SHARED) {
            return -EINVAL;
        }
        page->flags |= PAGE_UNCACHED;
    }
    if (entry & PTE_RW) {
        return page_get_and_type(page, l1_owner, PAGE_WRITABLE);
    }
    return page_get(page, l1_owner) ? 0 : -EINVAL;
}

static int l1_get(struct domain *domain, uint64_t *entry,
                  struct domain *l1_owner)
{
    mfn_t mfn = pte_mfn(*entry);
    struct page *page = page_of(mfn);
    int rc = 0;

    if (unlikely(!address_fits(*entry))) {
        return -EINVAL;
    }
    if (unlikely(is_io_frame(page))) {
        if (!iomem_permitted(domain, mfn) ||
            (l1_owner != domain && l1_owner != &io_domain)) {
            return -EPERM;
        }
        if (mfn.n >= domain->iomem_read_only.first &&
            mfn.n <= domain->iomem_read_only.last) {
            *entry &= ~PTE_RW;
        }
    } else {
        rc = ram_get(domain, page, *entry, l1_owner);
    }
    if (likely(rc == 0)) {
        if (!(*entry & PTE_US)) {
            *entry |= PTE_US | PTE_KERNEL;
        }
        *entry &= ~PTE_G;
    }
    return rc;
}

int entry_get(struct domain *domain, enum page_type type, uint64_t *entry,
              struct domain *l1_owner)
{
    struct page *page;
    int rc;

    if (!(*entry & PTE_P)) {
        return 0;
    }
    if (type == PAGE_L1) {
        return l1_get(domain, entry, l1_owner);
    }
    page = page_of(pte_mfn(*entry));
    if (page == NULL || !address_fits(*entry) || (*entry & TABLE_FORBIDDEN)) {
        return -EINVAL;
    }
    rc = page_get_and_type(page, domain, type - 1);
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
