/* SPDX-License-Identifier: MIT */
/*
 * The domain builder.  Pseudo-physical memory from PFN 0: the mapped region
 * (image, start_info, page tables, stack; VA = VIRT_BASE + PFN * 4096), then
 * the initrd, the p2m list and the tables that map it, then plain memory.
 * Page tables are written while they are plain pages; pinning the L4 then
 * validates them as it would any guest's.
 */
#include "hv/domain/build.h"

#include "hv/base/errno.h"
#include "hv/base/log.h"
#include "hv/cpu/cpu.h"
#include "hv/cpu/descriptors.h"
#include "hv/domain/vcpu_roots.h"
#include "hv/mem/heap.h"
#include "hv/mem/memory.h"
#include "hv/mem/table.h"
#include "lib/checked.h"

#define REGION_ALIGN  0x400000ull /* the mapped region ends on 4 MiB */
#define REGION_SPARE  0x80000ull  /* and has this much behind the stack */
#define L1_SPAN       0x200000ull
#define L2_SPAN       0x40000000ull
#define L3_SPAN       0x8000000000ull
#define TABLE_RW      (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define MAPPED_RW     (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define MAPPED_RO     (PTE_P | PTE_US | PTE_A)

struct plan { /* virtual addresses and pseudo-physical frames */
    uint64_t base;                   /* VA of PFN 0 */
    uint64_t start_info, tables, stack, end;
    uint64_t table_count;
    uint64_t initrd_pfn, initrd_pages;
    uint64_t p2m_pfn, p2m_pages;     /* the list */
    uint64_t p2m_table_pages;        /* the tables that map it */
    uint64_t pages;
    uint64_t *p2m;                   /* the list, as we see it */
};

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

/* The region's size depends on its page tables' number and the reverse. */
static void plan_region(struct plan *plan, const struct elf_image *kernel)
{
    plan->base = kernel->notes.virt_base & ~(REGION_ALIGN - 1);
    plan->start_info = align_up(kernel->virtual_end, PAGE_SIZE);
    plan->tables = plan->start_info + PAGE_SIZE;
    for (plan->table_count = 2;; plan->table_count++) {
        plan->stack = plan->tables + plan->table_count * PAGE_SIZE;
        plan->end = align_up(plan->stack + PAGE_SIZE, REGION_ALIGN);
        if (plan->end - plan->stack - PAGE_SIZE < REGION_SPARE) {
            plan->end += REGION_ALIGN;
        }
        if (1 + tables_for(plan->base, plan->end) <= plan->table_count) {
            return;
        }
    }
}

static int plan_make(struct plan *plan, const struct build_input *input)
{
    const struct elf_notes *notes = &input->kernel->notes;
    uint64_t pfn;

    if (!elf_has_note(notes, XEN_ELFNOTE_INIT_P2M)) {
        return -EINVAL;
    }
    plan_region(plan, input->kernel);
    if (spans(plan->base, plan->end, L2_SPAN) != 1) {
        return -EINVAL; /* guests copy the one L2 table of the region */
    }
    plan->pages = input->pages;
    pfn = (plan->end - plan->base) / PAGE_SIZE;
    plan->initrd_pfn = pfn;
    plan->initrd_pages = align_up(input->initrd.size, PAGE_SIZE) / PAGE_SIZE;
    pfn += plan->initrd_pages;
    plan->p2m_pfn = pfn;
    plan->p2m_pages =
        align_up(plan->pages * sizeof(uint64_t), PAGE_SIZE) / PAGE_SIZE;
    plan->p2m_table_pages =
        tables_for(notes->init_p2m,
                   notes->init_p2m + plan->p2m_pages * PAGE_SIZE);
    pfn += plan->p2m_pages + plan->p2m_table_pages;
    return pfn <= plan->pages ? 0 : -ENOMEM;
}

static void p2m_set(struct plan *plan, uint64_t pfn, mfn_t mfn)
{
    plan->p2m[pfn] = mfn.n;
    m2p[mfn.n] = pfn;
}

static void *pfn_to_hva(const struct plan *plan, uint64_t pfn)
{
    return mfn_to_hva(MFN(plan->p2m[pfn]));
}

static void *va_to_hva(const struct plan *plan, uint64_t va)
{
    return (uint8_t *)pfn_to_hva(plan, (va - plan->base) / PAGE_SIZE) +
           (va & ~PAGE_MASK);
}

static unsigned int order_at_most(uint64_t pages)
{
    unsigned int order = 0;

    while (order < HEAP_MAX_ORDER && 2ull << order <= pages) {
        order++;
    }
    return order;
}

