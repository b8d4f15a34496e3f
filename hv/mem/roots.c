/* SPDX-License-Identifier: MIT */
/* Roots, the L4 tables: what of them is ours, and how an address is found. */
#include "hv/mem/roots.h"

#include "hv/cpu/paging.h"
#include "hv/mem/table.h"
#include "lib/string.h"

void root_install_hypervisor(uint64_t *l4)
{
    const uint64_t *ours = maddr_to_hva(idle_root);

    for (unsigned int i = HV_SLOT_FIRST; i < HV_SLOT_END; i++) {
        l4[i] = ours[i];
    }
    l4[HV_SLOT_FIRST] = 0;
}

void root_remove_hypervisor(uint64_t *l4)
{
    memset(&l4[HV_SLOT_FIRST], 0, (HV_SLOT_END - HV_SLOT_FIRST) * sizeof(*l4));
}

/* The table of the next level that maps va, or NULL. */
static always_inline uint64_t *table_below(const uint64_t *table, uint64_t va,
                                           unsigned int shift)
{
    uint64_t entry = table[va >> shift & (ENTRIES - 1)];

    return likely(entry & PTE_P) ? mfn_to_hva(pte_mfn(entry)) : NULL;
}

uint64_t *root_find_l1(maddr_t root, uint64_t va)
{
    uint64_t *table = maddr_to_hva(root);

    if (unlikely(!is_guest_range(va, 1) || !is_canonical(va)) ||
        (table = table_below(table, va, 39)) == NULL ||
        (table = table_below(table, va, 30)) == NULL ||
        (table = table_below(table, va, 21)) == NULL) {
        return NULL;
    }
    return &table[va >> 12 & (ENTRIES - 1)];
}
