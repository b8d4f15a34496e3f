/* SPDX-License-Identifier: MIT */
/* What the two halves of prediction share: GRUB's (predict.c) and the
 * hypervisor's (predict_records.c). */
#ifndef VOUCH_ATTEST_PREDICT_PARTS_H
#define VOUCH_ATTEST_PREDICT_PARTS_H

#include "attest/predict.h"

struct prediction {
    struct hasher *hasher;
    const struct predict_input *input;
    struct grub_trace *trace;
    json_t *boot, *hypervisor;
    const struct grub_step *files[COMPONENT_COUNT]; /* of what was loaded */
    const char *cmdline, *dom0_cmdline;
    bool has_config; /* the first configuration file was seen */
};

/* A reference event without its digests. */
json_t *predict_event(uint32_t pcr, uint32_t type, enum component component,
                      const char *data);
json_t *predict_digest(const struct sha256_digest *digest);

/* The hypervisor's own events, for what GRUB will have loaded. */
NODISCARD bool predict_records(struct prediction *prediction);

#endif
