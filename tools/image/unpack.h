/* SPDX-License-Identifier: MIT */
/*
 * One compressed stream into a buffer of exactly the size it says: never more
 * is written than the buffer holds, and a stream that gives less is an error.
 */
#ifndef VOUCH_TOOLS_IMAGE_UNPACK_H
#define VOUCH_TOOLS_IMAGE_UNPACK_H

#include "lib/attributes.h"
#include "lib/bytes.h"
#include "tools/image/bzimage.h"

/* Fills out from empty. On failure *why says what the library found. */
NODISCARD bool unpack(const struct bzimage *image, struct buffer *out,
                      const char **why);

#endif
