/* SPDX-License-Identifier: MIT */
/*
 * The Authenticode digest of a PE image: what firmware extends PCR 4 with
 * before it starts the image (PFP 1.06, 10.2.3; Windows Authenticode Portable
 * Executable Signature Format 1.0).
 */
#ifndef VOUCH_ATTEST_PE_H
#define VOUCH_ATTEST_PE_H

#include "attest/hash.h"

#define PE_MAX_SECTIONS 96

struct pe_measure {
    struct sha256_digest digest;
    uint32_t image_size; /* in memory: firmware logs it */
};

/* False if file is not one well-formed PE image. */
NODISCARD bool pe_measure(struct hasher *hasher, struct bytes file,
                          struct pe_measure *out);

#endif
