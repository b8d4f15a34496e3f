/* SPDX-License-Identifier: MIT */
/*
 * One LAUNCH record against the manifest: is it a vTPM's or a guest's, was it
 * launched from what the manifest knows, with the label that it asks for.
 */
#ifndef VOUCH_ATTEST_GUEST_LAUNCH_H
#define VOUCH_ATTEST_GUEST_LAUNCH_H

#include "attest/guest_finding.h"

/* By its label. */
bool guest_launch_is_vtpm(const struct runtime_record *record);
void guest_launch_check_vtpm(struct comparison *comparison,
                             const struct runtime_record *record);

/* The manifest's guest that it fits best, with findings where it does not; NULL
 * if it is none that is wanted. */
const struct reference_image *
guest_launch_check(struct comparison *comparison,
                   const struct runtime_record *guest);
/* It has all parts of image. */
bool guest_launch_is_whole(const struct reference_image *image,
                           const struct record_launch *launch);

#endif
