/* SPDX-License-Identifier: MIT */
/* See window.h: one page table, of which the first 64 entries are used. */
#include "vtpm/base/window.h"

#include "vtpm/base/hypercall.h"
#include "vtpm/base/paging.h"

#define SLOTS 64

static uint64_t slots_used; /* a bit for each */

void window_init(void)
{
    if (paging_prepare(WINDOW_START) != 0) {
        kernel_panic("no memory for a page table");
    }
}

void *window_alloc(void)
{
    unsigned int slot;

    if (slots_used == ~0ul) {
        return NULL;
    }
    slot = (unsigned int)__builtin_ctzll(~slots_used);
    slots_used |= 1ul << slot;
    return (void *)(WINDOW_START + slot * PAGE_SIZE);
}

void window_free(void *address)
{
    slots_used &= ~(1ul << ((uint64_t)address - WINDOW_START) / PAGE_SIZE);
}

void *window_map(uint64_t mfn)
{
    void *address = window_alloc();

    if (address == NULL) {
        return NULL;
    }
    if (update_va_mapping(address, mfn * PAGE_SIZE | PTE_WRITE,
                          UVMF_INVLPG | UVMF_LOCAL) != 0) {
        window_free(address);
        return NULL;
    }
    return address;
}

void window_unmap(void *address)
{
    if (address == NULL) {
        return;
    }
    if (update_va_mapping(address, 0, UVMF_INVLPG | UVMF_LOCAL) != 0) {
        kernel_panic("the hypervisor refuses to unmap a page");
    }
    window_free(address);
}
