/* SPDX-License-Identifier: MIT */
/*
 * A guest's own grant table, mapped, and one operation at a time.  A guest may
 * grant to itself, so that one guest can play both sides.
 */
#ifndef TESTS_GUEST_LIB_GRANT_H
#define TESTS_GUEST_LIB_GRANT_H

#include "guest.h"

/* The entries, once grants_init() mapped the first frames of the table. */
extern volatile struct grant_entry_v1 *grants;
extern unsigned int grants_count;
/* Whose grants are mapped: the guest's own id, as DOMID_SELF names nobody. */
extern domid_t grants_from;
#define GRANT_VA 0xffffca0000000000ull

void grants_init(unsigned int frames);

/* Lets domain use the frame: flags as GTF_readonly. */
void grant_give(unsigned int ref, domid_t domain, uint64_t mfn,
                unsigned int flags);

/* The status; *handle where there is one. */
int grant_map(struct gnttab_map_grant_ref *op);
int grant_map_at(uint64_t va, unsigned int flags, unsigned int ref,
                 grant_handle_t *handle);
int grant_unmap(uint64_t host_addr, uint64_t dev_bus_addr,
                grant_handle_t handle);

#endif
