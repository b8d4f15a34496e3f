/* SPDX-License-Identifier: MIT */
/* Sharing of rows: a few tens of distinct ones serve thousands of cells. */
#include "xsm/matrix.h"

#include "xsm/arena.h"

#define ROWS_MIN 64

bool matrix_init(struct xsm *xsm, uint16_t labels)
{
    struct xsm_arena *arena = xsm->arena;
    struct xsm_planes *planes = arena_take(arena, 1, sizeof(*planes));
    if (planes == NULL) {
        return false;
    }
    planes->shift = (uint32_t)__builtin_ctz(labels);
    planes->capacity = labels < ROWS_MIN ? ROWS_MIN : labels;
    planes->used = 1;
    planes->cell = arena_take(arena, (size_t)labels * labels, sizeof(uint16_t));
    planes->fast = arena_take(arena, (size_t)planes->capacity << XSM_ROW_SHIFT,
                              sizeof(uint32_t));
    planes->rows = arena_take(arena, planes->capacity, sizeof(struct access));
    planes->cells_of = arena_take(arena, planes->capacity, sizeof(uint32_t));
    if (planes->cell == NULL || planes->fast == NULL || planes->rows == NULL ||
        planes->cells_of == NULL) {
        return false;
    }
    memset(planes->rows[0].audit_deny, 0xff,
           sizeof(planes->rows[0].audit_deny));
    xsm->planes = planes;
    xsm->cell = planes->cell;
    xsm->fast = planes->fast;
    xsm->stride = labels;
    xsm->mask = labels - 1U;
    return true;
}

static void set_row(struct xsm_planes *planes, uint32_t row,
                    const struct access *access)
{
    planes->rows[row] = *access;
    for (uint32_t own = 0; own < XSM_CLASSES; own++) {
        planes->fast[row << XSM_ROW_SHIFT | own] =
            access->allow[own] & ~access->audit_allow[own];
    }
}

/* The row that says access; 0 if there is none and no room for one, since row
 * 0 is only for cells of dead labels. */
static uint32_t row_of(struct xsm_planes *planes, const struct access *access)
{
    uint32_t free_row = 0;
    for (uint32_t row = planes->used - 1; row > 0; row--) {
        if (planes->cells_of[row] == 0) {
            free_row = row;
        } else if (memcmp(&planes->rows[row], access, sizeof(*access)) == 0) {
            return row;
        }
    }
    if (free_row == 0 && planes->used < planes->capacity) {
        free_row = planes->used;
        planes->used++;
    }
    if (free_row != 0) {
        set_row(planes, free_row, access);
    }
    return free_row;
}

bool matrix_fill(struct xsm *xsm, label_t source, label_t target,
                 struct policy_context source_context,
                 struct policy_context target_context)
{
    struct xsm_planes *planes = xsm->planes;
    struct access access;
    access_compute(xsm->policy, source_context, target_context, &access);
    uint32_t row = row_of(planes, &access);
    if (row == 0) {
        return false;
    }
    planes->cells_of[row]++;
    planes->cell[(size_t)source.index << planes->shift | target.index] =
        (uint16_t)row;
    return true;
}

void matrix_clear(struct xsm *xsm, label_t source, label_t target)
{
    struct xsm_planes *planes = xsm->planes;
    uint16_t *cell =
        &planes->cell[(size_t)source.index << planes->shift | target.index];
    if (*cell != 0) {
        planes->cells_of[*cell]--;
        *cell = 0;
    }
}
