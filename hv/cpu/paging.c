/* SPDX-License-Identifier: MIT */
/*
 * Walks and edits the hypervisor's own tables.  A table frame comes from
 * table_alloc(): early memory while booting, the heap afterwards.
 */
#include "hv/cpu/paging.h"

#include "hv/base/asm.h"
#include "hv/base/errno.h"
#include "hv/base/layout.h"
#include "hv/base/log.h"
#include "hv/base/spinlock.h"

#define IOREMAP_END IMAGE_VIRT

maddr_t idle_root;
uint64_t m2p_l4_entry;
maddr_t image_base;

static spinlock_t paging_lock;
static maddr_t (*table_alloc)(void); /* zeroed; address 0: there is none */
static uint64_t table_access_offset; /* from machine address to where it is
                                        mapped now */
static uint64_t ioremap_next = IOREMAP_VIRT;

extern uint8_t image_start[];

void paging_set_table_source(maddr_t (*alloc)(void), uint64_t access_offset)
{
    table_alloc = alloc;
    table_access_offset = access_offset;
}

mfn_t image_mfn(const void *va)
{
    uint64_t offset = (uint64_t)va - (uint64_t)image_start;

    return maddr_to_mfn(MADDR(image_base.a + offset));
}

static uint64_t *table_at(uint64_t address)
{
    return (uint64_t *)(address + table_access_offset);
}

/*
 * The entry of level (1: of a 4 KiB page) that maps va; missing tables above
 * it are made with table_flags, or, if those are 0, NULL is returned.
 */
uint64_t *paging_entry(uint64_t va, unsigned int level, uint64_t table_flags)
{
    uint64_t table = idle_root.a;

    for (unsigned int at = 4;; at--) {
        uint64_t *entry = &table_at(table)[(va >> (12 + 9 * (at - 1))) & 511];

        if (at == level) {
            return entry;
        }
        if ((*entry & HV_PTE_P) == 0) {
            maddr_t made = table_flags == 0 ? MADDR(0) : table_alloc();

            if (made.a == 0) {
                return NULL;
            }
            *entry = made.a | table_flags;
        }
        table = *entry & HV_PTE_ADDRESS;
    }
}

void map_hv_page(uint64_t va, mfn_t mfn, uint64_t flags)
{
    uint64_t *entry;

    spin_lock(&paging_lock);
    entry = paging_entry(va, 1, 0);
    CHECK(entry != NULL);
    __atomic_store_n(entry, mfn_to_maddr(mfn).a | flags, __ATOMIC_RELAXED);
    spin_unlock(&paging_lock);
}

void unmap_hv_page(uint64_t va)
{
    map_hv_page(va, MFN(0), 0);
}

static int reserve_locked(uint64_t va, uint64_t size)
{
    for (uint64_t at = va & PAGE_MASK; at < va + size; at += PAGE_SIZE) {
        if (paging_entry(at, 1, HV_PTE_TABLE) == NULL) {
            return -ENOMEM;
        }
    }
    return 0;
}

int map_hv_reserve(uint64_t va, uint64_t size)
{
    int error;

    spin_lock(&paging_lock);
    error = reserve_locked(va, size);
    spin_unlock(&paging_lock);
    return error;
}

/* Addresses are not used twice: the area holds 64 GiB of device registers. */
static void *map_area(maddr_t start, size_t size, uint64_t flags)
{
    uint64_t first = start.a & PAGE_MASK;
    uint64_t pages = ((start.a - first) + size + PAGE_SIZE - 1) >> PAGE_SHIFT;
    uint64_t va;

    if (size > IOREMAP_END - IOREMAP_VIRT) {
        return NULL;
    }
    spin_lock(&paging_lock);
    va = ioremap_next;
    if (pages > (IOREMAP_END - va) >> PAGE_SHIFT ||
        reserve_locked(va, pages * PAGE_SIZE) != 0) {
        spin_unlock(&paging_lock);
        return NULL;
    }
    ioremap_next = va + (pages + 1) * PAGE_SIZE; /* one page stays unmapped */
    for (uint64_t i = 0; i < pages; i++) {
        *paging_entry(va + i * PAGE_SIZE, 1, 0) =
            (first + i * PAGE_SIZE) | flags;
    }
    spin_unlock(&paging_lock);
    return (void *)(va + (start.a - first));
}

void *ioremap(maddr_t start, size_t size)
{
    return map_area(start, size, HV_PTE_WRITE | HV_PTE_UNCACHED);
}

const void *map_firmware(maddr_t start, size_t size)
{
    return map_area(start, size, HV_PTE_READ);
}

void *map_firmware_writable(maddr_t start, size_t size)
{
    return map_area(start, size, HV_PTE_WRITE);
}

void iounmap(void *va, size_t size)
{
    uint64_t first = (uint64_t)va & PAGE_MASK;

    for (uint64_t at = first; at < (uint64_t)va + size; at += PAGE_SIZE) {
        unmap_hv_page(at);
        invlpg(at);
    }
}
