/* SPDX-License-Identifier: MIT */
/*
 * Direct paging helpers.  The p2m list is the one start_info names; frames of
 * the image's window are reached by address arithmetic, because the builder
 * maps PFN n at VIRT_BASE + n pages.
 */
#include "paging.h"

#define POOL_PAGES 384

static uint8_t pool[POOL_PAGES][PAGE_SIZE]
    __attribute__((aligned(4096), section(".bss.pages")));
static unsigned int pool_used;
static uint64_t spare_next;
static uint64_t current_root;

static uint64_t *p2m_list(void)
{
    return (uint64_t *)start_info->mfn_list;
}

uint64_t pfn_to_mfn(uint64_t pfn)
{
    return p2m_list()[pfn];
}

void p2m_set(uint64_t pfn, uint64_t mfn)
{
    p2m_list()[pfn] = mfn;
}

uint64_t mfn_to_pfn(uint64_t mfn)
{
    return ((const volatile uint64_t *)HV_START)[mfn];
}

uint64_t virt_to_mfn(const void *va)
{
    return pfn_to_mfn(((uint64_t)va - VIRT_BASE) / PAGE_SIZE);
}

void *mfn_to_virt(uint64_t mfn)
{
    return (void *)(VIRT_BASE + mfn_to_pfn(mfn) * PAGE_SIZE);
}

void paging_init(void)
{
    current_root = virt_to_mfn((void *)start_info->pt_base);
    /* Upwards of everything the builder placed. */
    spare_next = start_info->first_p2m_pfn + start_info->nr_p2m_frames;
    if (spare_next < 4096) {
        spare_next = 4096;
    }
}

void *page_alloc(void)
{
    if (pool_used == POOL_PAGES) {
        guest_fail("page pool is empty");
    }
    return pool[pool_used++];
}

uint64_t spare_pfn(void)
{
    if (spare_next >= start_info->nr_pages) {
        guest_fail("no spare frame: give the guest more memory");
    }
    return spare_next++;
}

uint64_t root_mfn(void)
{
    return current_root;
}

static unsigned int slot_of(uint64_t va, unsigned int level)
{
    return (va >> (12 + 9 * (level - 1))) & 511;
}

volatile uint64_t *pte_pointer(uint64_t va, unsigned int level)
{
    uint64_t table = current_root;

    for (unsigned int at = 4;; at--) {
        volatile uint64_t *entry =
            (volatile uint64_t *)mfn_to_virt(table) + slot_of(va, at);

        if (at == level) {
            return entry;
        }
        if ((*entry & PTE_P) == 0) {
            return NULL;
        }
        table = pte_mfn(*entry);
    }
}

uint64_t pte_maddr(uint64_t va, unsigned int level)
{
    volatile uint64_t *entry = pte_pointer(va, level);

    if (entry == NULL) {
        guest_fail("page-table entry does not exist");
    }
    return virt_to_mfn((void *)entry) * PAGE_SIZE +
           ((uint64_t)entry & (PAGE_SIZE - 1));
}

long pte_update(uint64_t maddr, uint64_t value)
{
    struct mmu_update update = {.ptr = maddr, .val = value};

    return mmu_update(&update, 1, NULL, DOMID_SELF);
}

long mmuext_one(unsigned int cmd, uint64_t mfn)
{
    struct mmuext_op op = {.cmd = cmd, .arg1.mfn = mfn};

    return mmuext_op(&op, 1, NULL, DOMID_SELF);
}

void map_prepare(uint64_t va)
{
    for (unsigned int level = 4; level > 1; level--) {
        volatile uint64_t *entry = pte_pointer(va, level);

        if ((*entry & PTE_P) == 0) {
            void *table = page_alloc();

            page_make_ro(table);
            if (pte_update(pte_maddr(va, level),
                           pte_make(virt_to_mfn(table),
                                    PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D)) !=
                0) {
                guest_fail("hooking an empty page table");
            }
        }
    }
}

void map_page(uint64_t va, uint64_t pte)
{
    map_prepare(va);
    if (update_va_mapping(va, pte, UVMF_INVLPG | UVMF_ALL) != 0) {
        guest_fail("mapping a page of our own");
    }
}

static void page_remap(void *page, uint64_t flags)
{
    if (update_va_mapping(page, pte_make(virt_to_mfn(page), flags),
                          UVMF_INVLPG | UVMF_ALL) != 0) {
        guest_fail("changing the access of a page");
    }
}

void page_make_ro(void *page)
{
    page_remap(page, PTE_P | PTE_US | PTE_A);
}

void page_make_rw(void *page)
{
    page_remap(page, PTE_P | PTE_RW | PTE_US | PTE_A | PTE_D);
}
