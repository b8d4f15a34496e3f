/* SPDX-License-Identifier: MIT */
/*
 * The log is two streams whose mixture means nothing: firmware and GRUB (PCR
 * 0-9), and the hypervisor (the rest). Within each the order is as strict as
 * the boot's. Alternatives of a component must be the same one everywhere.
 */
#include "attest/compare.h"

#include <stdio.h>
#include <stdlib.h>

#include "attest/align.h"
#include "attest/describe.h"
#include "attest/match.h"
#include "attest/record.h"

struct finding *compare_add_finding(struct comparison *comparison,
                                    enum component component,
                                    enum reason reason)
{
    struct verdict *verdict = comparison->verdict;
    if (verdict->finding_count == VERDICT_MAX_FINDINGS) {
        verdict->dropped++;
        verdict->dropped_of |= UINT32_C(1) << component;
        return NULL;
    }
    struct finding *finding = &verdict->findings[verdict->finding_count++];
    *finding = (struct finding){.component = component, .reason = reason};
    return finding;
}

/* ---- findings ---- */

static void set_found(struct finding *finding, const struct match_found *found)
{
    finding->pcr = found->event->pcr;
    finding->event = found->number;
    finding->has_found = true;
    finding->found = *found->event->digest;
    describe_event(found->event, finding->what, sizeof(finding->what));
}

static void set_expected(struct finding *finding,
                         const struct reference_event *expected)
{
    finding->has_expected = true;
    finding->expected = expected->digests[0];
    if (!finding->has_found) {
        const char *type = tcg_type_name(expected->type);
        finding->pcr = expected->pcr;
        struct tcg_event shown = {.type = EV_ACTION, .data = expected->text};
        if (expected->text.size == 0) {
            shown.data = bytes_of_text(type == NULL ? "event" : type);
        }
        describe_event(&shown, finding->what, sizeof(finding->what));
    }
}

/* Whose is an event that nothing explains? */
static enum component component_of_pcr(uint32_t pcr)
{
    switch (pcr) {
    case GRUB_PCR_TEXT:
    case GRUB_PCR_FILE:
        return COMPONENT_GRUBCFG;
    case VOUCHLOG_PCR_BOOT:
        return COMPONENT_HYPERVISOR;
    case 17:
    case 18:
    case 19:
    case 20:
        return COMPONENT_LAUNCH;
    default:
        return pcr < 8 ? COMPONENT_FIRMWARE : COMPONENT_RUNTIME;
    }
}

static void add_extra(struct comparison *comparison,
                      const struct match_found *found)
{
    struct record record;
    bool is_cap = found->event->type == EV_EVENT_TAG &&
                  record_parse(found->event->data, &record) == RECORD_OK &&
                  record.tag == VOUCHLOG_CAP;
    struct finding *finding = compare_add_finding(
        comparison, component_of_pcr(found->pcr),
        is_cap ? REASON_LOG_CAPPED : REASON_EVENT_UNEXPLAINED);
    if (finding != NULL) {
        set_found(finding, found);
    }
}

static void add_missing(struct comparison *comparison,
                        const struct reference_event *expected)
{
    struct finding *finding = compare_add_finding(
        comparison, expected->component, REASON_EVENT_MISSING);
    if (finding != NULL) {
        set_expected(finding, expected);
    }
}

static void add_change(struct comparison *comparison,
                       const struct reference_event *expected,
                       const struct match_found *found, enum match match)
{
    static const enum reason reasons[] = {
        [MATCH_SAME] = REASON_NONE,
        [MATCH_TYPE_DIFFERS] = REASON_EVENT_TYPE,
        [MATCH_DATA_DIFFERS] = REASON_EVENT_DATA,
        [MATCH_DIGEST_DIFFERS] = REASON_COMPONENT_DIFFERS,
        [MATCH_ALIKE] = REASON_COMPONENT_DIFFERS,
        [MATCH_UNLIKE] = REASON_COMPONENT_DIFFERS,
    };
    enum component component = match_component(expected, found);
    struct finding *finding =
        compare_add_finding(comparison, component, reasons[match]);
    if (finding == NULL) {
        return;
    }
    set_found(finding, found);
    set_expected(finding, expected);
    comparison->changes[comparison->change_count++] =
        (struct change){.expected = expected,
                        .found = found->event,
                        .finding = comparison->verdict->finding_count - 1};
}

