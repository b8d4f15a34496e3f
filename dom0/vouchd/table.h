/* SPDX-License-Identifier: MIT */
/*
 * The hypervisor's table of versions, which decides what state is a replay,
 * kept for it between boots in DIR/table: bytes that nobody else can read or
 * change. Each start begins an epoch: the hypervisor reads the last table and
 * gives the next one, which is stored before it counts.
 */
#ifndef VOUCH_DOM0_VOUCHD_TABLE_H
#define VOUCH_DOM0_VOUCHD_TABLE_H

#include <time.h>

#include "dom0/vouchd/hypervisor.h"

struct table {
    int root;
    struct bytes approval; /* the operator's, of this machine */
    bool is_open;
    uint64_t changes; /* what the stored one has */
    time_t look_at;   /* 0: nothing is expected to change */
    time_t epoch_at;  /* when to try again to begin one; 0: not */
};

/* A table that is not opened leaves vTPMs without their keys; said here. */
void table_open(struct table *table, int root, struct hypervisor *hypervisor);
/* States were forgotten: from now on no earlier table counts. What fails is
 * tried again by table_run(). */
void table_next_epoch(struct table *table, struct hypervisor *hypervisor);
/* A state was stored: the table will be another. */
void table_expect_change(struct table *table);
/* To be called now and then: stores the table if it changed. */
void table_run(struct table *table, struct hypervisor *hypervisor);

#endif
