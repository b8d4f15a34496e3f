/* SPDX-License-Identifier: MIT */
/*
 * Grant tables, version 1.  A domain (the granter) writes into its table, in
 * frames that we lend it, which of its frames one other domain may map or
 * copy.  A domain that maps (the mapper) gets a handle for each mapping.
 *   - While a mapping or a copy uses an entry, the granter sees GTF_reading,
 *     and GTF_writing if it writes; the last use clears them, after the
 *     mapper's CPUs forgot their translations.
 *   - A page-table entry that a mapping made holds its own references on the
 *     frame, as any entry does; a device mapping's are held by its handle.
 *   - A live handle holds a reference on the granter's struct domain.
 */
#pragma once

#include "hv/domain/domain.h"

#define GRANT_FRAMES_MAX 64u /* 512 entries each */

/*
 * Limits as createdomain has them: negative means the default.  0, -EINVAL or
 * -ENOMEM.
 */
int grant_domain_init(struct domain *domain, int32_t max_frames,
                      int32_t max_maptrack_frames) NODISCARD;
/*
 * For a domain that no longer runs: nobody can begin to use its entries, and
 * all it mapped is unmapped.  What others have mapped of it stays until they
 * unmap it.  0, or -ERESTART after a bounded number: call again.
 */
int grant_domain_destroy(struct domain *domain) NODISCARD;
/* For a domain whose guest is gone: unmaps what it mapped of others.  0, or
 * -ERESTART. */
int grant_drop_maps(struct domain *domain) NODISCARD;
/*
 * Empties its table but for those of its first entries (0 the console's ring, 1
 * the store's) that grant the frame of keep.  To mean anything nobody may map
 * the table: see below.
 */
void grant_empty(struct domain *domain, const mfn_t keep[2]);
/* Whether nobody maps the frames of the table itself. */
bool grant_table_is_unmapped(const struct domain *domain);
/* Last of all, when nobody has a reference on the domain. */
void grant_domain_free(struct domain *domain);

uint32_t grant_frames_max(const struct domain *domain);
/*
 * Where a frame of the table itself is; the table grows up to it.  0, -EINVAL
 * (beyond the limit), -ENOMEM or -ESRCH (dying).
 */
int grant_shared_frame(struct domain *domain, uint64_t frame,
                       mfn_t *mfn) NODISCARD;

/*
 * The granter behind one of mapper's handles, with a reference, or NULL: whom
 * an unmap asks permission on.
 */
struct domain *grant_handle_granter(struct domain *mapper, uint32_t handle);

#define GRANT_NONE 0xffffffffu /* the end of a list of handles */
/*
 * The second half of unmapping: flushes what mapper's CPUs hold, once, and
 * then lets the granters see that the handles on the list are gone.
 */
void grant_unmap_finish(struct domain *mapper, uint32_t waiting);
