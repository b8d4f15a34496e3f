/* SPDX-License-Identifier: MIT */
/*
 * The answer: one reason, the component it is about, a row per component, and
 * the findings behind them. A finding is a cause, or it follows from one: the
 * file that holds a changed command line differs too, and is not to blame.
 */
#ifndef VOUCH_ATTEST_VERDICT_H
#define VOUCH_ATTEST_VERDICT_H

#include "attest/component.h"
#include "attest/key.h"
#include "attest/reason.h"
#include "lib/bytes.h"
#include "lib/sha2.h"

#define VERDICT_MAX_FINDINGS 64

struct finding {
    enum component component;
    enum reason reason;
    bool is_consequence;
    enum component follows; /* from this one's cause */
    uint32_t pcr;
    size_t event; /* number in the log, from 1; 0 if it is not there */
    bool has_expected, has_found;
    struct sha256_digest expected, found;
    char what[100]; /* printable */
};

enum row_state {
    ROW_ABSENT, /* the manifest has no such component */
    ROW_OK,
    ROW_DIFFERS,
    ROW_FOLLOWS, /* it differs, but only since another does */
    ROW_UNKNOWN, /* the evidence failed before this was looked at */
};

struct verdict_row {
    enum row_state state;
    bool has_expected, has_found;
    struct sha256_digest expected, found;
};

enum launch_state { LAUNCH_NONE, LAUNCH_DYNAMIC, LAUNCH_UNKNOWN };

/* Which guest it is, by the hypervisor's record of its launch. */
struct verdict_guest {
    bool is_known;
    const char *name; /* the manifest's for it, or NULL */
    uint64_t instance, domid, vtpm;
    uint8_t uuid[16];
    char label[128];
    uint64_t clock_ms; /* of its own TPM */
    uint32_t reset_count, restart_count;
};

_Static_assert(COMPONENT_COUNT <= 32, "a bit for each component");

struct verdict {
    enum reason reason; /* REASON_NONE: trusted */
    enum component component;
    uint32_t pcr; /* with has_pcr: the PCR that the reason is about */
    bool has_pcr;
    size_t event; /* the log's event that the reason is about, or 0 */
    struct verdict_row rows[COMPONENT_COUNT];
    struct finding findings[VERDICT_MAX_FINDINGS];
    size_t finding_count;
    size_t dropped;      /* findings that did not fit */
    uint32_t dropped_of; /* bit n: some of them are of component n */

    /* What was proven, if the quote was good. */
    bool is_authentic;
    struct key_name ak;
    const char *ek_trust; /* the manifest's word on that key's TPM, or NULL */
    bool is_exclusive;    /* the hypervisor's PCRs are its alone */
    enum launch_state launch;
    const char *firmware; /* the endorsement that matched, or NULL */
    uint64_t clock_ms;
    uint32_t reset_count, restart_count;
    size_t event_count;
    bool has_guest; /* the evidence is of one */
    struct verdict_guest guest;
};

/* To be given to free. */
char *verdict_text(const struct verdict *verdict, size_t *size);
char *verdict_json(const struct verdict *verdict, size_t *size);

#endif
