/* SPDX-License-Identifier: MIT */
/*
 * A state that moves on keeps its keys: after a restart of the guest they are
 * registered again, by another vTPM for another domain. The last registration
 * counts, so that an earlier guest cannot pass for the present one.
 */
#include "attest/guest_chain.h"

#include <stdio.h>

#include "attest/reference_image.h"
#include "lib/vtpm_wire.h"

/* ---- findings and rows ---- */

static void add_finding(struct comparison *comparison, enum component component,
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

/* Both digests, in the row and, if they differ, in a finding. */
static void compare_digests(struct comparison *comparison,
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
    add_finding(comparison, component, reason, record);
    if (comparison->verdict->finding_count != before) {
        struct finding *finding = &comparison->verdict->findings[before];
        finding->has_expected = finding->has_found = true;
        finding->expected = digests[0];
        finding->found = digests[1];
    }
}

static void set_ok(struct comparison *comparison, enum component component)
{
    comparison->verdict->rows[component].state = ROW_OK;
}

/* ---- images ---- */

static struct sha256_digest digest_of(struct hasher *hasher,
                                      const struct record_launch *launch)
{
    return image_digest(hasher, &launch->kernel, &launch->initrd,
                        &launch->cmdline);
}

/* The reference that the launch fits, or the first one. */
static struct sha256_digest fitting_digest(struct hasher *hasher,
                                           const struct reference_images *of,
                                           const struct sha256_digest *found)
{
    struct sha256_digest first = {{0}};
    for (size_t i = of->count; i-- > 0;) {
        first = image_digest(hasher, &of->items[i].kernel.digest,
                             &of->items[i].initrd.digest,
                             &of->items[i].cmdline.digest);
        if (sha256_equal(&first, found)) {
            break;
        }
    }
    return first;
}

static void check_vtpm_image(struct comparison *comparison,
                             const struct runtime_record *record)
{
    struct hasher *hasher = comparison->hasher;
    struct sha256_digest digests[2];
    digests[1] = digest_of(hasher, &record->launch);
    digests[0] =
        fitting_digest(hasher, &comparison->reference->vtpms, &digests[1]);
    compare_digests(comparison, COMPONENT_VTPM, REASON_VTPM_UNKNOWN, digests,
                    record);
}

static bool is_text(struct bytes found, const char *expected)
{
    return bytes_equal(found, bytes_of_text(expected));
}

static bool is_vtpm(const struct runtime_record *record)
{
    return record->kind == RUNTIME_LAUNCH &&
           is_text(record_label_type(record->launch.label),
                   REFERENCE_VTPM_TYPE);
}

void guest_chain_check_vtpms(struct comparison *comparison)
{
    const struct runtime *runtime = comparison->runtime;
    if (comparison->reference->vtpms.count == 0) {
        return;
    }
    for (size_t i = 0; i < runtime->count; i++) {
        if (is_vtpm(&runtime->records[i])) {
            check_vtpm_image(comparison, &runtime->records[i]);
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
        add_finding(comparison, COMPONENT_VTPM_IDENTITY, REASON_IDENTITY_EK,
                    identity);
    }
    for (size_t i = 0; i < runtime->count; i++) {
        const struct runtime_record *other = &runtime->records[i];
        if (other->kind == RUNTIME_IDENTITY && other != identity &&
            (other->identity.vtpm == identity->identity.vtpm ||
             other->identity.guest == identity->identity.guest)) {
            add_finding(comparison, COMPONENT_VTPM_IDENTITY,
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
            add_finding(comparison, component, REASON_RECORD_TWICE, record);
        }
        found = record;
    }
    if (found == NULL) {
        add_finding(comparison, component, REASON_LAUNCH_MISSING, NULL);
    }
    return found;
}

static void check_vtpm(struct comparison *comparison,
                       const struct runtime_record *vtpm,
                       const struct runtime_record *identity)
{
    if (vtpm->number > identity->number) {
        add_finding(comparison, COMPONENT_VTPM, REASON_LAUNCH_LATE, vtpm);
    }
    if (!is_vtpm(vtpm)) {
        add_finding(comparison, COMPONENT_VTPM, REASON_VTPM_LABEL, vtpm);
    }
    /* Those with a vTPM's label were looked at, if there is a reference. */
    if (!is_vtpm(vtpm) || comparison->reference->vtpms.count == 0) {
        check_vtpm_image(comparison, vtpm);
    }
}

static bool is_label_good(const struct reference_image *image,
                          struct bytes label)
{
    return is_text(record_label_type(label), image->type) &&
           (image->user == NULL ||
            is_text(record_label_user(label), image->user));
}

#define ALL_PARTS 3

static unsigned count_parts(const struct reference_image *image,
                            const struct record_launch *launch)
{
    return (unsigned)sha256_equal(&image->kernel.digest, &launch->kernel) +
           (unsigned)sha256_equal(&image->initrd.digest, &launch->initrd) +
           (unsigned)sha256_equal(&image->cmdline.digest, &launch->cmdline);
}

/* Of the guests that are wanted, or of the others, the one that fits best. */
static const struct reference_image *
choose_guest(const struct reference *reference,
             const struct record_launch *launch, bool is_wanted)
{
    const struct reference_image *best = NULL;
    unsigned best_score = 0;
    for (size_t i = 0; i < reference->guests.count; i++) {
        const struct reference_image *image = &reference->guests.items[i];
        unsigned score = 2 * count_parts(image, launch) +
                         (unsigned)is_label_good(image, launch->label);
        if (image->is_wanted == is_wanted &&
            (best == NULL || score > best_score)) {
            best = image;
            best_score = score;
        }
    }
    return best;
}

static void check_parts(struct comparison *comparison,
                        const struct reference_image *image,
                        const struct runtime_record *guest)
{
    const struct record_launch *launch = &guest->launch;
    const struct {
        enum component component;
        struct sha256_digest digests[2];
    } parts[ALL_PARTS] = {
        {COMPONENT_GUEST_KERNEL, {image->kernel.digest, launch->kernel}},
        {COMPONENT_GUEST_INITRD, {image->initrd.digest, launch->initrd}},
        {COMPONENT_GUEST_CMDLINE, {image->cmdline.digest, launch->cmdline}}};
    for (size_t i = 0; i < ALL_PARTS; i++) {
        compare_digests(comparison, parts[i].component,
                        REASON_COMPONENT_DIFFERS, parts[i].digests, guest);
    }
}

static const struct reference_image *
check_image(struct comparison *comparison, const struct runtime_record *guest)
{
    const struct reference *reference = comparison->reference;
    const struct record_launch *launch = &guest->launch;
    const struct reference_image *image = choose_guest(reference, launch, true);
    const struct reference_image *other =
        choose_guest(reference, launch, false);
    if (image == NULL) {
        add_finding(comparison, COMPONENT_GUEST, REASON_GUEST_UNKNOWN, guest);
        return NULL;
    }
    if (count_parts(image, launch) != ALL_PARTS && other != NULL &&
        count_parts(other, launch) == ALL_PARTS) {
        add_finding(comparison, COMPONENT_VTPM_IDENTITY, REASON_IDENTITY_OTHER,
                    guest);
        return NULL;
    }
    check_parts(comparison, image, guest);
    if (!is_label_good(image, launch->label)) {
        add_finding(comparison, COMPONENT_GUEST, REASON_GUEST_LABEL, guest);
    }
    return image;
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
        add_finding(comparison, COMPONENT_GUEST_QUOTE, REASON_GUEST_PCRS, NULL);
        return;
    }
    if (chain->evidence->log.size == 0) {
        return;
    }
    enum reason reason = guest_quote_check_log(
        comparison->hasher, chain->evidence->log, values, chain->work);
    if (reason != REASON_NONE) {
        add_finding(comparison, COMPONENT_GUEST_QUOTE, reason, NULL);
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
        add_finding(comparison, COMPONENT_VTPM_IDENTITY, REASON_IDENTITY_LATE,
                    identity);
    }
    const struct reference_image *image = check_image(comparison, guest);
    tell_guest(chain, image, guest, identity);
    if (image != NULL && count_parts(image, &guest->launch) == ALL_PARTS) {
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
        add_finding(comparison, COMPONENT_VTPM_IDENTITY,
                    has_any ? REASON_IDENTITY_UNKNOWN : REASON_IDENTITY_MISSING,
                    NULL);
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
        add_finding(comparison, COMPONENT_GUEST, REASON_LABEL_USERS, guest);
    }
}
