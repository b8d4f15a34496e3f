/* SPDX-License-Identifier: MIT */
/*
 * The Linux/x86 boot protocol's bzImage: where in a vmlinuz the compressed
 * kernel ELF lies. Pure; the file is untrusted.
 */
#ifndef VOUCH_TOOLS_IMAGE_BZIMAGE_H
#define VOUCH_TOOLS_IMAGE_BZIMAGE_H

#include "lib/attributes.h"
#include "lib/bytes.h"

enum compression {
    COMPRESSION_GZIP,
    COMPRESSION_LZ4, /* the legacy frame that `lz4 -l` writes */
    COMPRESSION_XZ,
    COMPRESSION_ZSTD,
};

enum bzimage_status {
    BZIMAGE_OK,
    BZIMAGE_TRUNCATED,   /* the file ends before the boot header does */
    BZIMAGE_NO_HEADER,   /* no "HdrS": not a bzImage */
    BZIMAGE_TOO_OLD,     /* boot protocol before 2.08 has no payload fields */
    BZIMAGE_NO_PAYLOAD,  /* the payload fields point outside the file */
    BZIMAGE_COMPRESSION, /* the payload is none of XZ, zstd, LZ4, gzip */
    BZIMAGE_TOO_LARGE,   /* it says it unpacks to more than the limit */
};

/* No kernel is near this; what says it is larger is refused unread. */
#define BZIMAGE_UNPACKED_MAX (UINT32_C(512) << 20)

struct bzimage {
    enum compression compression;
    struct bytes payload;   /* the compressed stream, size field included */
    uint32_t unpacked_size; /* the last four bytes of the payload */
    uint16_t protocol;      /* major << 8 | minor */
};

NODISCARD enum bzimage_status bzimage_parse(struct bytes file,
                                            struct bzimage *out);
const char *bzimage_status_text(enum bzimage_status status);

#endif
