/* SPDX-License-Identifier: MIT */
/*
 * PCR values for an approval: as a file says them, as a machine's event log
 * leads to them, or as a manifest predicts them.
 */
#ifndef VOUCH_ATTEST_CMD_PCR_VALUES_H
#define VOUCH_ATTEST_CMD_PCR_VALUES_H

#include "attest/approve.h"

/* Where from: one of pcrs, log, and manifest with its manifest_key. firmware:
 * the name of one of the manifest's; NULL if it has only one. */
struct pcr_sources {
    const char *pcrs, *log, *manifest, *manifest_key, *firmware;
};

struct pcr_values {
    uint32_t known; /* bit n: PCR n has a value */
    struct sha256_digest values[APPROVE_PCRS];
};

/* False: and that was said, in the command's name. */
NODISCARD bool pcr_values_get(const char *command,
                              const struct pcr_sources *from,
                              struct pcr_values *out);

/* text up to the next end, which is taken as well. */
struct bytes pcr_values_take(struct bytes *text, uint8_t end);
/* A PCR's number that is not in seen yet, and is then. */
NODISCARD bool pcr_values_number(struct bytes text, uint32_t *seen,
                                 uint64_t *pcr);

#endif
