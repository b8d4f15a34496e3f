/* SPDX-License-Identifier: MIT */
/* What a record says is shown as text of ours, never as it stands there. */
#include "attest/guest_finding.h"

#include <stdio.h>

void guest_finding_add(struct comparison *comparison, enum component component,
                       enum reason reason, const struct runtime_record *record)
{
    struct finding *finding =
        compare_add_finding(comparison, component, reason);
    if (finding == NULL) {
        return;
    }
    finding->pcr = comparison->verdict->is_exclusive ? VOUCHLOG_PCR_RUN
                                                     : VOUCHLOG_PCR_RUN_SHARED;
    if (record == NULL) {
        return;
    }
    finding->event = record->number;
    if (record->kind == RUNTIME_LAUNCH) {
        snprintf(finding->what, sizeof(finding->what),
                 "launch of instance %llu, domain %llu, %.*s",
                 (unsigned long long)record->launch.instance,
                 (unsigned long long)record->launch.domid,
                 (int)record->launch.label.size,
                 (const char *)record->launch.label.data);
    } else {
        snprintf(finding->what, sizeof(finding->what),
                 "identity of guest instance %llu by vTPM instance %llu",
                 (unsigned long long)record->identity.guest,
                 (unsigned long long)record->identity.vtpm);
    }
}

void guest_finding_compare(struct comparison *comparison,
                           enum component component, enum reason reason,
                           const struct sha256_digest digests[2],
                           const struct runtime_record *record)
{
    struct verdict_row *row = &comparison->verdict->rows[component];
    *row = (struct verdict_row){.state = ROW_OK,
                                .has_expected = true,
                                .has_found = true,
                                .expected = digests[0],
                                .found = digests[1]};
    if (sha256_equal(&digests[0], &digests[1])) {
        return;
    }
    size_t before = comparison->verdict->finding_count;
    guest_finding_add(comparison, component, reason, record);
    if (comparison->verdict->finding_count != before) {
        struct finding *finding = &comparison->verdict->findings[before];
        finding->has_expected = finding->has_found = true;
        finding->expected = digests[0];
        finding->found = digests[1];
    }
}
