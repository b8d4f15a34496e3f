/* SPDX-License-Identifier: MIT */
/*
 * A kernel ELF with everything left out that is never in memory: holes between
 * segments, section headers, and zeros at a segment's end, which p_memsz asks
 * for anyway. What a loader puts into memory is the same to the byte; what has
 * to be read and hashed at each boot is about half.
 */
#ifndef VOUCH_TOOLS_IMAGE_COMPACT_H
#define VOUCH_TOOLS_IMAGE_COMPACT_H

#include "lib/attributes.h"
#include "lib/bytes.h"

enum compact_status {
    COMPACT_OK,
    COMPACT_NOT_ELF,     /* not a little-endian ELF64 for x86-64 */
    COMPACT_HEADERS,     /* program headers outside the file, or too many */
    COMPACT_SEGMENT,     /* a segment outside the file, or filesz > memsz */
    COMPACT_NOTE,        /* notes that lie in no loaded segment */
    COMPACT_NO_SEGMENTS, /* nothing to load */
    COMPACT_NO_ROOM,     /* the result does not fit */
};

/* How much room compact_elf() needs for this ELF. */
NODISCARD enum compact_status compact_measure(struct bytes elf, size_t *size);
NODISCARD enum compact_status compact_elf(struct bytes elf, struct buffer *out);
/* Would compact_elf() give these bytes back? Allocates nothing. */
bool compact_is_done(struct bytes elf);
const char *compact_status_text(enum compact_status status);

#endif
