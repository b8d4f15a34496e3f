/* SPDX-License-Identifier: MIT */
/*
 * The program's ELF file (System V gABI, x86-64 psABI): static, of fixed or of
 * any address, for pages of 4 KiB. Parsing is pure; what does not fit the
 * address space or is both writable and executable is refused.
 */
#ifndef VOUCH_VTPM_BASE_PROGRAM_H
#define VOUCH_VTPM_BASE_PROGRAM_H

#include "lib/bytes.h"
#include "lib/status.h"

#define PROGRAM_SEGMENTS_MAX 8

#define PROGRAM_STATUS(S)                                                      \
    S(PROGRAM_OK, "ok")                                                        \
    S(PROGRAM_NOT_ELF, "is not an ELF file for x86-64")                        \
    S(PROGRAM_DYNAMIC, "needs an interpreter: link it static")                 \
    S(PROGRAM_BAD_HEADERS, "has bad program headers")                          \
    S(PROGRAM_BAD_SEGMENT, "has a segment that is not in the file")            \
    S(PROGRAM_BAD_ADDRESS, "has a segment at an address it cannot have")       \
    S(PROGRAM_WRITE_EXECUTE, "has a segment to write and execute")             \
    S(PROGRAM_BAD_ENTRY, "has no code at its entry")
enum program_status { PROGRAM_STATUS(STATUS_CODE) };
const char *program_status_text(enum program_status status);

struct program_segment {
    uint64_t address, size; /* in memory, not rounded to pages */
    uint64_t offset;        /* in the file, congruent with address */
    struct bytes file;      /* what of it is in the file */
    bool is_writable, is_executable;
};

struct program {
    uint64_t entry;
    uint64_t headers; /* the program headers in memory; 0: not there */
    uint64_t header_count;
    uint64_t end; /* of the last segment */
    size_t segment_count;
    struct program_segment segments[PROGRAM_SEGMENTS_MAX];
};

struct program_place {
    uint64_t start, end; /* all segments must be inside */
    uint64_t base;       /* added to the addresses of an ET_DYN file */
};

NODISCARD enum program_status program_parse(struct bytes file,
                                            const struct program_place *place,
                                            struct program *out);

#endif
