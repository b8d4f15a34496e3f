/* SPDX-License-Identifier: MIT */
/* The verdict for people: a table, what differs in full, and one last line. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "attest/describe.h"
#include "attest/text.h"
#include "attest/uuid.h"
#include "attest/verdict.h"

#define SHOWN_DIGITS 16

__attribute__((format(printf, 2, 3))) static void put(struct text *out,
                                                      const char *format, ...)
{
    char line[400];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof(line), format, arguments);
    va_end(arguments);
    text_add_string(out, line);
}

static void put_digest(struct text *out, bool has,
                       const struct sha256_digest *digest)
{
    char hex[65] = "-";
    if (has) {
        describe_digest(digest, hex);
        hex[SHOWN_DIGITS] = 0;
    }
    put(out, "  %-*s", SHOWN_DIGITS, hex);
}

static void put_rows(struct text *out, const struct verdict *verdict)
{
    static const char *const states[] = {[ROW_ABSENT] = "",
                                         [ROW_OK] = "ok",
                                         [ROW_DIFFERS] = "DIFFERS",
                                         [ROW_FOLLOWS] = "follows",
                                         [ROW_UNKNOWN] = "not looked at"};
    put(out, "%-24s  %-*s  %-*s  %s\n", "component", SHOWN_DIGITS, "expected",
        SHOWN_DIGITS, "found", "result");
    for (size_t i = 0; i < COMPONENT_COUNT; i++) {
        const struct verdict_row *row = &verdict->rows[i];
        if (row->state == ROW_ABSENT) {
            continue;
        }
        put(out, "%-24s", component_title((enum component)i));
        put_digest(out, row->has_expected, &row->expected);
        put_digest(out, row->has_found, &row->found);
        put(out, "  %s\n", states[row->state]);
    }
}

static void put_finding(struct text *out, const struct finding *finding)
{
    char hex[65];
    put(out, "  %s: %s", component_name(finding->component),
        reason_code(finding->reason));
    if (finding->is_consequence) {
        put(out, " (follows from %s)", component_name(finding->follows));
    }
    put(out, ": PCR %u", finding->pcr);
    if (finding->event != 0) {
        put(out, ", event %zu", finding->event);
    }
    put(out, "%s%s\n", finding->what[0] != 0 ? ": " : "", finding->what);
    if (finding->has_expected) {
        describe_digest(&finding->expected, hex);
        put(out, "    expected %s\n", hex);
    }
    if (finding->has_found) {
        describe_digest(&finding->found, hex);
        put(out, "    found    %s\n", hex);
    }
}

/* Which TPM attested, by its key's Name, and who vouches for its being one. */
static void put_tpm(struct text *out, const struct verdict *verdict)
{
    put(out, "\nTPM with key ");
    for (size_t i = 0; i < sizeof(verdict->ak.bytes); i++) {
        put(out, "%02x", verdict->ak.bytes[i]);
    }
    put(out, "; CA of its EK: %s\n",
        verdict->ek_trust != NULL ? verdict->ek_trust : "not said");
}

static void put_facts(struct text *out, const struct verdict *verdict)
{
    static const char *const launches[] = {[LAUNCH_NONE] = "no",
                                           [LAUNCH_DYNAMIC] = "yes",
                                           [LAUNCH_UNKNOWN] = "unknown"};
    put_tpm(out, verdict);
    put(out, "TPM resets %u, restarts %u, clock %llu ms; events %zu\n",
        verdict->reset_count, verdict->restart_count,
        (unsigned long long)verdict->clock_ms, verdict->event_count);
    if (verdict->firmware != NULL) {
        put(out, "firmware endorsement: %.200s\n", verdict->firmware);
        put(out, "dynamic launch: %s; hypervisor's PCRs exclusive: %s\n",
            launches[verdict->launch], verdict->is_exclusive ? "yes" : "no");
    }
}

static void put_guest(struct text *out, const struct verdict *verdict)
{
    const struct verdict_guest *guest = &verdict->guest;
    char uuid[UUID_TEXT_SIZE];
    uuid_text(guest->uuid, uuid);
    put(out, "guest: %.200s, uuid %s, domain %llu, %s\n",
        guest->name != NULL ? guest->name : "unknown", uuid,
        (unsigned long long)guest->domid, guest->label);
    put(out,
        "its instance %llu, its vTPM's %llu; its TPM's resets %u, "
        "restarts %u, clock %llu ms\n",
        (unsigned long long)guest->instance, (unsigned long long)guest->vtpm,
        guest->reset_count, guest->restart_count,
        (unsigned long long)guest->clock_ms);
    if (!verdict->is_exclusive) {
        put(out, "all of this is dom0's word as well: it could extend the PCR "
                 "of these records\n");
    }
}

/* A component that is a cause is named once, with its first reason. */
static void put_causes(struct text *out, const struct verdict *verdict)
{
    uint32_t named = 1u << verdict->component;
    put(out, "UNTRUSTED: %s: %s: %s", component_name(verdict->component),
        reason_code(verdict->reason), reason_meaning(verdict->reason));
    if (verdict->has_pcr) {
        put(out, " (PCR %u)", verdict->pcr);
    }
    if (verdict->event != 0) {
        put(out, " (event %zu)", verdict->event);
    }
    put(out, "\n");
    for (size_t i = 0; i < verdict->finding_count; i++) {
        const struct finding *finding = &verdict->findings[i];
        if (!finding->is_consequence &&
            (named >> finding->component & 1) == 0) {
            named |= 1u << finding->component;
            put(out, "UNTRUSTED: %s: %s: %s\n",
                component_name(finding->component),
                reason_code(finding->reason), reason_meaning(finding->reason));
        }
    }
}

char *verdict_text(const struct verdict *verdict, size_t *size)
{
    struct text out = {0};
    put_rows(&out, verdict);
    if (verdict->is_authentic) {
        put_facts(&out, verdict);
    }
    if (verdict->guest.is_known) {
        put_guest(&out, verdict);
    }
    if (verdict->finding_count != 0) {
        put(&out, "\nwhat differs:\n");
    }
    for (size_t i = 0; i < verdict->finding_count; i++) {
        put_finding(&out, &verdict->findings[i]);
    }
    if (verdict->dropped != 0) {
        put(&out, "  and %zu more\n", verdict->dropped);
    }
    put(&out, "\n");
    if (verdict->reason == REASON_NONE) {
        put(&out, "TRUSTED\n");
    } else {
        put_causes(&out, verdict);
    }
    *size = out.size;
    return out.data;
}
