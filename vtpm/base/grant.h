/* SPDX-License-Identifier: MIT */
/*
 * Grants, version 1: pages of ours that one other domain may map, and one
 * page of another domain's at a time. Results are 0 or a negated errno.
 */
#ifndef VOUCH_VTPM_BASE_GRANT_H
#define VOUCH_VTPM_BASE_GRANT_H

#include "vtpm/base/kernel.h"

struct grant_mapping {
    void *page; /* NULL: nothing is mapped */
    uint32_t handle;
};

void grant_init(void);

/* Lets domid read and write the page (of page_alloc()). */
NODISCARD int grant_give(uint16_t domid, const void *page, uint32_t *ref);
/* Takes it back. False: domid still has it mapped, so the page must not be
 * used for anything else; ask again later. */
NODISCARD bool grant_end(uint32_t ref);

/* Maps what domid granted as ref, to read and write. */
NODISCARD int grant_map(uint16_t domid, uint32_t ref,
                        struct grant_mapping *out);
/* For what was not mapped, nothing. */
void grant_unmap(struct grant_mapping *mapping);

#endif
