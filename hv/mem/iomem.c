/* SPDX-License-Identifier: MIT */
/* Device memory: all or nothing of it, and what is the hypervisor's alone. */
#include "hv/mem/iomem.h"

bool iomem_permitted(const struct iomem *iomem, mfn_t mfn)
{
    for (uint32_t i = 0; i < iomem->denied_count; i++) {
        if (number_in_range(mfn.n, &iomem->denied[i])) {
            return false;
        }
    }
    return iomem->denied != NULL;
}
