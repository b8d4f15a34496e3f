/* SPDX-License-Identifier: MIT */
/*
 * A state that moves on keeps its keys: after a restart of the guest they are
 * registered again, by another vTPM for another domain. The last registration
 * counts, so that an earlier guest cannot pass for the present one.
 */
#include "attest/guest_chain.h"

#include <stdio.h>

#include "attest/guest_launch.h"
#include "lib/vtpm_wire.h"

void guest_chain_check_vtpms(struct comparison *comparison)
{
    const struct runtime *runtime = comparison->runtime;
    if (comparison->reference->vtpms.count == 0) {
        return;
    }
    for (size_t i = 0; i < runtime->count; i++) {
        if (guest_launch_is_vtpm(&runtime->records[i])) {
            guest_launch_check_vtpm(comparison, &runtime->records[i]);
        }
    }
}

/* ---- the identity ---- */

static const struct runtime_record *find_identity(const struct runtime *runtime,
                                                  const struct key_name *ak,
                                                  bool *has_any)
{
    const struct runtime_record *found = NULL;
    for (size_t i = 0; i < runtime->count; i++) {
        const struct runtime_record *record = &runtime->records[i];
        if (record->kind != RUNTIME_IDENTITY) {
            continue;
        }
        *has_any = true;
        if (memcmp(record->identity.ak, ak->bytes, sizeof(ak->bytes)) == 0) {
            found = record;
        }
    }
    return found;
}

/* A vTPM keeps one guest's TPM, and a guest has one vTPM. */
static void check_identity(const struct guest_chain *chain,
                           const struct runtime_record *identity)
{
    struct comparison *comparison = chain->comparison;
    const struct runtime *runtime = comparison->runtime;
    struct verdict_row *row =
        &comparison->verdict->rows[COMPONENT_VTPM_IDENTITY];
    row->state = ROW_OK;
    row->has_expected = row->has_found = true;
    memcpy(row->expected.bytes, chain->quote->ak.bytes + 2, SHA256_SIZE);
    memcpy(row->found.bytes, identity->identity.ak + 2, SHA256_SIZE);
    if (memcmp(identity->identity.ek, chain->quote->ek.bytes,
               sizeof(identity->identity.ek)) != 0) {
        guest_finding_add(comparison, COMPONENT_VTPM_IDENTITY,
                          REASON_IDENTITY_EK, identity);
    }
    for (size_t i = 0; i < runtime->count; i++) {
        const struct runtime_record *other = &runtime->records[i];
        if (other->kind == RUNTIME_IDENTITY && other != identity &&
            (other->identity.vtpm == identity->identity.vtpm ||
             other->identity.guest == identity->identity.guest)) {
            guest_finding_add(comparison, COMPONENT_VTPM_IDENTITY,
                              REASON_RECORD_TWICE, other);
        }
    }
}

/* ---- launches ---- */

static const struct runtime_record *find_launch(struct comparison *comparison,
                                                uint64_t instance,
                                                enum component component)
{
    const struct runtime *runtime = comparison->runtime;
    const struct runtime_record *found = NULL;
    for (size_t i = 0; i < runtime->count; i++) {
        const struct runtime_record *record = &runtime->records[i];
        if (record->kind != RUNTIME_LAUNCH ||
            record->launch.instance != instance) {
            continue;
        }
        if (found != NULL) {
            guest_finding_add(comparison, component, REASON_RECORD_TWICE,
                              record);
        }
        found = record;
    }
    if (found == NULL) {
        guest_finding_add(comparison, component, REASON_LAUNCH_MISSING, NULL);
    }
    return found;
}

static void check_vtpm(struct comparison *comparison,
                       const struct runtime_record *vtpm,
                       const struct runtime_record *identity)
{
    if (vtpm->number > identity->number) {
        guest_finding_add(comparison, COMPONENT_VTPM, REASON_LAUNCH_LATE, vtpm);
    }
    if (!guest_launch_is_vtpm(vtpm)) {
        guest_finding_add(comparison, COMPONENT_VTPM, REASON_VTPM_LABEL, vtpm);
    }
    /* Those with a vTPM's label were looked at, if there is a reference. */
    if (!guest_launch_is_vtpm(vtpm) ||
        comparison->reference->vtpms.count == 0) {
        guest_launch_check_vtpm(comparison, vtpm);
    }
}