/* ---- rows ---- */

static void take_alternatives(struct comparison *comparison,
                              const struct reference_event *expected,
                              const struct match_found *found, uint32_t mask)
{
    uint32_t *left = &comparison->alternatives[expected->component];
    bool was_good = *left != 0;
    *left &= mask;
    if (was_good && *left == 0) {
        add_change(comparison, expected, found, MATCH_DIGEST_DIFFERS);
    }
}

static void set_row(struct comparison *comparison,
                    const struct reference_event *expected,
                    const struct match_found *found, uint32_t mask)
{
    struct verdict_row *row = &comparison->verdict->rows[expected->component];
    if (row->state == ROW_ABSENT) {
        row->state = ROW_OK;
    }
    if (!expected->is_primary || row->has_expected) {
        return;
    }
    row->has_expected = true;
    row->expected = expected->digests[0];
    if (found == NULL) {
        return;
    }
    row->has_found = true;
    row->found = *found->event->digest;
    if (mask != 0) {
        row->expected = row->found;
    }
}

/* ---- streams ---- */

static void take_pair(struct comparison *comparison,
                      const struct align_pair *pair)
{
    const struct match_found *found =
        pair->found == ALIGN_NONE ? NULL
                                  : &comparison->stream->found[pair->found];
    if (pair->expected == ALIGN_NONE) {
        if (found != NULL) {
            add_extra(comparison, found);
        }
        return;
    }
    const struct reference_event *expected =
        comparison->stream->expected[pair->expected];
    uint32_t mask = 0;
    if (found == NULL) {
        add_missing(comparison, expected);
        set_row(comparison, expected, NULL, 0);
        return;
    }
    enum match match = match_events(comparison->hasher, expected, found, &mask);
    if (match != MATCH_SAME) {
        add_change(comparison, expected, found, match);
    } else {
        take_alternatives(comparison, expected, found, mask);
    }
    set_row(comparison, expected, found, match == MATCH_SAME ? mask : 0);
}

static unsigned pair_cost(void *context, size_t expected, size_t found)
{
    struct comparison *comparison = context;
    uint32_t mask;
    switch (match_events(comparison->hasher,
                         comparison->stream->expected[expected],
                         &comparison->stream->found[found], &mask)) {
    case MATCH_SAME:
        return 0;
    case MATCH_TYPE_DIFFERS:
    case MATCH_DATA_DIFFERS:
        return 1;
    case MATCH_ALIKE:
        return 2;
    case MATCH_DIGEST_DIFFERS:
        return 5;
    case MATCH_UNLIKE:
        break;
    }
    return 9;
}

/* A missing event that is there elsewhere was not lost but moved. */
static void find_moves(struct comparison *comparison, struct align_pair *pairs,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count && pairs[i].found == ALIGN_NONE; j++) {
            uint32_t mask;
            if (pairs[j].expected != ALIGN_NONE ||
                pairs[j].found == ALIGN_NONE ||
                pairs[i].expected == ALIGN_NONE ||
                match_events(comparison->hasher,
                             comparison->stream->expected[pairs[i].expected],
                             &comparison->stream->found[pairs[j].found],
                             &mask) != MATCH_SAME) {
                continue;
            }
            struct finding *finding = compare_add_finding(
                comparison, COMPONENT_LOG, REASON_LOG_ORDER);
            if (finding != NULL) {
                set_found(finding, &comparison->stream->found[pairs[j].found]);
            }
            pairs[i].found = pairs[j].found;
            pairs[j].found = ALIGN_NONE;
        }
    }
}

static void compare_misaligned(struct comparison *comparison)
{
    struct align_input input = {.expected_count =
                                    comparison->stream->expected_count,
                                .found_count = comparison->stream->found_count,
                                .context = comparison,
                                .cost = pair_cost};
    struct align_pair *pairs = calloc(comparison->stream->expected_count +
                                          comparison->stream->found_count + 1,
                                      sizeof(*pairs));
    if (pairs == NULL) {
        abort();
    }
    size_t count = align_sequences(&input, pairs);
    find_moves(comparison, pairs, count);
    for (size_t i = 0; i < count; i++) {
        take_pair(comparison, &pairs[i]);
    }
    free(pairs);
}

