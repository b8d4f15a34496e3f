/* SPDX-License-Identifier: MIT */
/*
 * What the hypervisor will measure of a guest, from its files alone: the
 * digests of the kernel as its launcher hands it over (tools/image/kernel.h),
 * of the initrd and of the command line.
 */
#ifndef VOUCH_ATTEST_GUEST_IMAGE_H
#define VOUCH_ATTEST_GUEST_IMAGE_H

#include "attest/hash.h"
#include "lib/bundle.h"

struct guest_blob {
    struct sha256_digest digest;
    uint64_t size;
};

struct guest_image {
    struct guest_blob kernel, initrd, cmdline; /* size 0: of no bytes */
};

/* parts as a bundle has them: the kernel is a bzImage or an ELF. False: the
 * kernel is none, and *why ends a sentence that begins with its name. */
NODISCARD bool guest_image_measure(struct hasher *hasher,
                                   const struct bundle *parts,
                                   struct guest_image *out, const char **why);

#endif