static void set_ok(struct comparison *comparison, enum component component)
{
    comparison->verdict->rows[component].state = ROW_OK;
}

/* ---- the guest's TPM ---- */

static void check_values(const struct guest_chain *chain,
                         const struct reference_image *image)
{
    struct comparison *comparison = chain->comparison;
    struct sha256_digest values[24];
    set_ok(comparison, COMPONENT_GUEST_QUOTE);
    guest_quote_predict(comparison->hasher, image, values);
    if (!quote_covers(comparison->hasher, VTPM_QUOTE_PCRS, values,
                      chain->quote->quote.pcr_digest)) {
        guest_finding_add(comparison, COMPONENT_GUEST_QUOTE, REASON_GUEST_PCRS,
                          NULL);
        return;
    }
    if (chain->evidence->log.size == 0) {
        return;
    }
    enum reason reason = guest_quote_check_log(
        comparison->hasher, chain->evidence->log, values, chain->work);
    if (reason != REASON_NONE) {
        guest_finding_add(comparison, COMPONENT_GUEST_QUOTE, reason, NULL);
    }
}

static void tell_guest(const struct guest_chain *chain,
                       const struct reference_image *image,
                       const struct runtime_record *guest,
                       const struct runtime_record *identity)
{
    struct verdict_guest *out = &chain->comparison->verdict->guest;
    const struct record_launch *launch = &guest->launch;
    out->is_known = true;
    out->name = image != NULL ? image->name : NULL;
    out->instance = launch->instance;
    out->domid = launch->domid;
    out->vtpm = identity->identity.vtpm;
    memcpy(out->uuid, launch->uuid, sizeof(out->uuid));
    snprintf(out->label, sizeof(out->label), "%.*s", (int)launch->label.size,
             (const char *)launch->label.data);
}

static void check_guest(const struct guest_chain *chain,
                        const struct runtime_record *guest,
                        const struct runtime_record *identity)
{
    struct comparison *comparison = chain->comparison;
    set_ok(comparison, COMPONENT_GUEST);
    if (guest->number < identity->number) {
        guest_finding_add(comparison, COMPONENT_VTPM_IDENTITY,
                          REASON_IDENTITY_LATE, identity);
    }
    const struct reference_image *image = guest_launch_check(comparison, guest);
    tell_guest(chain, image, guest, identity);
    if (image != NULL && guest_launch_is_whole(image, &guest->launch)) {
        check_values(chain, image);
    }
}

void guest_chain_check(const struct guest_chain *chain)
{
    struct comparison *comparison = chain->comparison;
    bool has_any = false;
    const struct runtime_record *identity =
        find_identity(comparison->runtime, &chain->quote->ak, &has_any);
    if (identity == NULL) {
        guest_finding_add(
            comparison, COMPONENT_VTPM_IDENTITY,
            has_any ? REASON_IDENTITY_UNKNOWN : REASON_IDENTITY_MISSING, NULL);
        return;
    }
    check_identity(chain, identity);
    const struct runtime_record *vtpm =
        find_launch(comparison, identity->identity.vtpm, COMPONENT_VTPM);
    const struct runtime_record *guest =
        find_launch(comparison, identity->identity.guest, COMPONENT_GUEST);
    if (vtpm != NULL) {
        check_vtpm(comparison, vtpm, identity);
    }
    if (guest != NULL) {
        check_guest(chain, guest, identity);
    }
    if (vtpm != NULL && guest != NULL &&
        !bytes_equal(record_label_user(vtpm->launch.label),
                     record_label_user(guest->launch.label))) {
        guest_finding_add(comparison, COMPONENT_GUEST, REASON_LABEL_USERS,
                          guest);
    }
}
