/* SPDX-License-Identifier: MIT */
/*
 * Evidence. Whoever asks while the TPM is at work waits for its next quote,
 * which is one for all who wait: over the root of the tree of what they asked.
 * The quote is made by another process (`vouch quote`), so that a slow TPM
 * holds nobody up here.
 */
#ifndef VOUCH_DOM0_VOUCHD_BATCH_H
#define VOUCH_DOM0_VOUCHD_BATCH_H

#include <time.h>

#include "attest/merkle.h"
#include "dom0/vouchd/hypervisor.h"
#include "dom0/vouchd/peer.h"
#include "dom0/vouchd/quoter.h"

#define BATCH_MAX DOMAINS_MAX

struct waiting {
    struct peer *peer; /* NULL: gone meanwhile */
    struct request request; /* type and id only */
    struct sha256_digest leaf;
};

struct batch {
    struct hypervisor *hypervisor;
    struct quoter quoter;
    /* The first `asked` are in the tree that is being signed. */
    struct waiting waiting[BATCH_MAX];
    size_t count, asked;
    unsigned attempt;
    struct bytes log; /* as it was before the quote */
    struct merkle_tree tree;
};

void batch_init(struct batch *batch, struct hypervisor *hypervisor,
                const struct quoter_options *options);
/* The question of a peer that has no other one waiting. */
void batch_add(struct batch *batch, struct peer *peer,
               const struct request *request);
void batch_forget(struct batch *batch, const struct peer *peer);

/* To be polled for reading; -1 if there is nothing to wait for. */
int batch_descriptor(const struct batch *batch);
/* To be called when that is readable, and every second. */
void batch_run(struct batch *batch, bool is_readable);

#endif
