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

static uint64_t *next_table(uint64_t entry)
{
    return (entry & PTE_P) ? mfn_to_hva(pte_mfn(entry)) : NULL;
}

uint64_t *root_find_l1(maddr_t root, uint64_t va, struct page **l1_page)
{
    uint64_t *table = maddr_to_hva(root);

    if (unlikely(!is_guest_range(va, 1) || !is_canonical(va))) {
        return NULL;
    }
    for (unsigned int shift = 39; shift > 12; shift -= 9) {
        uint64_t entry = table[va >> shift & (ENTRIES - 1)];

        if (shift == 21 && (entry & PTE_P)) {
            *l1_page = &frame_table[pte_mfn(entry).n];
        }
        table = next_table(entry);
        if (unlikely(table == NULL)) {
            return NULL;
        }
    }
    return &table[va >> 12 & (ENTRIES - 1)];
}
