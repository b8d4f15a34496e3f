/* SPDX-License-Identifier: MIT */
/* Events of a boot have a place in the manifest; run-time records are judged by
 * what was launched. */
#include "attest/cmd/log_component.h"

#include "attest/guest_launch.h"
#include "attest/match.h"
#include "lib/vouchlog.h"

#define UNEXPLAINED "?"
#define NO_CONCERN  "-"

void log_component_collect(struct appraiser *appraiser)
{
    bool is_exclusive =
        (appraiser->replay.extended >> VOUCHLOG_PCR_BOOT & 1) != 0;
    runtime_collect(&appraiser->replay,
                    is_exclusive ? VOUCHLOG_PCR_RUN : VOUCHLOG_PCR_RUN_SHARED,
                    &appraiser->runtime);
}

/* ---- what was launched ---- */

static bool has_label(const struct reference_image *image, struct bytes label)
{
    return bytes_equal(record_label_type(label), bytes_of_text(image->type)) &&
           (image->user == NULL ||
            bytes_equal(record_label_user(label), bytes_of_text(image->user)));
}

static bool is_of(const struct reference_images *images,
                  const struct record_launch *launch)
{
    for (size_t i = 0; i < images->count; i++) {
        if (guest_launch_is_whole(&images->items[i], launch) &&
            has_label(&images->items[i], launch->label)) {
            return true;
        }
    }
    return false;
}

/* A vTPM of another image is a concern of each manifest that has vTPMs. */
static const char *component_of_launch(const struct reference *reference,
                                       const struct runtime_record *record)
{
    if (guest_launch_is_vtpm(record)) {
        return is_of(&reference->vtpms, &record->launch)
                   ? component_name(COMPONENT_VTPM)
               : reference->vtpms.count != 0 ? UNEXPLAINED
                                             : NO_CONCERN;
    }
    return is_of(&reference->guests, &record->launch)
               ? component_name(COMPONENT_GUEST)
               : NO_CONCERN;
}

/* One is worth what the vTPM is that registered it. */
static const char *component_of_identity(const struct reference *reference,
                                         const struct runtime *runtime,
                                         const struct runtime_record *identity)
{
    for (size_t i = 0; i < runtime->count; i++) {
        const struct runtime_record *record = &runtime->records[i];
        if (guest_launch_is_vtpm(record) &&
            record->launch.instance == identity->identity.vtpm &&
            is_of(&reference->vtpms, &record->launch)) {
            return component_name(COMPONENT_VTPM_IDENTITY);
        }
    }
    return NO_CONCERN;
}

static const char *component_at_run_time(const struct reference *reference,
                                         const struct runtime *runtime,
                                         size_t number)
{
    for (size_t i = 0; i < runtime->count; i++) {
        const struct runtime_record *record = &runtime->records[i];
        if (record->number != number) {
            continue;
        }
        return record->kind == RUNTIME_LAUNCH
                   ? component_of_launch(reference, record)
                   : component_of_identity(reference, runtime, record);
    }
    return UNEXPLAINED;
}

/* ---- events of the boot ---- */

static const char *component_in(struct hasher *hasher,
                                const struct reference_events *events,
                                const struct match_found *found)
{
    for (size_t i = 0; i < events->count; i++) {
        uint32_t mask;
        const struct reference_event *item = &events->items[i];
        if (match_events(hasher, item, found, &mask) == MATCH_SAME) {
            return component_name(item->component);
        }
    }
    return NULL;
}

const char *log_component(struct appraiser *appraiser,
                          const struct reference *reference, size_t number)
{
    const struct replay_event *event = &appraiser->replay.events[number - 1];
    const struct match_found found = {
        .event = &event->event, .cover = event->cover, .pcr = event->event.pcr};
    for (size_t i = 0; i < reference->firmware_count; i++) {
        const struct reference_firmware *firmware = &reference->firmwares[i];
        const struct reference_events *lists[] = {
            &firmware->before, &reference->boot, &firmware->after,
            &reference->hypervisor};
        for (size_t j = 0; j < sizeof(lists) / sizeof(lists[0]); j++) {
            const char *name =
                component_in(&appraiser->hasher, lists[j], &found);
            if (name != NULL) {
                return name;
            }
        }
    }
    return component_at_run_time(reference, &appraiser->runtime, number);
}