/* Frames for PFNs [pfn, end), in blocks as large as there are. */
static int populate(struct domain *domain, struct plan *plan, uint64_t pfn,
                    uint64_t end)
{
    unsigned int most = HEAP_MAX_ORDER;

    while (pfn < end) {
        unsigned int order = MIN(most, order_at_most(end - pfn));
        struct page *page = memory_alloc_raw(&domain->memory, order, 0);

        if (page == NULL) {
            if (order == 0) {
                return -ENOMEM;
            }
            most = order - 1;
            continue;
        }
        for (uint64_t i = 0; i < 1ull << order; i++) {
            p2m_set(plan, pfn++, MFN(page_mfn(page).n + i));
        }
    }
    return 0;
}

/*
 * The list itself first, in one block since we index it; what the block has
 * too much goes back.
 */
static int p2m_make(struct domain *domain, struct plan *plan)
{
    unsigned int order = order_at_most(2 * plan->p2m_pages - 1);
    struct page *page = memory_alloc_raw(&domain->memory, order, 0);

    if (page == NULL) {
        return -ENOMEM;
    }
    plan->p2m = mfn_to_hva(page_mfn(page));
    for (uint64_t i = plan->p2m_pages; i < 1ull << order; i++) {
        int rc = memory_release_page(&domain->memory, MFN(page_mfn(page).n + i));

        CHECK(rc == 0);
    }
    for (uint64_t i = 0; i < plan->p2m_pages; i++) {
        p2m_set(plan, plan->p2m_pfn + i, MFN(page_mfn(page).n + i));
    }
    memset((uint8_t *)plan->p2m + plan->pages * sizeof(uint64_t), 0xff,
           plan->p2m_pages * PAGE_SIZE - plan->pages * sizeof(uint64_t));
    return 0;
}

static int memory_make(struct domain *domain, struct plan *plan)
{
    uint64_t behind = plan->p2m_pfn + plan->p2m_pages;
    int rc = p2m_make(domain, plan);

    if (rc == 0) {
        rc = populate(domain, plan, 0, plan->p2m_pfn);
    }
    return rc != 0 ? rc : populate(domain, plan, behind, plan->pages);
}

static void copy_to_pfns(const struct plan *plan, uint64_t pfn,
                         struct bytes from)
{
    for (size_t done = 0; done < from.size; done += PAGE_SIZE, pfn++) {
        size_t size = MIN(from.size - done, PAGE_SIZE);
        uint8_t *to = pfn_to_hva(plan, pfn);

        memcpy(to, from.data + done, size);
        memset(to + size, 0, PAGE_SIZE - size);
    }
}

/* Zeros the region, then puts the image's segments where they belong. */
static void kernel_load(const struct plan *plan, const struct elf_image *kernel)
{
    for (uint64_t va = plan->base; va < plan->end; va += PAGE_SIZE) {
        memset(va_to_hva(plan, va), 0, PAGE_SIZE);
    }
    for (size_t i = 0; i < kernel->segment_count; i++) {
        const struct elf_segment *segment = &kernel->segments[i];
        uint64_t va = segment->virtual_start;
        size_t done = 0;

        while (done < segment->file.size) {
            size_t room = PAGE_SIZE - (va & ~PAGE_MASK);
            size_t size = MIN(room, segment->file.size - done);

            memcpy(va_to_hva(plan, va), segment->file.data + done, size);
            done += size;
            va += size;
        }
    }
}

struct table_source { /* consecutive PFNs that become page tables */
    const struct plan *plan;
    uint64_t next_pfn;
};

static uint64_t *table_below(struct table_source *source, uint64_t *entry)
{
    if (*entry == 0) {
        *entry = source->plan->p2m[source->next_pfn] << PAGE_SHIFT | TABLE_RW;
        memset(pfn_to_hva(source->plan, source->next_pfn), 0, PAGE_SIZE);
        source->next_pfn++;
    }
    return mfn_to_hva(pte_mfn(*entry));
}

static void map(struct table_source *source, uint64_t *l4, uint64_t va,
                uint64_t pte)
{
    uint64_t *table = l4;

    for (unsigned int shift = 39; shift > 12; shift -= 9) {
        table = table_below(source, &table[va >> shift & (ENTRIES - 1)]);
    }
    table[va >> 12 & (ENTRIES - 1)] = pte;
}

static bool is_table_va(const struct plan *plan, uint64_t va)
{
    return va >= plan->tables &&
           va < plan->tables + plan->table_count * PAGE_SIZE;
}