/* How many events match from the start, position by position. */
static size_t common_start(struct comparison *comparison)
{
    size_t i = 0;
    uint32_t mask;
    while (i < comparison->stream->expected_count &&
           i < comparison->stream->found_count &&
           match_events(comparison->hasher, comparison->stream->expected[i],
                        &comparison->stream->found[i], &mask) == MATCH_SAME) {
        i++;
    }
    return i;
}

static void compare_order(struct comparison *comparison)
{
    size_t common = common_start(comparison);
    if (common != comparison->stream->expected_count ||
        common != comparison->stream->found_count) {
        compare_misaligned(comparison);
        return;
    }
    for (size_t i = 0; i < common; i++) {
        take_pair(comparison, &(struct align_pair){i, i});
    }
}

static void expect(struct comparison *comparison,
                   const struct reference_events *events)
{
    for (size_t i = 0; i < events->count; i++) {
        if (comparison->stream->expected_count < COMPARE_MAX_EXPECTED) {
            comparison->stream->expected[comparison->stream->expected_count++] =
                &events->items[i];
        }
    }
}

static void expect_platform(struct comparison *comparison,
                            const struct reference_firmware *firmware)
{
    comparison->stream->expected_count = 0;
    expect(comparison, &firmware->before);
    expect(comparison, &comparison->reference->boot);
    expect(comparison, &firmware->after);
}

/* The endorsement that explains most of the log's start. */
static void choose_firmware(struct comparison *comparison)
{
    const struct reference *reference = comparison->reference;
    size_t best = 0, best_common = 0;
    for (size_t i = 0; i < reference->firmware_count; i++) {
        expect_platform(comparison, &reference->firmwares[i]);
        size_t common = common_start(comparison);
        if (i == 0 || common > best_common) {
            best = i;
            best_common = common;
        }
    }
    expect_platform(comparison, &reference->firmwares[best]);
    struct verdict *verdict = comparison->verdict;
    verdict->firmware = reference->firmwares[best].name;
    struct verdict_row *row = &verdict->rows[COMPONENT_FIRMWARE];
    row->has_expected = row->has_found = true;
    row->expected = reference->firmwares[best].pcr0;
    row->found = comparison->replay->pcr[0];
}

/* Events of PCR 11 and 12 count as those of 21 and 22 if the hypervisor has
 * no PCR of its own. Launches and identities are another's business. */
static void take_found(struct comparison *comparison, bool is_platform)
{
    const struct replay *replay = comparison->replay;
    const struct runtime *runtime = comparison->runtime;
    bool is_shared = !comparison->verdict->is_exclusive;
    size_t known = 0;
    comparison->stream->found_count = 0;
    for (size_t i = 0; i < replay->count; i++) {
        const struct replay_event *event = &replay->events[i];
        uint32_t pcr = event->event.pcr;
        if (known < runtime->count && runtime->records[known].number == i + 1) {
            known++;
            continue;
        }
        if ((pcr <= GRUB_PCR_FILE) != is_platform) {
            continue;
        }
        if (is_shared && (pcr == VOUCHLOG_PCR_BOOT_SHARED ||
                          pcr == VOUCHLOG_PCR_RUN_SHARED)) {
            pcr += VOUCHLOG_PCR_BOOT - VOUCHLOG_PCR_BOOT_SHARED;
        }
        comparison->stream->found[comparison->stream->found_count++] =
            (struct match_found){.event = &event->event,
                                 .cover = event->cover,
                                 .pcr = pcr,
                                 .number = i + 1};
    }
}

void compare_logs(struct comparison *comparison)
{
    for (size_t i = 0; i < COMPONENT_COUNT; i++) {
        comparison->alternatives[i] = UINT32_MAX;
    }
    take_found(comparison, true);
    choose_firmware(comparison);
    compare_order(comparison);
    take_found(comparison, false);
    comparison->stream->expected_count = 0;
    expect(comparison, &comparison->reference->hypervisor);
    compare_order(comparison);
}
