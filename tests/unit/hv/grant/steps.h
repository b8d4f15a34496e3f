/* SPDX-License-Identifier: MIT */
/* What the tests of grant tables do all the time, in one line each. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "hv/base/errno.h"
#include "hv/cpu/cpu.h"
#include "world.h"

static inline void check(unsigned int step)
{
    const char *problem = oracle_check();

    if (problem != NULL) {
        fail_msg("step %u: %s", step, problem);
    }
}

/* A frame of the side's that nothing uses. */
static inline uint64_t plain_frame(unsigned int side, unsigned int number)
{
    for (uint64_t mfn = 0; mfn < FRAMES; mfn++) {
        if (frame_table[mfn].owner == side && frame_table[mfn].refs == 1 &&
            frame_table[mfn].type == 0 && number-- == 0) {
            return mfn;
        }
    }
    abort();
}

static inline int16_t map_slot(unsigned int side, unsigned int granter,
                               uint32_t ref, unsigned int slot, uint32_t flags,
                               uint32_t *handle)
{
    struct gnttab_map_grant_ref op = {
        .host_addr = flags & GNTMAP_host_map ? slot_va(slot) : 0,
        .flags = flags,
        .ref = ref,
        .dom = (domid_t)granter,
    };

    if (flags & GNTMAP_contains_pte) {
        op.host_addr = slot_maddr(side, slot);
    }
    assert_int_equal(map(side, &op), 0);
    if (handle != NULL) {
        *handle = op.handle;
    }
    return op.status;
}

static inline int16_t unmap_handle(unsigned int side, uint32_t handle)
{
    struct gnttab_unmap_grant_ref op = {
        .handle = handle,
        .host_addr = held[side][handle].host_addr,
        .dev_bus_addr = held[side][handle].frame << PAGE_SHIFT,
    };

    assert_int_equal(unmap(side, &op), 0);
    return op.status;
}

/* A domain that no longer runs: all it mapped goes. */
static inline void domain_die(unsigned int side)
{
    int rc;

    do {
        machine_run(1 - side);
        fake_cpu->budget = 1; /* one frame of handles at a time */
        rc = grant_domain_destroy(&sides[side]);
    } while (rc == -ERESTART);
    assert_int_equal(rc, 0);
    memset(held[side], 0, sizeof(held[side]));
}
