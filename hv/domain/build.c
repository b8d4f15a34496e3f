/* SPDX-License-Identifier: MIT */
/*
 * The domain builder: writes what plan.c laid out into frames that somebody
 * chose.  Page tables are written while they are plain pages; pinning the L4
 * then validates them as it would any guest's.
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

#define TABLE_RW  (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define MAPPED_RW (PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)
#define MAPPED_RO (PTE_P | PTE_US | PTE_A)

/* Entries of the p2m list are found through its frames: they are scattered. */
static uint64_t *p2m_entry(const struct build *build, uint64_t pfn)
{
    uint64_t *list = mfn_to_hva(MFN(build->p2m_frames[pfn / ENTRIES]));

    return &list[pfn % ENTRIES];
}

void build_set_frame(struct build *build, uint64_t pfn, mfn_t mfn)
{
    *p2m_entry(build, pfn) = mfn.n;
    m2p[mfn.n] = pfn;
}

mfn_t build_frame(const struct build *build, uint64_t pfn)
{
    return MFN(*p2m_entry(build, pfn));
}

void build_set_list_frame(struct build *build, uint64_t index, mfn_t mfn)
{
    build->p2m_frames[index] = (uint32_t)mfn.n;
    memset(mfn_to_hva(mfn), 0xff, PAGE_SIZE);
}

int build_begin(struct build *build, struct domain *domain,
                const struct build_input *input)
{
    int rc = build_plan_make(&build->plan, input);

    if (rc != 0) {
        return rc;
    }
    build->domain = domain;
    build->input = *input;
    build->p2m_frames =
        heap_alloc(build->plan.p2m_pages * sizeof(*build->p2m_frames));
    return build->p2m_frames != NULL ? 0 : -ENOMEM;
}

void build_end(struct build *build)
{
    if (build->p2m_frames != NULL) {
        heap_free(build->p2m_frames,
                  build->plan.p2m_pages * sizeof(*build->p2m_frames));
        build->p2m_frames = NULL;
    }
}

static void *pfn_to_hva(const struct build *build, uint64_t pfn)
{
    return mfn_to_hva(build_frame(build, pfn));
}

static uint64_t va_to_pfn(const struct build *build, uint64_t va)
{
    return (va - build->plan.base) / PAGE_SIZE;
}

static void *va_to_hva(const struct build *build, uint64_t va)
{
    return (uint8_t *)pfn_to_hva(build, va_to_pfn(build, va)) +
           (va & ~PAGE_MASK);
}

/* Takes work from what this entry may do; false if there is none left. */
static bool may_do(int64_t units)
{
    return (this_cpu()->budget -= units) > 0;
}

/* The rings are in use by others: they stay as they are. */
static bool is_ring(const struct build *build, uint64_t va)
{
    const struct build_rings *rings = build->input.rings;

    return rings != NULL &&
           ((va == build->plan.store && rings->store_mfn != 0) ||
            (va == build->plan.console && rings->console_mfn != 0));
}

static int region_zero(struct build *build)
{
    const struct build_plan *plan = &build->plan;

    for (; build->next_page < va_to_pfn(build, plan->end); build->next_page++) {
        uint64_t va = plan->base + build->next_page * PAGE_SIZE;

        if (!may_do(WORK_FRAME)) {
            return -ERESTART;
        }
        if (!is_ring(build, va)) {
            memset(va_to_hva(build, va), 0, PAGE_SIZE);
        }
    }
    return 0;
}

static int segment_load(struct build *build, const struct elf_segment *segment)
{
    while (build->segment_done < segment->file.size) {
        uint64_t va = segment->virtual_start + build->segment_done;
        size_t room = PAGE_SIZE - (va & ~PAGE_MASK);
        size_t size = MIN(room, segment->file.size - build->segment_done);

        if (!may_do(WORK_FRAME)) {
            return -ERESTART;
        }
        memcpy(va_to_hva(build, va), segment->file.data + build->segment_done,
               size);
        build->segment_done += size;
    }
    return 0;
}

int build_load(struct build *build)
{
    const struct elf_image *kernel = build->input.kernel;
    int rc = region_zero(build);

    for (; rc == 0 && build->segment < kernel->segment_count;
         build->segment++, build->segment_done = 0) {
        rc = segment_load(build, &kernel->segments[build->segment]);
        if (rc != 0) {
            break;
        }
    }
    return rc;
}

/* --- Page tables: consecutive PFNs become tables as they are needed --- */

