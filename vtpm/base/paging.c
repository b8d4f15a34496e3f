/* SPDX-License-Identifier: MIT */
/* See paging.h. */
#include "vtpm/base/paging.h"

#include "vtpm/base/errno.h"
#include "vtpm/base/hypercall.h"
#include "vtpm/base/image.h"
#include "vtpm/base/page.h"

#define BATCH 64

static const uint64_t *root;
static struct mmu_update batch[BATCH];
static size_t batch_used;

static unsigned int slot_of(uint64_t address, unsigned int level)
{
    return address >> (12 + 9 * (level - 1)) & 511;
}

void paging_init(void)
{
    root = (const uint64_t *)start_info->pt_base;
}

const volatile uint64_t *paging_entry(uint64_t address, unsigned int level)
{
    const volatile uint64_t *table = root;

    for (unsigned int at = 4; at > level; at--) {
        uint64_t entry = table[slot_of(address, at)];

        if ((entry & PTE_P) == 0) {
            return NULL;
        }
        table = page_of_mfn((entry & PTE_MFN) / PAGE_SIZE);
        if (table == NULL) {
            return NULL;
        }
    }
    return &table[slot_of(address, level)];
}

static void batch_flush(void)
{
    if (batch_used != 0 && mmu_update(batch, batch_used) != 0) {
        kernel_panic("the hypervisor refuses a change of page tables");
    }
    batch_used = 0;
}

void paging_set(uint64_t address, unsigned int level, uint64_t entry)
{
    const volatile uint64_t *at = paging_entry(address, level);

    if (at == NULL) {
        kernel_panic("an entry without a page table");
    }
    if (batch_used == BATCH) {
        batch_flush();
    }
    batch[batch_used++] = (struct mmu_update){
        .ptr = page_mfn((const void *)at) * PAGE_SIZE +
               ((uint64_t)at & ~PAGE_MASK),
        .val = entry,
    };
}

void paging_commit(void)
{
    struct mmuext_op flush = {.cmd = MMUEXT_TLB_FLUSH_LOCAL};

    batch_flush();
    if (mmuext_op(&flush, 1) != 0) {
        kernel_panic("the hypervisor refuses a TLB flush");
    }
}

void paging_protect_page(const void *page, uint64_t flags)
{
    if (update_va_mapping(page, page_mfn(page) * PAGE_SIZE | flags,
                          UVMF_INVLPG | UVMF_LOCAL) != 0) {
        kernel_panic("the hypervisor refuses a change of a page");
    }
}

void paging_hook(uint64_t address, unsigned int level, const void *table)
{
    paging_protect_page(table, PTE_READ);
    paging_set(address, level, page_mfn(table) * PAGE_SIZE | PTE_TABLE);
    batch_flush();
}

int paging_prepare(uint64_t address)
{
    for (unsigned int level = 4; level > 1; level--) {
        void *table;

        if ((*paging_entry(address, level) & PTE_P) != 0) {
            continue;
        }
        table = page_alloc();
        if (table == NULL) {
            return -ENOMEM;
        }
        paging_hook(address, level, table);
    }
    return 0;
}

/* What an address of the first span may be used for. */
static uint64_t kernel_entry(uint64_t address, uint64_t entry)
{
    const uint8_t *at = (const uint8_t *)address;

    if (at < image_start || at >= image_rodata_end) {
        return entry | PTE_NX;
    }
    if (at < image_text_end) {
        return entry & ~PTE_RW;
    }
    return (entry & ~PTE_RW) | PTE_NX;
}

void paging_protect_kernel(uint64_t mapped_end)
{
    uint64_t span_end = VIRT_BASE + L1_SPAN;

    for (uint64_t at = VIRT_BASE; at < span_end && at < mapped_end;
         at += PAGE_SIZE) {
        paging_set(at, 1, kernel_entry(at, *paging_entry(at, 1)));
    }
    for (uint64_t at = span_end; at < mapped_end; at += L1_SPAN) {
        paging_set(at, 2, *paging_entry(at, 2) | PTE_NX);
    }
    paging_commit();
}
