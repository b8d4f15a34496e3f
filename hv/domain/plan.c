/* SPDX-License-Identifier: MIT */
/*
 * Where the builder puts what.  Pseudo-physical memory from PFN 0: the mapped
 * region (image, start_info, rings, page tables, stack; VA = VIRT_BASE + PFN *
 * 4096), then the initrd, the p2m list and the tables that map it, then plain
 * memory.  Pure.
 */
#include "hv/base/errno.h"
#include "hv/domain/build.h"
#include "lib/checked.h"

#define REGION_ALIGN 0x400000ull /* the mapped region ends on 4 MiB */
#define REGION_SPARE 0x80000ull  /* and has this much behind the stack */
#define TABLES_MAX   (3u + 512u) /* L4, L3, one L2 and what it refers to */
#define L1_SPAN      0x200000ull
#define L2_SPAN      0x40000000ull
#define L3_SPAN      0x8000000000ull

/* How many aligned spans [start, end) touches; end may be the last of all. */
static uint64_t spans(uint64_t start, uint64_t end, uint64_t span)
{
    return (end - 1) / span - start / span + 1;
}

static uint64_t tables_for(uint64_t start, uint64_t end)
{
    return spans(start, end, L1_SPAN) + spans(start, end, L2_SPAN) +
           spans(start, end, L3_SPAN);
}

/*
 * The region's size depends on its page tables' number and the reverse.  False:
 * it needs more than one L2 table, or passes the end of all addresses.
 */
static bool plan_tables(struct build_plan *plan, uint64_t align)
{
    for (plan->table_count = 2; plan->table_count <= TABLES_MAX;
         plan->table_count++) {
        plan->stack = plan->tables + plan->table_count * PAGE_SIZE;
        plan->end = align_up(plan->stack + PAGE_SIZE, align);
        if (plan->end - plan->stack - PAGE_SIZE < REGION_SPARE) {
            plan->end += align_up(REGION_SPARE, align);
        }
        if (!is_guest_range(plan->base, plan->end - plan->base)) {
            return false;
        }
        if (1 + tables_for(plan->base, plan->end) <= plan->table_count) {
            return spans(plan->base, plan->end, L2_SPAN) == 1;
        }
    }
    return false;
}

static bool plan_region(struct build_plan *plan,
                        const struct build_input *input, uint64_t align)
{
    const struct elf_image *kernel = input->kernel;

    plan->base = kernel->notes.virt_base & ~(REGION_ALIGN - 1);
    plan->start_info = align_up(kernel->virtual_end, PAGE_SIZE);
    plan->tables = plan->start_info + PAGE_SIZE;
    if (input->rings != NULL) {
        plan->store = plan->tables;
        plan->console = plan->store + PAGE_SIZE;
        plan->tables = plan->console + PAGE_SIZE;
    }
    return plan_tables(plan, align);
}

static uint64_t pages_of(uint64_t size)
{
    return align_up(size, PAGE_SIZE) / PAGE_SIZE;
}

/* The image lies where the region will, and is no larger than the memory. */
static bool kernel_fits(const struct elf_image *kernel, uint64_t pages)
{
    uint64_t base = kernel->notes.virt_base & ~(REGION_ALIGN - 1);

    return kernel->virtual_start >= base &&
           (kernel->virtual_end - base) / PAGE_SIZE < pages;
}

static int plan_rest(struct build_plan *plan, const struct build_input *input)
{
    uint64_t list = input->kernel->notes.init_p2m;
    uint64_t region = (plan->end - plan->base) / PAGE_SIZE;

    plan->pages = input->pages;
    plan->initrd_pfn = region;
    plan->initrd_pages = pages_of(input->initrd_size);
    plan->p2m_pfn = plan->initrd_pfn + plan->initrd_pages;
    plan->p2m_pages = pages_of(plan->pages * sizeof(uint64_t));
    if (!is_guest_range(list, plan->p2m_pages * PAGE_SIZE)) {
        return -EINVAL;
    }
    plan->p2m_table_pages =
        tables_for(list, list + plan->p2m_pages * PAGE_SIZE);
    plan->rest_pfn = plan->p2m_pfn + plan->p2m_pages + plan->p2m_table_pages;
    return plan->rest_pfn <= plan->pages &&
                   plan->rest_pfn - plan->initrd_pages <= input->free_pages
               ? 0
               : -ENOMEM;
}

int build_plan_make(struct build_plan *plan, const struct build_input *input)
{
    static const uint64_t alignments[] = {REGION_ALIGN, PAGE_SIZE};
    int rc = -ENOMEM;

    if (!elf_has_note(&input->kernel->notes, XEN_ELFNOTE_INIT_P2M)) {
        return -EINVAL;
    }
    if (!kernel_fits(input->kernel, input->pages)) {
        return input->kernel->virtual_start < input->kernel->notes.virt_base
                   ? -EINVAL
                   : -ENOMEM;
    }
    for (size_t i = 0; rc == -ENOMEM && i < ARRAY_SIZE(alignments); i++) {
        *plan = (struct build_plan){0};
        if (!plan_region(plan, input, alignments[i])) {
            return -EINVAL; /* guests copy the one L2 table of the region */
        }
        rc = plan_rest(plan, input);
    }
    return rc;
}