static uint64_t *table_below(struct build *build, uint64_t *entry)
{
    if (*entry == 0) {
        *entry =
            mfn_to_maddr(build_frame(build, build->next_table)).a | TABLE_RW;
        memset(pfn_to_hva(build, build->next_table), 0, PAGE_SIZE);
        build->next_table++;
    }
    return mfn_to_hva(pte_mfn(*entry));
}

static void map(struct build *build, uint64_t va, uint64_t pfn, uint64_t flags)
{
    uint64_t *table = va_to_hva(build, build->plan.tables);

    for (unsigned int shift = 39; shift > 12; shift -= 9) {
        table = table_below(build, &table[va >> shift & (ENTRIES - 1)]);
    }
    table[va >> 12 & (ENTRIES - 1)] =
        mfn_to_maddr(build_frame(build, pfn)).a | flags;
}

static bool is_table_va(const struct build_plan *plan, uint64_t va)
{
    return va >= plan->tables &&
           va < plan->tables + plan->table_count * PAGE_SIZE;
}

/* The region's pages, then those of the list; next_page counts both. */
static int tables_write(struct build *build)
{
    const struct build_plan *plan = &build->plan;
    uint64_t region = va_to_pfn(build, plan->end);

    for (; build->next_page < region + plan->p2m_pages; build->next_page++) {
        uint64_t page = build->next_page;
        uint64_t va = plan->base + page * PAGE_SIZE;

        if (!may_do(4)) {
            return -ERESTART;
        }
        if (page < region) {
            map(build, va, page, is_table_va(plan, va) ? MAPPED_RO : MAPPED_RW);
            continue;
        }
        if (page == region) {
            CHECK(build->next_table <=
                  va_to_pfn(build, plan->tables) + plan->table_count);
            build->next_table = plan->p2m_pfn + plan->p2m_pages;
        }
        page -= region;
        map(build, build->input.kernel->notes.init_p2m + page * PAGE_SIZE,
            plan->p2m_pfn + page, MAPPED_RW);
    }
    CHECK(build->next_table <= plan->rest_pfn);
    for (; build->next_table < plan->rest_pfn; build->next_table++) {
        memset(pfn_to_hva(build, build->next_table), 0, PAGE_SIZE); /* spare */
    }
    return 0;
}

static void rings_write(struct start_info *info,
                        const struct build_rings *rings)
{
    info->console.domU.mfn = rings->console_mfn;
    info->console.domU.evtchn = rings->console_port;
    info->store_mfn = rings->store_mfn;
    info->store_evtchn = rings->store_port;
}

static void start_info_write(const struct build *build)
{
    const struct build_plan *plan = &build->plan;
    const struct build_input *input = &build->input;
    struct start_info *info = va_to_hva(build, plan->start_info);

    memcpy(info->magic, "xen-3.0-x86_64p", sizeof("xen-3.0-x86_64p"));
    info->nr_pages = plan->pages;
    info->shared_info = mfn_to_maddr(page_mfn(build->domain->shared_page)).a;
    info->pt_base = plan->tables;
    info->nr_pt_frames = plan->table_count;
    info->mfn_list = input->kernel->notes.init_p2m;
    if (input->rings != NULL) {
        rings_write(info, input->rings);
    } else {
        info->flags |= SIF_PRIVILEGED | SIF_INITDOMAIN;
    }
    if (input->initrd_size != 0) {
        info->flags |= SIF_MOD_START_PFN;
        info->mod_start = plan->initrd_pfn;
        info->mod_len = input->initrd_size;
    }
    format_text((char *)info->cmd_line, sizeof(info->cmd_line), "%s",
                input->command_line);
    info->first_p2m_pfn = plan->p2m_pfn;
    info->nr_p2m_frames = plan->p2m_pages + plan->p2m_table_pages;
}

int build_write(struct build *build)
{
    if (build->next_table == 0) { /* the first call */
        start_info_write(build);
        build->next_page = 0;
        build->next_table = va_to_pfn(build, build->plan.tables) + 1;
    }
    return tables_write(build);
}

static void first_vcpu_make(struct vcpu *vcpu, const struct build_plan *plan,
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

int build_finish(struct build *build)
{
    struct domain *domain = build->domain;
    mfn_t root = build_frame(build, va_to_pfn(build, build->plan.tables));
    struct page *page = page_of(root);
    int rc;

    spin_lock(&domain->memory.lock);
    rc = page_get_and_type(page, &domain->memory, PAGE_L4);
    if (rc == 0) {
        page->flags |= PAGE_PINNED;
        rc = vcpu_set_kernel_root(domain->vcpus[0], root);
    }
    spin_unlock(&domain->memory.lock);
    if (rc == 0) {
        first_vcpu_make(domain->vcpus[0], &build->plan,
                        &build->input.kernel->notes);
    }
    return rc;
}
