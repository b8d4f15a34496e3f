/* SPDX-License-Identifier: MIT */
/*
 * Two domains with page tables and grant tables, on the machine of the
 * page-type tests, and the calls a guest would make.  What a mapping is meant
 * to hold is written down here, for the oracle.
 */
#pragma once

#include "hv/grant/internal.h"
#include "tests/unit/hv/mem/machine.h"

#define SLOTS   6u /* addresses that may be mapped: three in each of two L1s */
#define REFS    6u /* entries that are used */
#define HANDLES (2 * MAPPINGS_PER_FRAME)

struct held {
    uint8_t parts; /* GNTMAP_host_map, GNTMAP_device_map; 0: no mapping */
    bool writes;
    unsigned int granter;
    uint32_t ref;
    uint64_t frame, host_addr;
    uint64_t *slot;
};
extern struct held held[2][HANDLES];
/* The granter wrote the entry while it was in use. */
extern bool tampered[2][REFS];
extern bool policy_denies;
extern void (*at_permit)(void); /* before the policy answers; or NULL */
/* A call that should have ended otherwise, if there was one. */
extern const char *surprise;

void world_reset(void);

uint64_t slot_va(unsigned int slot);
uint64_t *slot_of(unsigned int side, unsigned int slot);
uint64_t slot_maddr(unsigned int side, unsigned int slot);
uint64_t *entry_of(unsigned int side, uint32_t ref);
/* The table of level 2, for dropping an L1 and hooking it in again. */
uint64_t l2_of(unsigned int side);
uint64_t l1_of(unsigned int side, unsigned int number);

void give(unsigned int side, uint32_t ref, unsigned int user, uint64_t frame,
          uint16_t flags);
/* These make the call; its result is theirs, the status in the structure. */
long map(unsigned int side, struct gnttab_map_grant_ref *op);
long unmap(unsigned int side, struct gnttab_unmap_grant_ref *op);
long copy(unsigned int side, struct gnttab_copy *op);
long grants_call(unsigned int side, uint64_t operation, void *ops,
                 uint64_t count);
/* How often the last call was continued. */
extern unsigned int continued;
/* A plain update of a table's entry. */
long update(unsigned int side, uint64_t frame, unsigned int index,
            uint64_t value);

/* NULL, or what is wrong first. */
const char *oracle_check(void);
