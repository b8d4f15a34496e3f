/* SPDX-License-Identifier: MIT */
/*
 * See space.h. Two roots share one table of the third level: the program's,
 * which has nothing else, and the kernel's.
 */
#include "vtpm/base/space.h"

#include "vtpm/base/errno.h"
#include "vtpm/base/hypercall.h"
#include "vtpm/base/page.h"
#include "vtpm/base/paging.h"

void space_init(void)
{
    uint64_t *root = page_alloc();
    struct mmuext_op operations[2] = {
        {.cmd = MMUEXT_PIN_L4_TABLE},
        {.cmd = MMUEXT_NEW_USER_BASEPTR},
    };

    if (root == NULL || paging_prepare(SPACE_START) != 0) {
        kernel_panic("no memory for page tables");
    }
    root[0] = *paging_entry(0, 4);
    paging_protect_page(root, PTE_READ);
    operations[0].arg1.mfn = page_mfn(root);
    operations[1].arg1.mfn = page_mfn(root);
    if (mmuext_op(operations, 2) != 0) {
        kernel_panic("the hypervisor refuses the program's page tables");
    }
}

static uint64_t flags_of(enum space_access access)
{
    switch (access) {
    case SPACE_NONE:
        return PTE_READ & ~PTE_P;
    case SPACE_READ:
        return PTE_READ;
    case SPACE_WRITE:
        return PTE_WRITE;
    case SPACE_EXECUTE:
        return PTE_EXECUTE;
    }
    return 0;
}

uint64_t space_entry(uint64_t address)
{
    const volatile uint64_t *entry =
        address < SPACE_LIMIT ? paging_entry(address, 1) : NULL;

    return entry == NULL ? 0 : *entry;
}

void *space_page(uint64_t address)
{
    uint64_t entry = space_entry(address);

    return entry == 0 ? NULL : page_of_mfn((entry & PTE_MFN) / PAGE_SIZE);
}

static bool is_free(uint64_t address, uint64_t size)
{
    for (uint64_t at = address; at < address + size; at += PAGE_SIZE) {
        if (space_entry(at) != 0) {
            return false;
        }
    }
    return true;
}

/* What comes from page is mapped; a page of our own if it is NULL. */
static int map_one(uint64_t address, const void *page, uint64_t flags)
{
    void *fresh = NULL;

    if (paging_prepare(address) != 0) {
        return -ENOMEM;
    }
    if (page == NULL) {
        fresh = page_alloc();
        if (fresh == NULL) {
            return -ENOMEM;
        }
        page = fresh;
        flags |= PTE_PAGE;
    }
    paging_set(address, 1, page_mfn(page) * PAGE_SIZE | flags);
    return 0;
}

static int map(uint64_t address, const uint8_t *pages, uint64_t size,
               uint64_t flags)
{
    int result = 0;
    uint64_t done;

    if (!is_free(address, size)) {
        return -EINVAL;
    }
    for (done = 0; done < size; done += PAGE_SIZE) {
        result =
            map_one(address + done, pages == NULL ? NULL : pages + done, flags);
        if (result != 0) {
            break;
        }
    }
    paging_commit();
    if (result != 0) {
        space_unmap(address, done);
    }
    return result;
}

int space_map(uint64_t address, uint64_t size, enum space_access access)
{
    /* Else one large request would take all pages to give them back. */
    if (size / PAGE_SIZE > page_free_count()) {
        return -ENOMEM;
    }
    return map(address, NULL, size, flags_of(access));
}

int space_map_kernel(uint64_t address, const void *pages, uint64_t size,
                     enum space_access access)
{
    return map(address, pages, size, flags_of(access));
}

#define UNMAP_PAGES 64

/* Up to UNMAP_PAGES pages: only what no entry names any more is free. */
static void unmap_some(uint64_t address, uint64_t size)
{
    void *pages[UNMAP_PAGES];
    size_t count = 0;

    for (uint64_t at = address; at < address + size; at += PAGE_SIZE) {
        uint64_t entry = space_entry(at);

        if (entry == 0) {
            continue;
        }
        if ((entry & PTE_PAGE) != 0) {
            pages[count++] = page_of_mfn((entry & PTE_MFN) / PAGE_SIZE);
        }
        paging_set(at, 1, 0);
    }
    paging_commit();
    while (count != 0) {
        page_free(pages[--count]);
    }
}

void space_unmap(uint64_t address, uint64_t size)
{
    while (size != 0) {
        uint64_t some =
            size < UNMAP_PAGES * PAGE_SIZE ? size : UNMAP_PAGES * PAGE_SIZE;

        unmap_some(address, some);
        address += some;
        size -= some;
    }
}

int space_protect(uint64_t address, uint64_t size, enum space_access access)
{
    uint64_t flags = flags_of(access);

    if (access == SPACE_EXECUTE) {
        return -EACCES;
    }
    for (uint64_t at = address; at < address + size; at += PAGE_SIZE) {
        uint64_t entry = space_entry(at);

        if (entry == 0) {
            return -ENOMEM;
        }
        /* What is the kernel's stays as it was mapped, or less. */
        if ((entry & PTE_PAGE) == 0 && access == SPACE_WRITE) {
            return -EACCES;
        }
    }
    for (uint64_t at = address; at < address + size; at += PAGE_SIZE) {
        uint64_t kept = space_entry(at) & (PTE_MFN | PTE_PAGE);

        paging_set(at, 1, kept | flags);
    }
    paging_commit();
    return 0;
}

uint64_t space_find(uint64_t size)
{
    uint64_t start = SPACE_MAP_START;

    if (size > SPACE_END - SPACE_MAP_START) {
        return 0;
    }
    for (uint64_t at = start; at - start < size; at += PAGE_SIZE) {
        if (at >= SPACE_END) {
            return 0;
        }
        if (space_entry(at) != 0) {
            start = at + PAGE_SIZE;
        }
    }
    return start;
}
