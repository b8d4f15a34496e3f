/* SPDX-License-Identifier: MIT */
/* Kernels, streams and bzImages as the kernel's build makes them, for tests. */
#ifndef VOUCH_TESTS_UNIT_TOOLS_IMAGE_PACK_H
#define VOUCH_TESTS_UNIT_TOOLS_IMAGE_PACK_H

#include "lib/bytes.h"
#include "tools/image/bzimage.h"

#define PACK_KINDS 4 /* of enum compression */

/* A small ELF that is not compact. */
#define PACK_ELF_SIZE 0x9000
void pack_elf(struct buffer *out);

/* content compressed, with the size field that ends every payload. Fails the
 * test if there is no room. */
void pack_stream(enum compression compression, struct bytes content,
                 struct buffer *out);

/* A bzImage with that payload. */
void pack_bzimage(enum compression compression, struct bytes content,
                  struct buffer *out);

#endif
