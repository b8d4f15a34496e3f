/* SPDX-License-Identifier: MIT */
/*
 * A vmlinuz of any bytes: parsed, and unpacked where it says something small.
 */
#include <stdlib.h>

#include "tools/image/bzimage.h"
#include "tools/image/unpack.h"

#define UNPACKED_MAX (1 << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bzimage image;
    if (bzimage_parse(bytes_of(data, size), &image) != BZIMAGE_OK ||
        image.unpacked_size > UNPACKED_MAX) {
        return 0;
    }
    const char *why = NULL;
    uint8_t *room = malloc((size_t)image.unpacked_size + 1);
    if (room == NULL) {
        abort();
    }
    struct buffer out = buffer_over(room, image.unpacked_size);
    if (unpack(&image, &out, &why) && out.used != image.unpacked_size) {
        abort();
    }
    free(room);
    return 0;
}
