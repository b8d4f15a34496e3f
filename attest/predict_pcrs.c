/* SPDX-License-Identifier: MIT */
/* PCR values by replaying reference values instead of a log. */
#include "attest/predict_pcrs.h"

#include "lib/eventlog.h"

static bool extend(struct hasher *hasher, const struct reference_event *event,
                   struct sha256_digest values[24], uint32_t *known)
{
    if (event->type == EV_NO_ACTION) {
        return true;
    }
    if (event->digest_count != 1 || event->pcr >= 24) {
        return false;
    }
    struct sha256_digest *value = &values[event->pcr];
    *value = hash_pair(hasher, sha256_bytes(value),
                       sha256_bytes(&event->digests[0]));
    *known |= UINT32_C(1) << event->pcr;
    return true;
}

bool predict_pcrs(struct hasher *hasher, const struct reference *reference,
                  const struct reference_firmware *firmware,
                  struct sha256_digest values[24], uint32_t *known)
{
    const struct reference_events *lists[] = {
        &firmware->before, &reference->boot, &firmware->after,
        &reference->hypervisor};
    memset(values, 0, 24 * sizeof(*values));
    *known = 0;
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        for (size_t j = 0; j < lists[i]->count; j++) {
            if (!extend(hasher, &lists[i]->items[j], values, known)) {
                return false;
            }
        }
    }
    return true;
}
