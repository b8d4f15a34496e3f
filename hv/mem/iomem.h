/* SPDX-License-Identifier: MIT */
/* Device memory: which of the machine's frames that are not RAM a domain may
 * map. */
#pragma once

#include "hv/base/compiler.h"
#include "hv/base/types.h"

/* Inclusive. */
struct number_range {
    uint64_t first, last;
};

static inline bool number_in_range(uint64_t number,
                                   const struct number_range *range)
{
    return number >= range->first && number <= range->last;
}

/* Constant once its domain runs. */
struct iomem {
    const struct number_range *denied; /* all frames but these; NULL: none */
    uint32_t denied_count;
    struct number_range read_only; /* mapped without RW; empty: 1, 0 */
};

/* Whether this frame, which is not RAM, may be mapped. */
bool iomem_permitted(const struct iomem *iomem, mfn_t mfn);
