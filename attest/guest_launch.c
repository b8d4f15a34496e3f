/* SPDX-License-Identifier: MIT */
/*
 * An image is whole or it is not: the one that fits best is chosen to say what
 * differs, never to make up an image of the parts of several.
 */
#include "attest/guest_launch.h"

#include "attest/reference_image.h"

#define ALL_PARTS 3

/* ---- labels ---- */

static bool is_text(struct bytes found, const char *expected)
{
    return bytes_equal(found, bytes_of_text(expected));
}

static bool is_label_good(const struct reference_image *image,
                          struct bytes label)
{
    return is_text(record_label_type(label), image->type) &&
           (image->user == NULL ||
            is_text(record_label_user(label), image->user));
}

bool guest_launch_is_vtpm(const struct runtime_record *record)
{
    return record->kind == RUNTIME_LAUNCH &&
           is_text(record_label_type(record->launch.label),
                   REFERENCE_VTPM_TYPE);
}

/* ---- vTPMs ---- */

static struct sha256_digest digest_of(struct hasher *hasher,
                                      const struct record_launch *launch)
{
    return image_digest(hasher, &launch->kernel, &launch->initrd,
                        &launch->cmdline);
}

/* A reference: its image, and whether the launch has its label. */
struct fit {
    struct sha256_digest digest;
    bool is_label_good;
};

/* The reference that the launch fits, with its label if there is one, or the
 * first one. */
static struct fit find_fit(struct hasher *hasher,
                           const struct reference_images *of,
                           const struct sha256_digest *found,
                           struct bytes label)
{
    struct fit best = {.is_label_good = false};
    bool is_same = false;
    for (size_t i = of->count; i-- > 0 && !best.is_label_good;) {
        const struct reference_image *image = &of->items[i];
        struct sha256_digest digest =
            image_digest(hasher, &image->kernel.digest, &image->initrd.digest,
                         &image->cmdline.digest);
        bool fits = sha256_equal(&digest, found);
        if (fits || !is_same) {
            best = (struct fit){digest, fits && is_label_good(image, label)};
        }
        is_same |= fits;
    }
    return best;
}

/* An image that one user may have as a vTPM is none of another's. A label that
 * is no vTPM's at all is found elsewhere. */
void guest_launch_check_vtpm(struct comparison *comparison,
                             const struct runtime_record *record)
{
    struct hasher *hasher = comparison->hasher;
    struct sha256_digest digests[2];
    digests[1] = digest_of(hasher, &record->launch);
    struct fit fit = find_fit(hasher, &comparison->reference->vtpms,
                              &digests[1], record->launch.label);
    digests[0] = fit.digest;
    guest_finding_compare(comparison, COMPONENT_VTPM, REASON_VTPM_UNKNOWN,
                          digests, record);
    if (sha256_equal(&digests[0], &digests[1]) && !fit.is_label_good &&
        guest_launch_is_vtpm(record)) {
        guest_finding_add(comparison, COMPONENT_VTPM, REASON_VTPM_IMAGE_LABEL,
                          record);
    }
}

/* ---- guests ---- */

static unsigned count_parts(const struct reference_image *image,
                            const struct record_launch *launch)
{
    return (unsigned)sha256_equal(&image->kernel.digest, &launch->kernel) +
           (unsigned)sha256_equal(&image->initrd.digest, &launch->initrd) +
           (unsigned)sha256_equal(&image->cmdline.digest, &launch->cmdline);
}

bool guest_launch_is_whole(const struct reference_image *image,
                           const struct record_launch *launch)
{
    return count_parts(image, launch) == ALL_PARTS;
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
        guest_finding_compare(comparison, parts[i].component,
                              REASON_COMPONENT_DIFFERS, parts[i].digests,
                              guest);
    }
}

const struct reference_image *
guest_launch_check(struct comparison *comparison,
                   const struct runtime_record *guest)
{
    const struct reference *reference = comparison->reference;
    const struct record_launch *launch = &guest->launch;
    const struct reference_image *image = choose_guest(reference, launch, true);
    const struct reference_image *other =
        choose_guest(reference, launch, false);
    if (image == NULL) {
        guest_finding_add(comparison, COMPONENT_GUEST, REASON_GUEST_UNKNOWN,
                          guest);
        return NULL;
    }
    if (!guest_launch_is_whole(image, launch) && other != NULL &&
        guest_launch_is_whole(other, launch)) {
        guest_finding_add(comparison, COMPONENT_VTPM_IDENTITY,
                          REASON_IDENTITY_OTHER, guest);
        return NULL;
    }
    check_parts(comparison, image, guest);
    if (!is_label_good(image, launch->label)) {
        guest_finding_add(comparison, COMPONENT_GUEST, REASON_GUEST_LABEL,
                          guest);
    }
    return image;
}
