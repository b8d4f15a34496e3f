/* SPDX-License-Identifier: MIT */
/*
 * A domain's frames.  page_count counts those that were allocated to it and
 * not taken back; the allocation holds one reference on each.
 */
#include "hv/mem/domain_memory.h"

#include "hv/base/atomic.h"
#include "hv/base/errno.h"
#include "hv/mem/heap.h"
#include "hv/mem/table.h"
#include "lib/string.h"

static bool charge(struct domain *domain, uint64_t count)
{
    uint64_t have = atomic_read(&domain->page_count);

    do {
        if (domain->max_pages - have < count || have > domain->max_pages) {
            return false;
        }
    } while (!atomic_cas(&domain->page_count, &have, have + count));
    return true;
}

struct page *domain_alloc_pages_raw(struct domain *domain, unsigned int order,
                                    unsigned int address_bits)
{
    uint64_t count = 1ull << order;
    struct page *page;

    if (order > HEAP_MAX_ORDER || !charge(domain, count)) {
        return NULL;
    }
    page = heap_alloc_raw(order, address_bits);
    if (page == NULL) {
        atomic_sub(&domain->page_count, count);
        return NULL;
    }
    for (uint64_t i = 0; i < count; i++) {
        page[i].owner = domain->id;
    }
    return page;
}

struct page *domain_alloc_pages(struct domain *domain, unsigned int order,
                                unsigned int address_bits)
{
    struct page *page = domain_alloc_pages_raw(domain, order, address_bits);

    if (page != NULL) {
        memset(mfn_to_hva(page_mfn(page)), 0, PAGE_SIZE << order);
    }
    return page;
}

bool domain_page_freeze(struct domain *domain, mfn_t mfn)
{
    struct page *page = page_of(mfn);
    uint32_t one = 1;

    if (page == NULL || page->owner != domain->id) {
        return false;
    }
    if (page->flags & PAGE_RETAINED) {
        table_zap(domain, page);
    }
    return page_type_count(page) == 0 && !(page->flags & PAGE_PINNED) &&
           atomic_cas(&page->refs, &one, 0);
}

void domain_page_thaw(mfn_t mfn)
{
    atomic_set(&page_of(mfn)->refs, 1);
}

int domain_release_page(struct domain *domain, mfn_t mfn)
{
    if (!domain_page_freeze(domain, mfn)) {
        return -EBUSY;
    }
    page_free_domain_frame(page_of(mfn));
    return 0;
}

void page_free_domain_frame(struct page *page)
{
    struct domain *domain = domain_of_page(page);

    m2p[page_mfn(page).n] = ~0ull;
    if (domain != NULL) {
        atomic_sub(&domain->page_count, 1);
    }
    heap_free_pages(page, 0);
}

void domain_share_page(struct domain *domain, struct page *page)
{
    page->owner = domain->id;
    page->refs = 1;
    page->type = (uint64_t)PAGE_SHARED << PAGE_TYPE_SHIFT | 1;
}
