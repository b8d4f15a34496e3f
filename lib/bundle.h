/* SPDX-License-Identifier: MIT */
/*
 * The bundle: what a guest boots, in the one file that a toolstack can give it
 * as its ramdisk. A page of header, then kernel, initrd and command line, each
 * from a page's start, with nothing between them but the zeros that fill up a
 * page. Sizes decide all the rest, so that one meaning has one spelling.
 *
 *     0  magic, 8 bytes      8  version, le32      12  zero, le32
 *    16  size of all, le64
 *    24  offset and size of the kernel, le64 each; 40 initrd; 56 command line
 *    72  zeros to the end of the page
 *
 * The kernel is a bzImage or an ELF, which are not looked at here; no initrd
 * has size 0. The command line is printable text.
 */
#ifndef VOUCH_LIB_BUNDLE_H
#define VOUCH_LIB_BUNDLE_H

#include "lib/bytes.h"

#define BUNDLE_PAGE        4096
#define BUNDLE_MAGIC       "vouchbun"
#define BUNDLE_VERSION     1
#define BUNDLE_CMDLINE_MAX 1023
/* Of one part, so that no sum of them wraps. */
#define BUNDLE_PART_MAX (UINT64_C(1) << 48)

enum bundle_status {
    BUNDLE_OK,
    BUNDLE_TRUNCATED, /* ends before its header does */
    BUNDLE_MAGIC_BAD, /* another kind of file */
    BUNDLE_VERSION_BAD,
    BUNDLE_SIZE,    /* is not as long as it says */
    BUNDLE_PARTS,   /* parts that are not where their sizes put them */
    BUNDLE_KERNEL,  /* no kernel, or one that is too large */
    BUNDLE_CMDLINE, /* too long, or not printable */
    BUNDLE_PADDING, /* something other than zeros between the parts */
};

struct bundle {
    struct bytes kernel, initrd, cmdline;
};

/* The parts lie in file. Looks at the header, the padding, the command line. */
NODISCARD enum bundle_status bundle_parse(struct bytes file,
                                          struct bundle *out);

/* How large the file of these parts is. */
NODISCARD enum bundle_status bundle_measure(const struct bundle *bundle,
                                            uint64_t *size);
/* Puts all of it; the writer fails if there is less room than measured. Only
 * for what bundle_measure() called OK. */
void bundle_put(struct writer *writer, const struct bundle *bundle);

const char *bundle_status_text(enum bundle_status status);

#endif
