/* SPDX-License-Identifier: MIT */
/*
 * The answers for every pair of live labels. A cell holds the number of a row;
 * equal answers share one row, which counts its cells. Row 0 grants nothing
 * and is what cells of dead labels hold.
 */
#ifndef VOUCH_XSM_MATRIX_H
#define VOUCH_XSM_MATRIX_H

#include "xsm/access.h"

struct xsm_planes {
    uint16_t *cell; /* as in struct xsm */
    uint32_t *fast;
    struct access *rows;
    uint32_t *cells_of; /* by row: how many cells hold it */
    uint32_t shift;
    uint32_t capacity;
    uint32_t used;
};

NODISCARD bool matrix_init(struct xsm *xsm, uint16_t labels);

/* Work out cell (source, target), which is clear. False: no row is free. */
NODISCARD bool matrix_fill(struct xsm *xsm, label_t source, label_t target,
                           struct policy_context source_context,
                           struct policy_context target_context);
void matrix_clear(struct xsm *xsm, label_t source, label_t target);

static inline const struct access *matrix_at(const struct xsm_planes *planes,
                                             label_t source, label_t target)
{
    size_t at = (size_t)source.index << planes->shift | target.index;
    return &planes->rows[planes->cell[at]];
}

static inline bool matrix_is_filled(const struct xsm_planes *planes,
                                    label_t source, label_t target)
{
    size_t at = (size_t)source.index << planes->shift | target.index;
    return planes->cell[at] != 0;
}

#endif
