/* SPDX-License-Identifier: MIT */
/*
 * A PE image: its Authenticode digest, which is what firmware extends PCR 4
 * with before it starts the image (PFP 1.06, 10.2.3; Windows Authenticode
 * Portable Executable Signature Format 1.0), and its sections by name.
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

enum pe_section_status {
    PE_SECTION_OK,
    PE_SECTION_ABSENT,
    PE_SECTION_TWICE,     /* two of one name: nobody knows which is meant */
    PE_SECTION_MALFORMED, /* file is no PE image, or the section leaves it */
};

/* What is in the section of that name (at most 8 characters), without what
 * fills it up to the alignment of files. */
NODISCARD enum pe_section_status
pe_find_section(struct bytes file, const char *name, struct bytes *out);

#endif