static void region_map(const struct plan *plan, uint64_t *l4)
{
    uint64_t first = (plan->tables - plan->base) / PAGE_SIZE;
    struct table_source source = {plan, first + 1};

    for (uint64_t va = plan->base; va < plan->end; va += PAGE_SIZE) {
        uint64_t mfn = plan->p2m[(va - plan->base) / PAGE_SIZE];

        map(&source, l4, va,
            mfn << PAGE_SHIFT |
                (is_table_va(plan, va) ? MAPPED_RO : MAPPED_RW));
    }
    CHECK(source.next_pfn <= first + plan->table_count);
}

static void p2m_map(const struct plan *plan, uint64_t *l4, uint64_t va)
{
    struct table_source source = {plan, plan->p2m_pfn + plan->p2m_pages};

    for (uint64_t i = 0; i < plan->p2m_pages; i++) {
        map(&source, l4, va + i * PAGE_SIZE,
            plan->p2m[plan->p2m_pfn + i] << PAGE_SHIFT | MAPPED_RW);
    }
}

static int tables_make(struct domain *domain, const struct plan *plan,
                       uint64_t init_p2m)
{
    mfn_t root = MFN(plan->p2m[(plan->tables - plan->base) / PAGE_SIZE]);
    struct page *page = page_of(root);
    struct vcpu *vcpu = domain->vcpus[0];
    int rc;

    region_map(plan, mfn_to_hva(root));
    p2m_map(plan, mfn_to_hva(root), init_p2m);
    spin_lock(&domain->memory.lock);
    this_cpu()->budget = INT64_MAX;
    rc = page_get_and_type(page, &domain->memory, PAGE_L4);
    if (rc == 0) {
        page->flags |= PAGE_PINNED;
        rc = vcpu_set_kernel_root(vcpu, root);
    }
    spin_unlock(&domain->memory.lock);
    return rc;
}

static void start_info_make(const struct domain *domain,
                            const struct plan *plan,
                            const struct build_input *input)
{
    struct start_info *info = va_to_hva(plan, plan->start_info);

    memcpy(info->magic, "xen-3.0-x86_64p", sizeof("xen-3.0-x86_64p"));
    info->nr_pages = plan->pages;
    info->shared_info = mfn_to_maddr(page_mfn(domain->shared_page)).a;
    info->flags = SIF_PRIVILEGED | SIF_INITDOMAIN;
    info->pt_base = plan->tables;
    info->nr_pt_frames = plan->table_count;
    info->mfn_list = input->kernel->notes.init_p2m;
    if (input->initrd.size != 0) {
        info->flags |= SIF_MOD_START_PFN;
        info->mod_start = plan->initrd_pfn;
        info->mod_len = input->initrd.size;
    }
    format_text((char *)info->cmd_line, sizeof(info->cmd_line), "%s",
                input->command_line);
    info->first_p2m_pfn = plan->p2m_pfn;
    info->nr_p2m_frames = plan->p2m_pages + plan->p2m_table_pages;
    info->console.dom0.info_off = 0;
    info->console.dom0.info_size = 0;
}

static void first_vcpu_make(struct vcpu *vcpu, const struct plan *plan,
                            const struct elf_notes *notes)
{
    vcpu->saved_regs = (struct regs){
        .rip = notes->entry,
        .cs = FLAT_CS64,
        .ss = FLAT_DS,
        .rsp = plan->stack + PAGE_SIZE,
        .rsi = plan->start_info,
        .rflags = FLAG_IF | 2,
    };
    vcpu->kernel_mode = 1;
    vcpu->is_initialised = 1;
}

int domain_build(struct domain *domain, const struct build_input *input)
{
    struct plan plan = {0};
    int rc = plan_make(&plan, input);

    if (rc == 0) {
        rc = memory_make(domain, &plan);
    }
    if (rc != 0) {
        return rc;
    }
    kernel_load(&plan, input->kernel);
    copy_to_pfns(&plan, plan.initrd_pfn, input->initrd);
    start_info_make(domain, &plan, input);
    rc = tables_make(domain, &plan, input->kernel->notes.init_p2m);
    if (rc != 0) {
        return rc;
    }
    first_vcpu_make(domain->vcpus[0], &plan, &input->kernel->notes);
    log_line("domain %u: %lu MiB, kernel 0x%lx-0x%lx, entry 0x%lx", domain->id,
             (unsigned long)(plan.pages >> 8),
             (unsigned long)input->kernel->virtual_start,
             (unsigned long)input->kernel->virtual_end,
             (unsigned long)input->kernel->notes.entry);
    return 0;
}
