/* SPDX-License-Identifier: MIT */
/* The part of a manifest that is about launched domains. */
#ifndef VOUCH_ATTEST_REFERENCE_IMAGE_H
#define VOUCH_ATTEST_REFERENCE_IMAGE_H

#include "attest/json.h"
#include "attest/reference.h"

/* The files that become entries of a manifest. */
#define REFERENCE_GUEST_FORMAT "vouch-guest-1"
#define REFERENCE_VTPM_FORMAT  "vouch-vtpm-1"

/* All zero, for count and one more; to be given to free. Never NULL. */
void *reference_allocate(size_t count, size_t size);

/* Members "guests" and "vtpms" of root; both may be missing. */
void reference_load_images(struct json_reader *reader, const json_t *root,
                           struct reference *out);
void reference_free_images(struct reference *reference);

/* What stands for an image as a whole, as on the hypervisor's command line: the
 * SHA-256 of its three digests. */
struct sha256_digest image_digest(struct hasher *hasher,
                                  const struct sha256_digest *kernel,
                                  const struct sha256_digest *initrd,
                                  const struct sha256_digest *cmdline);

#endif
