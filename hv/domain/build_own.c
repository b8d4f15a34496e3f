/* SPDX-License-Identifier: MIT */
/*
 * Building dom0: its frames are allocated, in blocks as large as there are, its
 * initrd is copied.  At boot nobody waits, so that there is no bound.
 */
#include "hv/base/errno.h"
#include "hv/base/log.h"
#include "hv/cpu/cpu.h"
#include "hv/domain/build.h"
#include "hv/mem/heap.h"
#include "hv/mem/memory.h"
#include "lib/string.h"

static unsigned int order_at_most(uint64_t pages)
{
    unsigned int order = 0;

    while (order < HEAP_MAX_ORDER && 2ull << order <= pages) {
        order++;
    }
    return order;
}

/* Frames for [first, end), by set(), in blocks as large as there are. */
static int populate(struct build *build, uint64_t first, uint64_t end,
                    void (*set)(struct build *, uint64_t, mfn_t))
{
    unsigned int most = HEAP_MAX_ORDER;

    while (first < end) {
        unsigned int order = MIN(most, order_at_most(end - first));
        struct page *page = memory_alloc_raw(&build->domain->memory, order, 0);

        if (page == NULL) {
            if (order == 0) {
                return -ENOMEM;
            }
            most = order - 1;
            continue;
        }
        for (uint64_t i = 0; i < 1ull << order; i++) {
            set(build, first++, MFN(page_mfn(page).n + i));
        }
    }
    return 0;
}

static int memory_make(struct build *build)
{
    const struct build_plan *plan = &build->plan;
    uint64_t behind = plan->p2m_pfn + plan->p2m_pages;
    int rc = populate(build, 0, plan->p2m_pages, build_set_list_frame);

    if (rc != 0) {
        return rc;
    }
    for (uint64_t i = 0; i < plan->p2m_pages; i++) {
        build_set_frame(build, plan->p2m_pfn + i, MFN(build->p2m_frames[i]));
    }
    rc = populate(build, 0, plan->p2m_pfn, build_set_frame);
    return rc != 0 ? rc : populate(build, behind, plan->pages, build_set_frame);
}

static void initrd_copy(const struct build *build, struct bytes initrd)
{
    uint64_t pfn = build->plan.initrd_pfn;

    for (size_t done = 0; done < initrd.size; done += PAGE_SIZE, pfn++) {
        size_t size = MIN(initrd.size - done, PAGE_SIZE);
        uint8_t *to = mfn_to_hva(build_frame(build, pfn));

        memcpy(to, initrd.data + done, size);
        memset(to + size, 0, PAGE_SIZE - size);
    }
}

static int make(struct build *build, struct bytes initrd)
{
    int rc = memory_make(build);

    if (rc != 0) {
        return rc;
    }
    initrd_copy(build, initrd);
    rc = build_load(build);
    if (rc == 0) {
        rc = build_write(build);
    }
    return rc == 0 ? build_finish(build) : rc;
}

int domain_build(struct domain *domain, const struct build_input *input,
                 struct bytes initrd)
{
    static struct build build;
    int rc;

    this_cpu()->budget = INT64_MAX;
    rc = build_begin(&build, domain, input);
    if (rc == 0) {
        rc = make(&build, initrd);
    }
    build_end(&build);
    if (rc == 0) {
        log_line("domain %u: %lu MiB, kernel 0x%lx-0x%lx, entry 0x%lx",
                 domain->id, (unsigned long)(input->pages >> 8),
                 (unsigned long)input->kernel->virtual_start,
                 (unsigned long)input->kernel->virtual_end,
                 (unsigned long)input->kernel->notes.entry);
    }
    return rc;
}
